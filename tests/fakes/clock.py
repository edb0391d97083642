"""A clock and a deadline that only tests move."""

from datetime import datetime, timedelta

from chalicelib.core.support.deadline import Deadline


class FrozenClock:
    """A clock that stands still until it is put forward."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **passed: float) -> None:
        """Let this much time pass, as in `forward(minutes=2)`."""
        self.now += timedelta(**passed)


class NoHurry(Deadline):
    """A deadline that never comes, and by which nobody waits before trying again."""

    def __init__(self, seconds: float = 30) -> None:
        super().__init__(seconds, clock=lambda: 0.0)

    def reserve(self, seconds: float) -> "NoHurry":
        return NoHurry(self.remaining() - seconds)

    def capped(self, seconds: float) -> "NoHurry":
        return NoHurry(min(seconds, self.remaining()))

    def wait(self, seconds: float) -> None:
        """Go on at once."""

    def back_off(self, attempt: int) -> None:
        """Go on at once."""
