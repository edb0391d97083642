"""A scheduler that decides, step by step, which task goes on and which call fails.

A task is one run of a function of ours: a join, a ban, a callback, a scheduled function. It runs in
a thread of its own, but waits at a gate before every call to DynamoDB or to OpenTok. The test is
the scheduler: it opens a gate for one call, and the task goes on to its next gate. So a step is an
outside call and the work that follows its answer.

Only one step happens at a time, without sleeps or a wall clock, so the same choices make the same
run. Hypothesis draws which task makes the next step. It also shortens a failing run to the few
steps that matter.

    join of bob    ──▶ read the room ─────────────▶ take the seat ──▶ token
    ban of bob     ───────────────▶ read the room ─────▶ write the ban ──▶ …
                     1              2              3    4

A step may come with a fault, like any call to the outside:

- THROTTLED: not performed, because the other side has too many calls.
- CONFLICT: not performed, because of a concurrent write; reads have no conflicts.
- LOST: performed, but without an answer.
- REPEATED: performed without an answer, and performed again in a later step, as botocore and our
  OpenTok client do by themselves. Other tasks may make steps between the two.
- DIES_BEFORE and DIES_AFTER: the process ends there, and with it the task.

At the gate:

    the test                         the task's thread
    task = Task("join", work)        runs up to its first outside call, and waits
    task.step()                      makes the call, runs up to the next one, and waits
    task.step(Fault.LOST)            makes the call, and gets an error instead of an answer …
    task.is_done, task.error         the end of the task
"""

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from enum import Enum, auto
from threading import Semaphore, Thread, current_thread
from typing import Final, TypeVar

from chalicelib.core.support.deadline import Deadline

_SECONDS_TO_STEP: Final = 60
"""Only a deadlock takes so long. The test then fails instead of hanging."""

_Result = TypeVar("_Result")


class Fault(Enum):
    THROTTLED = auto()
    CONFLICT = auto()
    LOST = auto()
    REPEATED = auto()
    DIES_BEFORE = auto()
    DIES_AFTER = auto()

    def __repr__(self) -> str:
        return self.name


class Died(BaseException):
    """An exception that ends a task like the end of its process: no `except` of ours catches it."""


class Task:
    """Work that makes its outside calls one by one, at the scheduler's command.

    Args:
        name: The task's name in the description of a failing run.
        work: The task's function; an exception of it ends up in `error`.
    """

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self.is_done = False
        self.error: BaseException | None = None
        self._work = work
        self._fault: Fault | None = None
        self._may_go_on = Semaphore(0)
        self._has_stopped = Semaphore(0)
        self._thread = Thread(target=self._run, daemon=True, name=name)
        self._thread.start()
        self._wait_until_it_stops()

    def __repr__(self) -> str:
        return self.name

    def step(self, fault: Fault | None = None) -> None:
        """Let the task make its next outside call, and go on up to the one after."""
        assert not self.is_done
        self._fault = fault
        self._may_go_on.release()
        self._wait_until_it_stops()

    def finish(self) -> None:
        """Let the task make all its steps without any fault."""
        while not self.is_done:
            self.step()

    def wait_at_gate(self) -> Fault | None:
        """Wait before an outside call, in the task's own thread, and return the call's fault."""
        self._has_stopped.release()
        assert self._may_go_on.acquire(timeout=_SECONDS_TO_STEP)
        return self._fault

    @property
    def is_here(self) -> bool:
        """Return True if the caller runs in this task's thread."""
        return current_thread() is self._thread

    def _run(self) -> None:
        _current.set(self)
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  how it ended is for the test to judge
            self.error = error
        finally:
            self.is_done = True
            self._has_stopped.release()

    def _wait_until_it_stops(self) -> None:
        assert self._has_stopped.acquire(timeout=_SECONDS_TO_STEP), f"{self.name} hangs"


_current: ContextVar[Task | None] = ContextVar("task", default=None)


def outside(call: Callable[[], _Result], failure: Callable[[Fault], Exception | None]) -> _Result:
    """Make an outside call at the scheduler's command, with the scheduler's fault.

    A thread that a task has started for itself makes its calls as part of the current step.

    Args:
        call: Makes the call.
        failure: Returns the exception that a fault causes; None if there is no such fault.
    """
    task = _current.get()
    if task is None or not task.is_here:
        return call()
    fault = task.wait_at_gate()
    if fault is Fault.DIES_BEFORE:
        raise Died
    error = None if fault is None else failure(fault)
    if error is not None and fault in {Fault.THROTTLED, Fault.CONFLICT}:
        raise error
    if fault is Fault.REPEATED:
        _perform_unheard(call)
        return outside(call, failure)
    if fault in {Fault.LOST, Fault.DIES_AFTER}:
        _perform_unheard(call)
        raise error or Died
    return call()


def _perform_unheard(call: Callable[[], object]) -> None:
    with suppress(Exception):  # no caller hears the answer
        call()


class NoHurry(Deadline):
    """A deadline that never comes: calls run in the caller's thread, and pauses take no time."""

    def __init__(self) -> None:
        super().__init__(_SECONDS_TO_STEP)

    def remaining(self) -> float:
        return _SECONDS_TO_STEP

    def reserve(self, seconds: float) -> Deadline:  # noqa: ARG002  there is enough of it
        return self

    def capped(self, seconds: float) -> Deadline:  # noqa: ARG002  as above
        return self

    def run(self, call: Callable[[], _Result]) -> _Result:
        return call()

    def wait(self, seconds: float) -> None:
        """Return at once."""

    def back_off(self, attempt: int) -> None:
        """Return at once; the scheduler decides which tasks run between two attempts."""
