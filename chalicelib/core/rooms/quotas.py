"""The quotas of each user, so that one user cannot use up the service. Admins have none."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.seats import HOLD
from chalicelib.core.model.user import User
from chalicelib.core.ports.quota_store import QuotaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import QuotaExceeded

_RETRY_AFTER_DELETION: Final = timedelta(seconds=60)
"""The time to wait where only a deleted room helps. Lists may be a moment out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The limits of what one user may use. The defaults fit people, not hostile programs.

    Args:
        rooms_per_hour: The number of rooms to create or to open again in a clock hour.
        rooms: The number of rooms that the user created and has not deleted.
        tokens_per_minute: The number of requests for client tokens in a clock minute.
        held_seats: The number of seats that the user holds at the same time without connecting.
        hold_renewals: The number of times that a hold may be renewed without connecting.
    """

    rooms_per_hour: int = 60
    rooms: int = 100
    tokens_per_minute: int = 60
    held_seats: int = 5
    hold_renewals: int = 4

    @property
    def longest_wait(self) -> timedelta:
        """The longest time for which a user may hold a seat without connecting."""
        return HOLD * (1 + self.hold_renewals)


class RoomQuota:
    """Counts the rooms that a user creates, before a session is created for them."""

    def __init__(self, quotas: Quotas, rooms: RoomStore, store: QuotaStore, clock: Clock) -> None:
        self._quotas = quotas
        self._rooms = rooms
        self._store = store
        self._clock = clock

    def count_creation(self, user: User, deadline: Deadline) -> None:
        """Count a room that is about to be created.

        Raises:
            QuotaExceeded: The user has too many rooms, or created too many in this hour.
        """
        if user.admin:
            return
        limit, now = self._quotas.rooms, self._clock()
        if self._rooms.count_created_by(user.id, limit, deadline) >= limit:
            raise exceeded(
                "rooms",
                limit,
                f"You have {limit} rooms, which is the most that one user may have. Delete one.",
                _RETRY_AFTER_DELETION,
            )
        self.count_session(user, now, deadline)

    def count_session(self, user: User, now: datetime, deadline: Deadline) -> None:
        """Count a session that is about to be created, for a new room or one that opens again.

        Raises:
            QuotaExceeded: The user has created too many in this hour.
        """
        if user.admin:
            return
        limit = self._quotas.rooms_per_hour
        ends = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if self._store.add(user.id, "rooms", ends, 1, deadline) > limit:
            raise exceeded(
                "roomsPerHour",
                limit,
                f"You may create or reopen {limit} rooms in an hour. Try again in the next one.",
                ends - now,
            )


def exceeded(quota: str, limit: int, detail: str, wait: timedelta) -> QuotaExceeded:
    """Return the error for a quota, with the time after which the user may try again."""
    return QuotaExceeded(
        detail,
        retry_after=max(1, math.ceil(wait.total_seconds())),
        extensions={"quota": quota, "limit": limit},
    )
