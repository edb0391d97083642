"""A process that runs a function's zip under AWS's runtime client, as Lambda does."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from stand_ins.lambda_runtime.environment import lambdas_own_variables
from stand_ins.lambda_runtime.folder import copy_runtime_client, remove, unpack_package
from stand_ins.lambda_runtime.output import ProcessOutput
from stand_ins.lambda_runtime.runtime_api import FunctionFailedError, RuntimeApi

_START_SECONDS: Final = 30.0


class LambdaProcess:
    """One Lambda: started from a zip, then given events, one at a time.

    Only root can write in its folder, which holds the zip's files alone. The process imports
    nothing but these files, the runtime client, a layer if there is one, and Python's own library.

    Args:
        package: The zip, or a folder that holds only the zip's files.
        environment: The function's variables, and the variables that lead to the stand-ins.
        function_arn: The function's name in AWS.
        layer: A folder of further libraries, like the one of a function's layers.
        python: The interpreter, if not the running one.
        runtime: A folder with the runtime client for that interpreter.
    """

    def __init__(
        self,
        package: Path,
        environment: Mapping[str, str],
        *,
        function_arn: str,
        handler: str = "app.app",
        timeout_seconds: float = 15.0,
        layer: Path | None = None,
        python: Path | None = None,
        runtime: Path | None = None,
    ) -> None:
        self._package = package
        self._arn = function_arn
        self._timeout = timeout_seconds
        self._handler = handler
        self._layer = [] if layer is None else [str(layer)]
        self._python = python or Path(sys._base_executable)  # type: ignore[attr-defined] # noqa: SLF001
        self._runtime = runtime
        self._api = RuntimeApi()
        self._folder = Path(tempfile.mkdtemp(prefix="roomkey-lambda-"))
        self._environment = dict(environment)
        self._turn = threading.Lock()
        self.start_seconds = 0.0
        """The seconds from the process's start to its request for a first event."""

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.callback(remove, self._folder)
            if self._package.is_file():
                unpack_package(self._package.read_bytes(), self.task)
            if self._runtime is None:
                copy_runtime_client(self._folder / "runtime")
            ends.enter_context(self._api)
            started = time.perf_counter()
            self._output = ProcessOutput()
            ends.callback(self._output.close)
            self._process = self._start()
            ends.callback(self._end)
            self._wait_until_ready(started)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ends.close()

    @property
    def task(self) -> Path:
        """Return the folder into which the zip is unpacked."""
        return self._folder / "task" if self._package.is_file() else self._package

    @property
    def files(self) -> set[str]:
        """Return the files in the function's folder now; root may have written further ones."""
        return {
            path.relative_to(self.task).as_posix()
            for path in self.task.rglob("*")
            if path.is_file()
        }

    @property
    def log(self) -> str:
        """Return all that the function has printed, up to its last answer at least."""
        return self._output.text

    @property
    def pid(self) -> int:
        """Return the process's id, by which the system reports its use of CPU and memory."""
        return self._process.pid

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Return the function's answer to an event.

        Raises:
            FunctionFailedError: The function raised, or did not answer in time.
        """
        with self._turn:
            return self._api.invoke(event, self._arn, self._timeout)

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own Python
            # -S: without the site-packages of this project or of this machine.
            [self._python, "-S", "-m", "awslambdaric", self._handler],
            cwd=self.task,
            env={
                **lambdas_own_variables(self._arn.rpartition(":")[2]),
                **self._environment,
                "AWS_LAMBDA_RUNTIME_API": self._api.address,
                "LAMBDA_TASK_ROOT": str(self.task),
                "_HANDLER": self._handler,
                "PYTHONPATH": ":".join(
                    [str(self._runtime or self._folder / "runtime"), *self._layer]
                ),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONUNBUFFERED": "1",
            },
            stdout=self._output.inlet,
            stderr=subprocess.STDOUT,
        )

    def _wait_until_ready(self, started: float) -> None:
        while not self._api.ready.wait(0.002):
            if self._process.poll() is not None or time.perf_counter() - started > _START_SECONDS:
                raise FunctionFailedError(f"the function does not start\n{self.log}")
        self.start_seconds = time.perf_counter() - started
        if self._api.failure is not None:
            raise FunctionFailedError(f"{self._api.failure}\n{self.log}")

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
