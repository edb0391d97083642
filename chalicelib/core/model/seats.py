"""The seats of a room with a limit, and the conditional writes that change them.

A user has one seat for up to 3 connections. The seat is kept while the user is connected or a
reservation (`hold`) runs. Otherwise it has lapsed and may be given to another user.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOLD: Final = timedelta(seconds=120)
"""The time for which a client token reserves a seat."""
GRACE: Final = timedelta(seconds=20)
"""The time for which a seat is kept after its user's last connection ended."""
MAX_CONNECTIONS_PER_USER: Final = 3
MAX_EVICTED_AT_ONCE: Final = 25


@dataclass(frozen=True, slots=True)
class SeatClaim:
    """A conditional write that gives a user a seat.

    Args:
        user_id: The user who gets the seat; None if the write only evicts users.
        cap: The limit of participants. A user without a kept seat gets one only if fewer than
            `cap` other users remain after the eviction.
        evicted: The users whose lapsed seats are deleted, with the holds that they had.
        known: True if the user has a seat in the record, lapsed or not.
        hold_until: The end of the hold to write; None if a connection replaces the hold.
        connection_id: The connection to write into the seat, with the time `now`.
    """

    user_id: str | None
    cap: int
    now: datetime
    known: bool = False
    evicted: tuple[tuple[str, datetime | None], ...] = ()
    hold_until: datetime | None = None
    connection_id: str | None = None


@dataclass(frozen=True, slots=True)
class SeatRelease:
    """A conditional write that removes a connection from its seat.

    Args:
        seated: The number of the user's connections, this one included.
        hold: The end of the user's hold, as it was read.
        hold_until: The end of the hold to write, if any.
    """

    user_id: str
    connection_id: str
    seated: int
    hold: datetime | None
    hold_until: datetime | None


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of a room, as read at one time.

    Args:
        connections: For each user with a seat, the start of each connection, by connection id.
        holds: The end of each user's hold, which keeps the seat without a connection.
    """

    connections: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    holds: Mapping[str, datetime] = field(default_factory=dict)

    def is_live(self, user_id: str) -> bool:
        return bool(self.connections.get(user_id))

    def is_kept(self, user_id: str, now: datetime) -> bool:
        """Return True if the user has a seat that has not lapsed."""
        if user_id not in self.connections:
            return False
        return self.is_live(user_id) or self._held(user_id, now)

    def held(self, now: datetime) -> list[datetime]:
        """Return the ends of all holds that keep a seat for a user without a connection."""
        return sorted(
            until
            for user_id, until in self.holds.items()
            if until > now and not self.is_live(user_id)
        )

    def without(self, evicted: Collection[str]) -> "Seats":
        """Return the seats without those of the evicted users."""
        connections = {user: each for user, each in self.connections.items() if user not in evicted}
        holds = {user: until for user, until in self.holds.items() if user not in evicted}
        return Seats(connections, holds)

    def user_of(self, connection_id: str) -> str | None:
        """Return the id of the user whose seat this connection keeps, if any."""
        for user_id, connections in self.connections.items():
            if connection_id in connections:
                return user_id
        return None

    def claim_for_join(self, user_id: str, cap: int, now: datetime) -> SeatClaim | None:
        """Return a claim that reserves a seat; None if other users keep all seats."""
        return self._claim(user_id, cap, now, hold_until=now + HOLD)

    def claim_for_connection(
        self, user_id: str, connection_id: str, cap: int, now: datetime
    ) -> SeatClaim | None:
        """Return a claim for a new connection's seat; None if other users keep all seats."""
        return self._claim(user_id, cap, now, connection_id=connection_id)

    def has_room_for_device(self, user_id: str) -> bool:
        return len(self.connections.get(user_id, ())) < MAX_CONNECTIONS_PER_USER

    def release_for(self, connection_id: str, now: datetime) -> SeatRelease | None:
        """Return the release of an ended connection; None if the connection keeps no seat."""
        user_id = self.user_of(connection_id)
        if user_id is None:
            return None
        seated, hold, grace = len(self.connections[user_id]), self.holds.get(user_id), now + GRACE
        renews = seated == 1 and (hold is None or hold < grace)
        return SeatRelease(user_id, connection_id, seated, hold, grace if renews else None)

    def _claim(
        self,
        user_id: str,
        cap: int,
        now: datetime,
        *,
        hold_until: datetime | None = None,
        connection_id: str | None = None,
    ) -> SeatClaim | None:
        known = user_id in self.connections
        others = len(self.connections) - known
        evicted: tuple[tuple[str, datetime | None], ...] = ()
        if not self.is_kept(user_id, now) and others >= cap:
            lapsed = self._lapsed_except(user_id, now)
            if others - len(lapsed) >= cap:
                return None
            evicted = tuple(lapsed[:MAX_EVICTED_AT_ONCE])
            if others - len(evicted) >= cap:
                return SeatClaim(None, cap, now, evicted=evicted)
        return SeatClaim(user_id, cap, now, known, evicted, hold_until, connection_id)

    def _lapsed_except(self, excluded: str, now: datetime) -> list[tuple[str, datetime | None]]:
        return [
            (user_id, self.holds.get(user_id))
            for user_id in sorted(self.connections)
            if user_id != excluded and not self.is_kept(user_id, now)
        ]

    def _held(self, user_id: str, now: datetime) -> bool:
        until = self.holds.get(user_id)
        return until is not None and until > now
