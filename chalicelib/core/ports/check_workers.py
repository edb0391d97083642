from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds


@dataclass(frozen=True, slots=True)
class CheckBatch:
    """The sessions that one worker checks, the most urgent first.

    Args:
        calls_per_second: The worker's share of the rate of calls to OpenTok.
        ends_at: The time by which the worker stops. The next round takes what it left.
    """

    session_ids: tuple[str, ...]
    calls_per_second: float
    ends_at: datetime

    def to_event(self) -> dict[str, Any]:
        """Return the batch as JSON for another process."""
        return {
            "sessions": self.session_ids,
            "callsPerSecond": self.calls_per_second,
            "endsAt": epoch_milliseconds(self.ends_at),
        }

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Return the batch of an event that `to_event` made."""
        return cls(
            tuple(event["sessions"]),
            event["callsPerSecond"],
            from_epoch_milliseconds(event["endsAt"]),
        )


class CheckWorkers(Protocol):
    """Starts workers that check sessions."""

    def start(self, batch: CheckBatch, deadline: Deadline) -> None:
        """Start a worker without waiting for its end.

        Raises:
            StoreUnavailable: No worker was started.
        """
