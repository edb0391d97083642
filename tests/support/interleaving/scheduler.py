"""A scheduler that decides, step by step, which of several tasks goes on, and what fails.

A task is one run of a function of ours: a join, a ban, a callback, a scheduled function. It runs in
a thread of its own, but never by itself: before every call that leaves the process, to DynamoDB or
to OpenTok, it stops at a gate and waits until the scheduler, which is the test, lets it make that
one call and go on to the next. So a step is an outside call with all that follows from its answer,
one step is made at a time, and the same choices make the same run: no sleep and no wall clock has a
say. Which task makes its next step is drawn by hypothesis, which also shortens what fails to the
few steps that matter.

    join of bob    ──▶ read the room ─────────────▶ take the seat ──▶ token
    ban of bob     ───────────────▶ read the room ─────▶ write the ban ──▶ …
                     1              2              3    4

A step may come with a fault, as any call to the outside may:

- THROTTLED: not performed; the other side says that it was too much.
- CONFLICT: not performed, because somebody else was writing; reads know no conflict.
- LOST: performed, but no answer comes.
- REPEATED: performed, the answer lost, and performed again in a later step, as botocore and our
  OpenTok client do by themselves. Others may come between the two.
- DIES_BEFORE and DIES_AFTER: the process ends there. Nothing of the task happens any more.

What happens at the gate:

    the test                         the task's thread
    task = Task("join", work)        runs up to its first outside call, and waits
    task.step()                      makes the call, runs up to the next one, and waits
    task.step(Fault.LOST)            makes the call, is told that there was no answer …
    task.is_done, task.error         how it ended
"""

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from enum import Enum, auto
from threading import Semaphore, Thread, current_thread
from typing import Final, TypeVar

from chalicelib.core.support.deadline import Deadline

_SECONDS_TO_STEP: Final = 60
"""Only a deadlock takes so long; then the test fails rather than hangs."""

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
    """Ends a task as the end of its process would: no `except` of the rules sees it."""


class Task:
    """Work that makes its outside calls one by one, when told to.

    Args:
        name: What a failing run is described with.
        work: What is to be done; what it raises ends up in `error`.
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
        """Let it make its next outside call, and all up to the one after that."""
        assert not self.is_done
        self._fault = fault
        self._may_go_on.release()
        self._wait_until_it_stops()

    def finish(self) -> None:
        """Let it make all its steps without any fault."""
        while not self.is_done:
            self.step()

    def wait_at_gate(self) -> Fault | None:
        """Called by its own thread before each outside call; the fault that comes with it."""
        self._has_stopped.release()
        assert self._may_go_on.acquire(timeout=_SECONDS_TO_STEP)
        return self._fault

    @property
    def is_here(self) -> bool:
        """Whether it is this thread that asks."""
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
    """An outside call, made when the scheduler says so, and failing as it says.

    A thread that a task has started for itself makes its calls as part of the step it is in.

    Args:
        call: Makes it.
        failure: What a fault looks like to the caller; None where there is no such fault.
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
    with suppress(Exception):  # whatever it answers, nobody hears it
        call()


class NoHurry(Deadline):
    """A deadline that never comes: calls are made where they stand, and pauses take no time."""

    def __init__(self) -> None:
        super().__init__(_SECONDS_TO_STEP)

    def remaining(self) -> float:
        return _SECONDS_TO_STEP

    def reserve(self, seconds: float) -> Deadline:  # noqa: ARG002  there is enough of it
        return self

    def at_most(self, seconds: float) -> Deadline:  # noqa: ARG002  as above
        return self

    def run(self, call: Callable[[], _Result]) -> _Result:
        return call()

    def pause(self, attempt: int) -> None:
        """Whether others come between two attempts is the scheduler's choice."""
