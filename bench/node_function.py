"""The same join written for Node, with the official SDKs of OpenTok and AWS."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from stand_ins.lambda_runtime.environment import lambdas_own_variables
from stand_ins.lambda_runtime.runtime_api import RuntimeApi

_SOURCES: Final = Path(__file__).with_name("node")
_SECONDS: Final = 30.0


def install_node_function(folder: Path) -> Path | None:
    """Install the function and its libraries. Return its folder, or None without Node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    target = folder / "node"
    shutil.copytree(_SOURCES, target)
    command = [npm, "ci", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=target, check=True)  # noqa: S603 - npm with fixed arguments
    return target


class NodeProcess:
    """A Lambda process for Node, like `LambdaProcess` for Python."""

    def __init__(self, folder: Path, environment: Mapping[str, str], function_arn: str) -> None:
        self._folder = folder
        self._environment = environment
        self._arn = function_arn
        self._cleanup = ExitStack()
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self._api = cleanup.enter_context(RuntimeApi())
            started = time.perf_counter()
            self._process = subprocess.Popen(
                ["node", "runtime.mjs"],  # noqa: S607 - Node from PATH, like npm
                cwd=self._folder,
                env={
                    **lambdas_own_variables(self._arn.rpartition(":")[2]),
                    **self._environment,
                    "AWS_LAMBDA_RUNTIME_API": self._api.address,
                    "NODE_NO_WARNINGS": "1",
                    "PATH": os.environ["PATH"],
                },
                stdout=subprocess.DEVNULL,
            )
            cleanup.callback(self._process.wait)
            cleanup.callback(self._process.kill)
            if not self._api.ready.wait(_SECONDS):
                raise RuntimeError("the Node function did not start")
            self.start_seconds = time.perf_counter() - started
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._cleanup.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Send an event and return the function's answer."""
        return self._api.invoke(event, self._arn, _SECONDS)
