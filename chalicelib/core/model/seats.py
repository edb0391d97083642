"""Who has a seat in a room with a limit: what may be written, and on which facts it stands.

A user takes one seat, however many devices they come with. A seat is kept by live connections, or
for a while by a hold; a seat kept by neither has lapsed, and counts until somebody needs it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

HOLD: Final = timedelta(seconds=120)
"""How long a token's seat waits for its user to connect."""
GRACE: Final = timedelta(seconds=20)
"""How long a seat outlives its user's last connection."""
MAX_CONNECTIONS_PER_USER: Final = 3
MAX_EVICTED_AT_ONCE: Final = 25


@dataclass(frozen=True, slots=True)
class SeatClaim:
    """A user's seat to be written, if what it stands on still holds.

    Args:
        user_id: Whose seat; None only evicts.
        cap: Every user but this one, less the evicted, must be fewer than this; unless this user
            has live connections or a hold that ends after `now`.
        evicted: Users whose seats have lapsed, with the holds they had.
        known: Whether the user is among those with a seat, lapsed or not.
        hold_until: A hold to be written; None where a connection takes the hold's place.
        connection_id: A connection to be seated, with `now` as its time.
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
    """A connection to be taken from its seat.

    Args:
        seated: How many connections the user has, this one included.
        hold: The user's hold at the time.
        hold_until: A hold to be written, if any.
    """

    user_id: str
    connection_id: str
    seated: int
    hold: datetime | None
    hold_until: datetime | None


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of a room, as read at one moment.

    Args:
        connections: By user, their connections and since when. Every user with a seat is here.
        holds: By user, until when the seat is kept without a connection.
    """

    connections: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    holds: Mapping[str, datetime] = field(default_factory=dict)

    def is_live(self, user_id: str) -> bool:
        return bool(self.connections.get(user_id))

    def is_kept(self, user_id: str, now: datetime) -> bool:
        """Whether the user has a seat that has not lapsed."""
        if user_id not in self.connections:
            return False
        return self.is_live(user_id) or self._held(user_id, now)

    def held(self, now: datetime) -> list[datetime]:
        """The ends of the holds that keep a seat for somebody without a connection."""
        return sorted(
            until
            for user_id, until in self.holds.items()
            if until > now and not self.is_live(user_id)
        )

    def without(self, evicted: Collection[str]) -> "Seats":
        """The seats once those of these users are gone."""
        kept = {user: each for user, each in self.connections.items() if user not in evicted}
        holds = {user: until for user, until in self.holds.items() if user not in evicted}
        return Seats(kept, holds)

    def user_of(self, connection_id: str) -> str | None:
        """Whose seat this connection keeps."""
        for user_id, connections in self.connections.items():
            if connection_id in connections:
                return user_id
        return None

    def claim_for_join(self, user_id: str, cap: int, now: datetime) -> SeatClaim | None:
        """The hold of a user who asks to come in; None if all seats are kept by others."""
        return self._seating(user_id, cap, now, hold_until=now + HOLD)

    def claim_for_connection(
        self, user_id: str, connection_id: str, cap: int, now: datetime
    ) -> SeatClaim | None:
        """The seat of a connection that has come; None if all are kept by others."""
        return self._seating(user_id, cap, now, connection_id=connection_id)

    def has_room_for_device(self, user_id: str) -> bool:
        return len(self.connections.get(user_id, ())) < MAX_CONNECTIONS_PER_USER

    def release_for(self, connection_id: str, now: datetime) -> SeatRelease | None:
        """The end of a connection; None where it keeps no seat."""
        user_id = self.user_of(connection_id)
        if user_id is None:
            return None
        seated, hold, grace = len(self.connections[user_id]), self.holds.get(user_id), now + GRACE
        renews = seated == 1 and (hold is None or hold < grace)
        return SeatRelease(user_id, connection_id, seated, hold, grace if renews else None)

    def _seating(
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
            lapsed = self._lapsed(user_id, now)
            if others - len(lapsed) >= cap:
                return None
            evicted = tuple(lapsed[:MAX_EVICTED_AT_ONCE])
            if others - len(evicted) >= cap:
                return SeatClaim(None, cap, now, evicted=evicted)
        return SeatClaim(user_id, cap, now, known, evicted, hold_until, connection_id)

    def _lapsed(self, but: str, now: datetime) -> list[tuple[str, datetime | None]]:
        return [
            (user_id, self.holds.get(user_id))
            for user_id in sorted(self.connections)
            if user_id != but and not self.is_kept(user_id, now)
        ]

    def _held(self, user_id: str, now: datetime) -> bool:
        until = self.holds.get(user_id)
        return until is not None and until > now
