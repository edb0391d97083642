"""Operations that stop before and after every call to the outside, to be led on step by step.

One operation runs at a time, so that a run is decided by the order of steps and by nothing else.
"""

import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeVar

from botocore.exceptions import ClientError

from chalicelib.core.deadline import Deadline

_Result = TypeVar("_Result")
_SECONDS = 30


class CrashedError(BaseException):
    """The container is gone, wherever the operation was; nothing in it may catch this."""


class Fate(Enum):
    """What becomes of the next call."""

    PERFORMED = auto()
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    THROTTLED = auto()
    CONFLICT = auto()


class Operation(Deadline):
    """Something that is done step by step, a call to the outside each.

    It is also the deadline that is handed down with it: whatever goes outside goes through `run`.
    """

    def __init__(self, name: str, work: Callable[[Deadline], object]) -> None:
        super().__init__(_SECONDS)
        self.name = name
        self.error: BaseException | None = None
        self.done = False
        self._work = work
        self._fate = Fate.PERFORMED
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._perform, daemon=True)
        self._thread.start()
        self._wait()

    def step(self, fate: Fate = Fate.PERFORMED) -> None:
        """Let it make its next call, with this fate, and go on to the one after it."""
        self._fate = fate
        self._go.release()
        self._wait()

    def run(self, call: Callable[[], _Result]) -> _Result:
        self._stopped.release()
        self._go.acquire()
        match self._fate:
            case Fate.CRASH_BEFORE:
                raise CrashedError
            case Fate.THROTTLED:
                raise _aws_error("ProvisionedThroughputExceededException")
            case Fate.CONFLICT:
                raise _aws_error("TransactionConflictException")
        result = call()
        if self._fate is Fate.CRASH_AFTER:
            raise CrashedError
        return result

    def pause(self, attempt: int) -> None:
        del attempt

    def remaining(self) -> float:
        return float(_SECONDS)

    def at_most(self, seconds: float) -> Deadline:
        del seconds
        return self

    def sooner_by(self, seconds: float) -> Deadline:
        del seconds
        return self

    def _perform(self) -> None:
        try:
            self._work(self)
        except BaseException as error:  # noqa: BLE001  whoever leads it looks at how it ended
            self.error = error
        self.done = True
        self._stopped.release()

    def _wait(self) -> None:
        if not self._stopped.acquire(timeout=_SECONDS):
            raise TimeoutError(self.name)


def _aws_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "UpdateItem")
