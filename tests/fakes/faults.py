"""Failures of a fake's calls, as a test plans them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock

from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError


class Faults:
    """Guards every call of a fake: one lock, the deadline, and the failures that are planned.

    Args:
        unavailable: Makes the error of a call that fails, or comes too late.

    Attributes:
        calls: How often each method was called.
        delay: Is called at each call, and may let time pass.
    """

    def __init__(self, unavailable: Callable[[], RoomkeyError]) -> None:
        self.lock = RLock()
        self.calls: Counter[str] = Counter()
        self.delay: Callable[[], object] = _at_once
        self._unavailable = unavailable
        self._failing: dict[str, list[RoomkeyError]] = defaultdict(list)
        self._losing: dict[str, int] = defaultdict(int)
        self._before: dict[str, list[Callable[[], object]]] = defaultdict(list)

    def fail_next(self, method: str, error: RoomkeyError | None = None, times: int = 1) -> None:
        """Make the next calls of this method raise and change nothing."""
        self._failing[method] += [error or self._unavailable() for _ in range(times)]

    def lose_answer(self, method: str, times: int = 1) -> None:
        """Make the next calls of this method do their work and then raise."""
        self._losing[method] += times

    def before_next(self, method: str, happens: Callable[[], object], times: int = 1) -> None:
        """Make something happen right before each of the next calls of this method."""
        self._before[method] += [happens] * times

    def unused(self) -> list[str]:
        """Return the methods of planned calls that were never made: the test is wrong then."""
        failing = [method for method, errors in self._failing.items() if errors]
        losing = [method for method, times in self._losing.items() if times]
        waiting = [method for method, happenings in self._before.items() if happenings]
        return [*failing, *losing, *waiting]

    @contextmanager
    def call(self, method: str, deadline: Deadline) -> Iterator[None]:
        """Run the body as one step that nothing comes between.

        Raises:
            RoomkeyError: The deadline has passed, or the test wants the call to fail.
        """
        with self.lock:
            self.calls[method] += 1
            self.delay()
            if self._before[method]:
                self._before[method].pop(0)()
            if not deadline.remaining():
                raise self._unavailable()
            if self._failing[method]:
                raise self._failing[method].pop(0)
            yield
            if self._losing[method]:
                self._losing[method] -= 1
                raise self._unavailable()


def _at_once() -> None:
    """Let no time pass."""
