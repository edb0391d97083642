"""A function's zip in a process of its own, under AWS's runtime client, as a Lambda runs it."""

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
from stand_ins.lambda_runtime.runtime_api import FunctionFailedError, RuntimeApi

_START_SECONDS: Final = 30.0


class LambdaProcess:
    """One Lambda: started from a zip, then given events, one at a time.

    Its folder holds the zip's files alone and cannot be written to; it imports nothing from
    anywhere but there, the runtime client and Python's own library.

    Args:
        package: The zip, or a folder in which nothing but its files is.
        environment: The function's variables, and what it needs to reach the stand-ins.
        function_arn: The function's name in AWS.
    """

    def __init__(
        self,
        package: Path,
        environment: Mapping[str, str],
        *,
        function_arn: str,
        handler: str = "app.app",
        timeout_seconds: float = 15.0,
    ) -> None:
        self._package = package
        self._arn = function_arn
        self._timeout = timeout_seconds
        self._handler = handler
        self._api = RuntimeApi()
        self._folder = Path(tempfile.mkdtemp(prefix="roomkey-lambda-"))
        self._environment = dict(environment)
        self._lines: list[str] = []
        self._turn = threading.Lock()
        self.start_seconds = 0.0
        """From the process's start until it asked for its first event."""

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.callback(remove, self._folder)
            if self._package.is_file():
                unpack_package(self._package.read_bytes(), self.task)
            copy_runtime_client(self._folder / "runtime")
            ends.enter_context(self._api)
            started = time.perf_counter()
            self._process = self._start()
            ends.callback(self._end)
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            self._wait_until_ready(started)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ends.close()

    @property
    def task(self) -> Path:
        """Where the zip is unpacked."""
        return self._folder / "task" if self._package.is_file() else self._package

    @property
    def files(self) -> set[str]:
        """What lies in the function's folder now; root may write even where nobody else may."""
        return {
            path.relative_to(self.task).as_posix()
            for path in self.task.rglob("*")
            if path.is_file()
        }

    @property
    def log(self) -> str:
        """All that the function has printed."""
        return "".join(self._lines)

    @property
    def pid(self) -> int:
        """The process's id, by which the system tells what it has cost."""
        return self._process.pid

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """The function's answer to an event.

        Raises:
            FunctionFailedError: It raised, or did not answer in time.
        """
        with self._turn:
            return self._api.invoke(event, self._arn, self._timeout)

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(  # noqa: S603 - our own Python
            # -S: without site-packages, this project's or the machine's.
            [sys._base_executable, "-S", "-m", "awslambdaric", self._handler],  # type: ignore[attr-defined] # noqa: SLF001
            cwd=self.task,
            env={
                **lambdas_own_variables(self._arn.rpartition(":")[2]),
                **self._environment,
                "AWS_LAMBDA_RUNTIME_API": self._api.address,
                "LAMBDA_TASK_ROOT": str(self.task),
                "_HANDLER": self._handler,
                "PYTHONPATH": str(self._folder / "runtime"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONUNBUFFERED": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def _wait_until_ready(self, started: float) -> None:
        while not self._api.ready.wait(0.002):
            if self._process.poll() is not None or time.perf_counter() - started > _START_SECONDS:
                self._reader.join(timeout=5)
                raise FunctionFailedError(f"the function does not start\n{self.log}")
        self.start_seconds = time.perf_counter() - started
        if self._api.failure is not None:
            raise FunctionFailedError(f"{self._api.failure}\n{self.log}")

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        if self._process.stdout is not None:
            self._lines.extend(self._process.stdout)
