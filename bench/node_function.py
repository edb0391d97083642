"""The same join written for Node, with the official SDKs of OpenTok and AWS."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from stand_ins.lambda_runtime.environment import lambdas_own_variables
from stand_ins.lambda_runtime.runtime_api import RuntimeApi

_SOURCES: Final = Path(__file__).with_name("node")
_SECONDS: Final = 30.0
_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:roomkey-bench"
_SOURCE: Final = "runtime.mjs"
DICTIONARY_SERVER: Final = "dictionary.mjs"
_BUNDLE: Final = "bundle/runtime.cjs"


@dataclass(frozen=True, slots=True)
class NodeFunction:
    """An installed function: as its sources with `node_modules`, or bundled.

    Args:
        node: The program that runs it.
        folder: The folder in which it runs.
        file: The file that it runs.
        environment: Its variables, such as the folder of its compile cache.
    """

    node: str
    folder: Path
    file: str
    environment: Mapping[str, str] = field(default_factory=dict)


def install_node_functions(folder: Path) -> dict[str, NodeFunction]:
    """Install the function, and bundle it as AWS recommends. Return none without Node.

    A bundle is one minified file. It runs on this machine's Node and on Node 22 from npm. It is
    CommonJS, which loads faster than a module.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return {}
    target = folder / "node"
    shutil.copytree(_SOURCES, target)
    _run(target, npm, "ci", "--silent", "--no-audit", "--no-fund")
    tools = target / "node_modules"
    bundling = ("--bundle", "--minify", "--platform=node", "--format=cjs", "--log-level=warning")
    _run(target, str(tools / ".bin" / "esbuild"), _SOURCE, *bundling, f"--outfile={_BUNDLE}")
    newer = str(tools / "node" / "bin" / "node")
    return {
        f"Node {_version(node)}, official SDKs": NodeFunction(node, target, _SOURCE),
        f"Node {_version(node)}, bundled": NodeFunction(node, target, _BUNDLE),
        f"Node {_version(newer)}, bundled": NodeFunction(newer, target, _BUNDLE),
    }


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - npm's programs
    return done.stdout


def _version(node: str) -> str:
    return _run(Path(), node, "--version").strip().removeprefix("v").partition(".")[0]


def with_compile_cache(
    function: NodeFunction, environment: Mapping[str, str], event: Mapping[str, Any]
) -> NodeFunction:
    """Return the function with what Node compiled for one join, as a package could have it.

    A Lambda's own folder for such files is empty at each cold start.
    """
    cached = replace(function, environment={"NODE_COMPILE_CACHE": str(function.folder / "cache")})
    filling = {**environment, "FILL_COMPILE_CACHE": "1"}
    with NodeProcess(cached, filling, _ARN) as process:
        process.invoke(event)
    if not any((function.folder / "cache").rglob("*")):
        raise RuntimeError("Node wrote no compile cache")
    return cached


class NodeProcess:
    """A Lambda process for Node, like `LambdaProcess` for Python."""

    def __init__(
        self, function: NodeFunction, environment: Mapping[str, str], function_arn: str
    ) -> None:
        self._function = function
        self._environment = environment
        self._arn = function_arn
        self._cleanup = ExitStack()
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self._api = cleanup.enter_context(RuntimeApi())
            started = time.perf_counter()
            self._process = subprocess.Popen(  # noqa: S603 - Node
                [self._function.node, self._function.file],
                cwd=self._function.folder,
                env={
                    **lambdas_own_variables(self._arn.rpartition(":")[2]),
                    **self._environment,
                    **self._function.environment,
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
