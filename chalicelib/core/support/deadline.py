import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Result = TypeVar("_Result")

_LONGEST_FIRST_PAUSE: Final = 0.1
_PAUSE_GROWTH: Final = 2
_THREADS: Final = ThreadPoolExecutor(max_workers=256, thread_name_prefix="deadline")
"""Threads for calls with a deadline. The pool starts them as needed and reuses them.

A Lambda function may have 1,024 threads.
"""


class Deadline:
    """The time by which a request must be answered.

    Every outside call takes the request's deadline, so that all calls together end in time. The
    clock is monotonic: a change of the wall clock does not move a deadline.

    Args:
        seconds: The time from now to the deadline.
        clock: A monotonic clock, in seconds.
        sleep: A function that waits for a number of seconds.
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
        """Return the seconds until the deadline, or 0 if the deadline has passed."""
        return max(0.0, self._end - self._clock())

    def reserve(self, seconds: float) -> "Deadline":
        """Return an earlier deadline that leaves `seconds` for later calls."""
        return Deadline(self.remaining() - seconds, self._clock, self._sleep)

    def capped(self, seconds: float) -> "Deadline":
        """Return a deadline that is at most `seconds` from now and no later than this one."""
        return Deadline(min(seconds, self.remaining()), self._clock, self._sleep)

    def run(self, call: Callable[[], _Result]) -> _Result:
        """Return the result of `call`, or raise its exception, before the deadline.

        The call runs in another thread, because a socket's timeout covers one read and not the
        whole call. A server that sends byte by byte outlasts the timeout, and a DNS lookup has
        none. After the deadline the thread runs on until the call's own timeouts end it.

        Raises:
            TimeoutError: The deadline passed first. If it passed earlier, the call is not made.
        """
        if not self.remaining():
            raise TimeoutError
        return _THREADS.submit(call).result(timeout=self.remaining())

    def wait(self, seconds: float) -> None:
        """Wait for a number of seconds, or until the deadline if that is earlier."""
        self._sleep(max(0.0, min(seconds, self.remaining())))

    def back_off(self, attempt: int) -> None:
        """Wait before the next attempt. The wait grows with each attempt and has jitter.

        Args:
            attempt: The number of failed attempts, at least 1.
        """
        longest = _LONGEST_FIRST_PAUSE * _PAUSE_GROWTH ** (attempt - 1)
        self._sleep(min(random.uniform(0.5, 1) * longest, self.remaining()))
