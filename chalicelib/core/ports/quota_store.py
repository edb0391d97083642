"""The port for the counts and the holds behind a user's quotas, over all instances."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Period:
    """A period of time in which something is counted for a user. Each has a count of its own.

    Args:
        user_id: The user.
        counted: The name of the thing that is counted.
        ends: The end of the period, in whole seconds.
    """

    user_id: str
    counted: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """The highest count of a period, for a write that adds 1 to it."""

    period: Period
    limit: int


class AllowanceSpent(Exception):
    """A write was refused because the count of its period is at the limit."""


class QuotaStore(Protocol):
    """A store of counts and of held seats, by user.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def add(self, period: Period, amount: int, deadline: Deadline) -> int:
        """Add at least 1 to the count of a period, and return the new count."""

    def add_holds(
        self, user_id: str, holds: Mapping[str, datetime], deadline: Deadline
    ) -> dict[str, datetime]:
        """Add the ends of a user's holds by room, and return all on record, ended ones too."""

    def remove_holds(self, user_id: str, rooms: Collection[str], deadline: Deadline) -> None:
        """Remove the holds of these rooms from the user's record. Unknown ones are ignored."""
