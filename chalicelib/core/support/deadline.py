import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from chalicelib.core.support.thread_pool import SpareThreads

_Result = TypeVar("_Result")

_LONGEST_FIRST_PAUSE: Final = 0.1
_PAUSE_GROWTH: Final = 2
_THREADS: Final = SpareThreads()


class Deadline:
    """The moment by which a request must have its answer.

    It is handed down to every outside call, so that their waits add up to no more than the
    request's own limit. It reads a monotonic clock: a stepped wall clock does not move it.

    Args:
        seconds: How long from now.
        clock: Seconds that never run backwards.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - self._clock())

    def reserve(self, seconds: float) -> "Deadline":
        """A deadline that leaves so many seconds of this one for what comes after."""
        return Deadline(self.remaining() - seconds, self._clock)

    def capped(self, seconds: float) -> "Deadline":
        """This deadline or so many seconds from now, whichever comes first."""
        return Deadline(min(seconds, self.remaining()), self._clock)

    def run(self, call: Callable[[], _Result]) -> _Result:
        """What `call` returns or raises, unless that takes too long.

        The call runs in another thread, because no timeout of a socket bounds a call as a
        whole: each covers one read, so a slow drip outlasts it, and looking up a name has none.
        A call given up on goes on in its thread until its own timeouts end it.

        Raises:
            TimeoutError: The deadline came first. Had it passed already, the call was not made.
        """
        if not self.remaining():
            raise TimeoutError
        return _THREADS.begin(call).result(timeout=self.remaining())

    def back_off(self, attempt: int) -> None:
        """Wait a little before trying again, longer after each attempt and never the same.

        Args:
            attempt: How many attempts have failed, from 1.
        """
        longest = _LONGEST_FIRST_PAUSE * _PAUSE_GROWTH ** (attempt - 1)
        time.sleep(min(random.uniform(0.5, 1) * longest, self.remaining()))
