"""The account's Lambda functions: each uploaded zip runs in a process of its own."""

import base64
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from stand_ins.lambda_runtime.folder import UnpackedPackages
from stand_ins.lambda_runtime.process import LambdaProcess
from tests.rehearsal.aws_calls import AwsCall

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_RUN: Final = 28.0
"""The seconds after which Lambda is said to stop a run, which so has no time for a second round."""


class Functions:
    """The functions; a function starts at its first use, and again after each change.

    Args:
        surroundings: The variables that lead a function's process to the stand-ins.
    """

    def __init__(self, surroundings: Callable[[], Mapping[str, str]]) -> None:
        self._surroundings = surroundings
        self._lock = threading.Lock()
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._packages = UnpackedPackages()
        self._running: dict[str, LambdaProcess] = {}
        self._later: list[threading.Thread] = []
        self.uploads: dict[str, bytes] = {}
        """The latest zip of each function; earlier zips are dropped because zips are large."""
        self.layer: Path | None = None
        """A folder of libraries for functions that start now, beside those of their zips."""
        self._configured: dict[str, dict[str, Any]] = {}
        """The latest settings of each function."""

    def note(self, call: AwsCall) -> None:
        """Take a call that changes a function."""
        parameters = call.parameters
        match call.operation:
            case "CreateFunction":
                name = parameters["FunctionName"]
                with self._stopped(name):
                    self.uploads[name] = base64.b64decode(parameters["Code"].pop("ZipFile"))
                    self._configured[name] = dict(parameters)
            case "UpdateFunctionCode":
                name = call.path.split("/")[3]
                with self._stopped(name):
                    self.uploads[name] = base64.b64decode(parameters.pop("ZipFile"))
            case "UpdateFunctionConfiguration":
                name = call.path.split("/")[3]
                with self._stopped(name):
                    self._configured[name] |= parameters
            case "DeleteFunction":
                with self._stopped(call.path.split("/")[3].rpartition(":")[2]):
                    pass

    def invoke(self, arn: str, event: Mapping[str, Any]) -> Any:
        """Return the answer of the function of this ARN."""
        name = arn.rpartition(":")[2]
        with self._turn(name):
            if name not in self._running:
                configured = self._configured[name]
                with self._lock:
                    folder = self._packages.folder_of(self.uploads[name])
                process = LambdaProcess(
                    folder,
                    {
                        "AWS_REGION": arn.split(":")[3],
                        "AWS_DEFAULT_REGION": arn.split(":")[3],
                        **configured["Environment"]["Variables"],
                        **self._surroundings(),
                    },
                    function_arn=arn,
                    handler=configured["Handler"],
                    timeout_seconds=min(_LONGEST_RUN, configured["Timeout"]),
                    layer=self.layer,
                )
                self._running[name] = process.__enter__()
            return self._running[name].invoke(event)

    def invoke_later(self, arn: str, event: Mapping[str, Any]) -> None:
        """Invoke the function of this ARN in a thread, as an asynchronous invocation does."""
        thread = threading.Thread(target=self.invoke, args=(arn, event), daemon=True)
        self._later.append(thread)
        thread.start()

    def finish(self) -> None:
        """Wait for the asynchronous invocations."""
        while self._later:
            self._later.pop().join()

    def role(self, name: str) -> str:
        """Return the name of the role that a function runs under."""
        return str(self._configured[name]["Role"]).rpartition("/")[2]

    def running(self, name: str) -> LambdaProcess:
        """Return the process of a function that has been invoked."""
        return self._running[name]

    def stop(self) -> None:
        """End every process, and remove what they ran."""
        for name in list(self._running):
            with self._stopped(name):
                pass
        self._packages.remove()

    @contextmanager
    def _stopped(self, name: str) -> Iterator[None]:
        """End a function's process after its last answer, as a change does. Its next one waits."""
        with self._turn(name):
            process = self._running.pop(name, None)
            if process is not None:
                process.__exit__()
            yield

    def _turn(self, name: str) -> threading.Lock:
        """Return what an invocation of a function holds, and what a change of it holds."""
        with self._lock:
            return self._turns[name]
