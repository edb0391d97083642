from threading import Lock
from typing import Final

from chalicelib.core.support.deadline import Deadline

_SLOWEST: Final = 0.5
"""The lowest rate, in calls per second."""
_SLOWER: Final = 0.5
_FASTER: Final = 1.05


class Pace:
    """A rate of calls that many threads share. It falls by half while a provider is overloaded.

    Args:
        per_second: The highest rate.
        deadline: Its clock measures the time, and its sleep waits.
    """

    def __init__(self, per_second: float, deadline: Deadline) -> None:
        self._most = self._rate = per_second
        self._deadline = deadline
        self._started = deadline.remaining()
        self._next = 0.0
        self._lock = Lock()

    def wait(self, calls: int, needed: float = 0.0) -> bool:
        """Wait until the next calls fit into the rate.

        Args:
            calls: The number of calls.
            needed: The time that the calls need before the deadline, in seconds.

        Returns:
            False, without a wait, if they would begin too late.
        """
        with self._lock:
            remaining = self._deadline.remaining()
            now = self._started - remaining
            begin = max(now, self._next)
            if remaining - (begin - now) < needed:
                return False
            self._next = begin + calls / self._rate
        if begin > now:
            self._deadline.wait(begin - now)
        return True

    def slow_down(self) -> None:
        """Halve the rate, as the provider asks for fewer calls or does not answer."""
        with self._lock:
            self._rate = max(_SLOWEST, self._rate * _SLOWER)

    def speed_up(self) -> None:
        """Raise the rate a little after a success, up to the highest rate."""
        with self._lock:
            self._rate = min(self._most, self._rate * _FASTER)
