"""Calls that a Lambda makes while it starts, so that its first join need not wait for them.

Before a Lambda's first request, its processor runs at full speed. The calls also overlap with each
other, and with the loading of modules. In a request they follow one another.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final

from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError

SECONDS: Final = 2.0
"""The longest time that a start waits. A request then fetches what is missing."""


class Prefetch:
    """Calls that run in threads of their own.

    No failure is an error, because the request repeats the call.

    Args:
        calls: The calls. Each takes the deadline of all of them.
    """

    def __init__(self, calls: Sequence[Callable[[Deadline], object]]) -> None:
        self._deadline = Deadline(SECONDS)
        self._threads = ThreadPoolExecutor(max(1, len(calls)), "prefetch")
        self._running: list[Future[None]] = [
            self._threads.submit(_try, each, self._deadline) for each in calls
        ]

    def finish(self) -> None:
        """Wait for the calls, until their time is over."""
        wait(self._running, self._deadline.remaining())
        self._threads.shutdown(wait=False)


def _try(call: Callable[[Deadline], object], deadline: Deadline) -> None:
    with suppress(RoomkeyError):
        call(deadline)
