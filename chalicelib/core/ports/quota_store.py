"""The port for what counts towards a user's quotas, over all instances of the service."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from chalicelib.core.support.deadline import Deadline


class QuotaStore(Protocol):
    """A store of counts and of held seats, by user.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def add(
        self, user_id: str, counted: str, ends: datetime, amount: int, deadline: Deadline
    ) -> int:
        """Add to a user's count in one period of time, and return the new count.

        Args:
            user_id: The user.
            counted: The name of what is counted.
            ends: The end of the period. Each period has a count of its own.
            amount: The number to add; at least 1.
            deadline: The time by which the call must return.
        """

    def add_holds(
        self, user_id: str, holds: Mapping[str, datetime], deadline: Deadline
    ) -> dict[str, datetime]:
        """Add the ends of a user's holds by room, and return all on record, ended ones too."""

    def remove_holds(self, user_id: str, rooms: Collection[str], deadline: Deadline) -> None:
        """Remove the holds of these rooms from the user's record. Unknown ones are ignored."""
