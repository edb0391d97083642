"""The quotas of each user, so that one user cannot use up the service. Admins have none."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from chalicelib.core.model.seats import HOLD
from chalicelib.core.model.user import User
from chalicelib.core.ports.quota_store import Allowance, Period, QuotaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import QuotaExceeded

MAX_USERS: Final = 10_000
"""The number of users of whom an instance remembers something."""
_RETRY_AFTER_DELETION: Final = timedelta(seconds=60)
"""The time to wait where only a deleted room helps. The count may be a moment out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The limits of what one user may use. The defaults fit people, not hostile programs.

    Args:
        rooms_per_hour: The number of rooms to create or to open again in a clock hour.
        rooms: The number of rooms that the user created and has not deleted.
        tokens_per_minute: The number of requests for client tokens in a clock minute.
        held_seats: The number of seats that the user holds at the same time without connecting.
        hold_renewals: The number of times that a hold may be renewed without connecting.
        invitations_per_hour: The number of invitations to make in a clock hour.
    """

    rooms_per_hour: int = 60
    rooms: int = 100
    tokens_per_minute: int = 60
    held_seats: int = 5
    hold_renewals: int = 4
    invitations_per_hour: int = 100

    @property
    def longest_wait(self) -> timedelta:
        """The longest time for which a user may hold a seat without connecting."""
        return HOLD * (1 + self.hold_renewals)


class RoomQuota:
    """The quotas of rooms: those that a user has, and those created or opened again in an hour."""

    def __init__(self, quotas: Quotas, rooms: RoomStore, store: QuotaStore, clock: Clock) -> None:
        self._quotas = quotas
        self._rooms = rooms
        self._store = store
        self._clock = clock
        self._refused: dict[str, datetime] = {}
        """Users who have used up an hour, each with its end."""
        self._has_room: dict[str, datetime] = {}
        """Users who cannot reach the number of rooms in an hour, each with its end."""
        self._lock = Lock()

    def check_creation(self, user: User, deadline: Deadline) -> Allowance | None:
        """Check that the user may create a room, before a session is created for it.

        The rooms of a user are counted once in an hour if as many more as may be created in it
        would not reach the quota. The store counts those exactly.

        Returns:
            The count to which the room must be added; None for an admin.

        Raises:
            QuotaExceeded: The user has too many rooms, or created too many in this hour.
        """
        if user.admin:
            return None
        period = self._hour(user)
        with self._lock:
            is_refused = self._refused.get(user.id) == period.ends
            has_room = self._has_room.get(user.id) == period.ends
        if is_refused:
            raise self._hour_is_used_up(period)
        if not has_room:
            self._count(user, period, deadline)
        return Allowance(period, self._quotas.rooms_per_hour)

    def _count(self, user: User, period: Period, deadline: Deadline) -> None:
        """Refuse a user who has too many rooms. Remember one who will not have them this hour."""
        limit = self._quotas.rooms
        number = self._rooms.count_created_by(user.id, limit, deadline)
        if number >= limit:
            raise exceeded(
                "rooms",
                limit,
                f"You have {limit} rooms, which is the most that one user may have. Delete one.",
                _RETRY_AFTER_DELETION,
            )
        if number + self._quotas.rooms_per_hour <= limit:
            with self._lock:
                _remember(self._has_room, user.id, period.ends)

    def refuse(self, period: Period) -> QuotaExceeded:
        """Return the error for an hour that is used up, and refuse its user from now on."""
        with self._lock:
            _remember(self._refused, period.user_id, period.ends)
        return self._hour_is_used_up(period)

    def count_reopening(self, user: User, deadline: Deadline) -> None:
        """Count a room that is about to be opened again, with another session.

        Raises:
            QuotaExceeded: The user has created or reopened too many rooms in this hour.
        """
        if user.admin:
            return
        period = self._hour(user)
        if self._store.add(period, 1, deadline) > self._quotas.rooms_per_hour:
            raise self._hour_is_used_up(period)

    def _hour(self, user: User) -> Period:
        return _hour_of(user, "rooms", self._clock())

    def _hour_is_used_up(self, period: Period) -> QuotaExceeded:
        limit = self._quotas.rooms_per_hour
        return exceeded(
            "roomsPerHour",
            limit,
            f"You may create or reopen {limit} rooms in an hour. Try again in the next one.",
            period.ends - self._clock(),
        )


class InvitationQuota:
    """The quota of the invitations that a moderator makes in an hour, to all rooms together."""

    def __init__(self, limit: int, store: QuotaStore, clock: Clock) -> None:
        self._limit = limit
        self._store = store
        self._clock = clock

    def count(self, user: User, deadline: Deadline) -> None:
        """Count an invitation that is about to be made.

        Raises:
            QuotaExceeded: The user has made too many in this hour.
        """
        if user.admin:
            return
        now, limit = self._clock(), self._limit
        hour = _hour_of(user, "invitations", now)
        if self._store.add(hour, 1, deadline) > limit:
            detail = f"You may make {limit} invitations in an hour. Try again in the next one."
            raise exceeded("invitationsPerHour", limit, detail, hour.ends - now)


def _remember(ends: dict[str, datetime], user_id: str, end: datetime) -> None:
    """Add a user as the latest one, in the place of the oldest one if there are too many."""
    ends.pop(user_id, None)
    ends[user_id] = end
    if len(ends) > MAX_USERS:
        del ends[next(iter(ends))]


def _hour_of(user: User, counted: str, now: datetime) -> Period:
    hour = now.replace(minute=0, second=0, microsecond=0)
    return Period(user.id, counted, hour + timedelta(hours=1))


def exceeded(quota: str, limit: int, detail: str, wait: timedelta) -> QuotaExceeded:
    """Return the error for a quota, with the time after which the user may try again."""
    return QuotaExceeded(
        detail,
        retry_after=max(1, math.ceil(wait.total_seconds())),
        extensions={"quota": quota, "limit": limit},
    )
