"""Port: the sums of usage, by day, by room and day, and by creator and day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import SessionDay, Usage
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class RoomUsage:
    """The usage of all rooms of one name, in lower case."""

    room: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class DayUsage:
    """The usage of one day by some of all rooms."""

    day: date
    usage: Usage


@dataclass(frozen=True, slots=True)
class CreatorUsage:
    """The usage of the rooms that one user created; None if nobody did.

    Args:
        key: The text after which the next page starts, if this is the last one of a page.
    """

    creator: str | None
    usage: Usage
    key: str


class UsageStore(Protocol):
    """A store of usage. Every method raises `StoreUnavailable` if it cannot answer in time."""

    def counted_days(
        self, session_id: str, days: Sequence[date], deadline: Deadline
    ) -> Mapping[date, SessionDay]:
        """Return what has been counted of a session on these days. The read is consistent."""

    def count(
        self, session: Session, day: date, before: SessionDay, after: SessionDay, deadline: Deadline
    ) -> bool:
        """Replace what has been counted, and change the sums by the difference, all or nothing.

        Returns:
            False if another call has counted this session and day meanwhile.
        """

    def rooms(
        self, first: date, last: date, after: str | None, limit: int, deadline: Deadline
    ) -> tuple[Sequence[RoomUsage], bool]:
        """Return the sums of some rooms over days of one month, and True if there are more.

        Args:
            first: The first day.
            last: The last day, of the same month.
            after: The room after which to start, in the store's own order.
            limit: The highest number of rooms.
            deadline: The time by which the store must have answered.
        """

    def iter_days(self, first: date, last: date, deadline: Deadline) -> Iterator[DayUsage]:
        """Return the sums of these days, both included. A day may have several."""

    def creators(
        self, first: date, last: date, after: str | None, limit: int, deadline: Deadline
    ) -> tuple[Sequence[CreatorUsage], bool]:
        """Return the sums of some creators over days, and True if there are more.

        Args:
            first: The first day.
            last: The last day.
            after: The key of the creator after whom to start, in the store's own order.
            limit: The highest number of creators.
            deadline: The time by which the store must have answered.
        """
