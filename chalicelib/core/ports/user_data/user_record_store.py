"""Ports: the records that name a user, and the erasures of users."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.model.user_data.user_record import Erasure, UserRecord
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records of a user, in the store's own order.

    Args:
        next: The position of the next page; None at the end. It may name records of other users,
            so no caller may see it.
    """

    records: tuple[UserRecord, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SearchPlace:
    """A page of a search by one caller for the records of one user."""

    caller_id: str
    user_id: str
    page: int


class UserRecordStore(Protocol):
    """A store that finds a user's records by looking at all records.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def find_records(self, user_id: str, start: str | None, deadline: Deadline) -> RecordPage:
        """Return the user's records among the next records of all users.

        The page may be empty, and still have a next one. Reads are consistent.
        """

    def anonymize(
        self, record: UserRecord, user_id: str, tombstone: str, deadline: Deadline
    ) -> bool:
        """Put the tombstone in the user's place, and in the place of the user's name.

        A waiting user is removed. Records of rooms and quotas are not for this method.

        Returns:
            False if the record has changed since it was read. A later pass finds it again.
        """

    def position(self, place: SearchPlace, deadline: Deadline) -> str | None:
        """Return the position of a page that this caller may ask for; None if there is none."""

    def save_position(
        self, place: SearchPlace, position: str, until: datetime, deadline: Deadline
    ) -> None:
        """Save the position of a page. The page before it stays, earlier ones go."""


class ErasureStore(Protocol):
    """A store of erasures. Every method raises `StoreUnavailable` if it cannot answer in time."""

    def begin_erasure(self, erasure: Erasure, deadline: Deadline) -> Erasure:
        """Store a new erasure, in place of one that has ended.

        Returns:
            The erasure of this user that is stored afterwards: this one, or one that still runs.
        """

    def find_erasure(self, of: str, deadline: Deadline) -> Erasure | None:
        """Return the latest erasure of the user with this hash."""

    def running(self, deadline: Deadline) -> Sequence[Erasure]:
        """Return all erasures that have not ended. The read is consistent."""

    def save_progress(self, before: Erasure, after: Erasure, deadline: Deadline) -> Erasure | None:
        """Save how far an erasure has come.

        Returns:
            The erasure with its new version; None if another call has saved it meanwhile.
        """
