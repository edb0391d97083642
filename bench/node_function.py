"""The same join written for Node: OpenTok's own SDK and AWS's, as npm brings them."""

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
    """The folder that holds it with all it needs; None where there is no Node to run it."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    target = folder / "node"
    shutil.copytree(_SOURCES, target)
    command = [npm, "ci", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=target, check=True)  # noqa: S603 - npm, as stands here
    return target


class NodeProcess:
    """One Lambda for Node, as `LambdaProcess` is one for Python."""

    def __init__(self, folder: Path, environment: Mapping[str, str], function_arn: str) -> None:
        self._folder = folder
        self._environment = environment
        self._arn = function_arn
        self._ends = ExitStack()
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            self._api = ends.enter_context(RuntimeApi())
            started = time.perf_counter()
            self._process = subprocess.Popen(
                ["node", "runtime.mjs"],  # noqa: S607 - the one that npm was found beside
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
            ends.callback(self._process.wait)
            ends.callback(self._process.kill)
            if not self._api.ready.wait(_SECONDS):
                raise RuntimeError("the Node function does not start")
            self.start_seconds = time.perf_counter() - started
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ends.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """The function's answer to an event."""
        return self._api.invoke(event, self._arn, _SECONDS)
