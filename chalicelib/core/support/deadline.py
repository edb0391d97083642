import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Result = TypeVar("_Result")

_LONGEST_FIRST_PAUSE: Final = 0.1
_PAUSE_GROWTH: Final = 2
_THREADS: Final = ThreadPoolExecutor(max_workers=256, thread_name_prefix="deadline")
"""Threads for calls with a deadline, started as needed and reused. A Lambda may have 1,024."""


class Deadline:
    """The moment by which a request must have its answer.

    Every outside call takes the request's deadline, so that all waits together stay within it. The
    clock is monotonic: setting the wall clock does not move a deadline.

    Args:
        seconds: How long from now.
        clock: Seconds that never run backwards.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, never a negative number."""
        return max(0.0, self._end - self._clock())

    def reserve(self, seconds: float) -> "Deadline":
        """Return an earlier deadline, which leaves so many seconds for later calls."""
        return Deadline(self.remaining() - seconds, self._clock, self._sleep)

    def capped(self, seconds: float) -> "Deadline":
        """Return this deadline or so many seconds from now, whichever comes first."""
        return Deadline(min(seconds, self.remaining()), self._clock, self._sleep)

    def run(self, call: Callable[[], _Result]) -> _Result:
        """Return or raise what `call` does, unless that takes too long.

        The call runs in another thread, because a socket's timeout covers one read and not the
        whole call: a slow drip outlasts it, and a name look-up has none. A call that was given
        up goes on in its thread until its own timeouts end it.

        Raises:
            TimeoutError: The deadline came first. If it had passed already, the call was not made.
        """
        if not self.remaining():
            raise TimeoutError
        return _THREADS.submit(call).result(timeout=self.remaining())

    def back_off(self, attempt: int) -> None:
        """Wait before the next attempt: longer each time, with jitter.

        Args:
            attempt: How many attempts have failed, from 1.
        """
        longest = _LONGEST_FIRST_PAUSE * _PAUSE_GROWTH ** (attempt - 1)
        self._sleep(min(random.uniform(0.5, 1) * longest, self.remaining()))
