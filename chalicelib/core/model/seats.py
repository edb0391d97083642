"""The seats of a room with a limit, and the conditional writes that change them.

A user has one seat for up to 3 connections. The seat is kept while the user is connected or a
reservation (`hold`) runs. Otherwise it has lapsed and may be given to another user.

Holds are not renewed for ever. `waiting` says since when a user has asked for tokens without
connecting. After the longest wait the hold ends, and the user pauses.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

HOLD: Final = timedelta(seconds=120)
"""The time for which a client token reserves a seat."""
GRACE: Final = timedelta(seconds=20)
"""The time for which a seat is kept after its user's last connection ended."""
PAUSE: Final = timedelta(minutes=10)
"""The time for which a user may not hold a seat after the longest wait."""
MAX_CONNECTIONS_PER_USER: Final = 3
MAX_EVICTED_AT_ONCE: Final = 25
MAX_WAITS: Final = 250
"""The number of waits above which a claim deletes the oldest, so that a room's item stays small."""


@dataclass(frozen=True, slots=True)
class SeatClaim:
    """A conditional write that gives a user a seat.

    Args:
        user_id: The user who gets the seat; None if the write only evicts users.
        cap: The number of seats that this user may choose from. A user without a kept seat gets one
            only if fewer than `cap` other users remain after the eviction.
        evicted: The users whose lapsed seats are deleted, with the holds that they had.
        known: True if the user has a seat in the record, lapsed or not.
        hold_until: The end of the hold to write; None if a connection replaces the hold.
        connection_id: The connection to write into the seat, with the time `now`. It ends the
            user's wait.
        counted_on: Moderators who must still have seats, because `cap` is higher by each of them.
        waiting_since: The start of the user's wait to write, if any.
        forgotten: The users whose waits are deleted.
    """

    user_id: str | None
    cap: int
    now: datetime
    known: bool = False
    evicted: tuple[tuple[str, datetime | None], ...] = ()
    hold_until: datetime | None = None
    connection_id: str | None = None
    counted_on: tuple[str, ...] = ()
    waiting_since: datetime | None = None
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptFree:
    """The seats of a room that only moderators may take, for the claim of another user.

    Args:
        seats: The number of these seats.
        moderators: The users who moderate the room, among those who have a seat.
    """

    seats: int = 0
    moderators: frozenset[str] = frozenset()


NOTHING_KEPT_FREE: Final = KeptFree()


@dataclass(frozen=True, slots=True)
class SeatRelease:
    """A conditional write that removes a connection from its seat, and the wait of its user.

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
        waiting: The start of each user's wait: the first token without a connection since.
    """

    connections: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    holds: Mapping[str, datetime] = field(default_factory=dict)
    waiting: Mapping[str, datetime] = field(default_factory=dict)

    def is_live(self, user_id: str) -> bool:
        return bool(self.connections.get(user_id))

    def is_kept(self, user_id: str, now: datetime) -> bool:
        """Return True if the user has a seat that has not lapsed."""
        return user_id in self.connections and (self.is_live(user_id) or self._held(user_id, now))

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
        return Seats(connections, holds, self.waiting)

    def pause_end(self, user_id: str, now: datetime, longest_wait: timedelta) -> datetime | None:
        """Return the end of the user's pause; None if the user may hold a seat."""
        since = self.waiting.get(user_id)
        if since is None or self.is_live(user_id) or now < since + longest_wait:
            return None
        end = self._next_wait(user_id, since, longest_wait)
        return end if now < end else None

    def user_of(self, connection_id: str) -> str | None:
        """Return the id of the user whose seat this connection keeps, if any."""
        for user_id, connections in self.connections.items():
            if connection_id in connections:
                return user_id
        return None

    def claim_for_join(
        self,
        user_id: str,
        cap: int,
        now: datetime,
        kept_free: KeptFree = NOTHING_KEPT_FREE,
        longest_wait: timedelta | None = None,
    ) -> SeatClaim | None:
        """Return a claim that reserves a seat; None if other users keep all seats.

        Args:
            user_id: The user who asks for a token.
            cap: The limit of participants.
            now: The current time.
            kept_free: The seats that this user may not take.
            longest_wait: The longest time for which this user may hold a seat without connecting;
                None for a moderator, who may always.
        """
        claim = self._claim(user_id, cap, now, kept_free)
        if claim is None or claim.user_id is None:
            return claim
        if longest_wait is None or self.is_live(user_id):
            return replace(claim, hold_until=now + HOLD)
        since = self.waiting.get(user_id, now)
        if now >= min(since + longest_wait, self._next_wait(user_id, since, longest_wait)):
            since = now
        return replace(
            claim,
            hold_until=min(now + HOLD, since + longest_wait),
            waiting_since=since,
            forgotten=self._past_waits(user_id, now - longest_wait - PAUSE),
        )

    def claim_for_connection(
        self,
        user_id: str,
        connection_id: str,
        cap: int,
        now: datetime,
        kept_free: KeptFree = NOTHING_KEPT_FREE,
    ) -> SeatClaim | None:
        """Return a claim for a new connection's seat; None if other users keep all seats."""
        claim = self._claim(user_id, cap, now, kept_free)
        if claim is None or claim.user_id is None:
            return claim
        return replace(claim, connection_id=connection_id)

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
        self, user_id: str, cap: int, now: datetime, kept_free: KeptFree
    ) -> SeatClaim | None:
        known = user_id in self.connections
        if self.is_kept(user_id, now):
            return SeatClaim(user_id, cap - kept_free.seats, now, known)
        # A moderator who has a seat leaves one seat less to be kept free for moderators.
        counted_on = self._moderators_counted_on(user_id, now, kept_free)
        cap -= kept_free.seats - len(counted_on)
        others = len(self.connections) - known
        evicted: tuple[tuple[str, datetime | None], ...] = ()
        if others >= cap:
            lapsed = self._lapsed_except({user_id, *counted_on}, now)
            if others - len(lapsed) >= cap:
                return None
            evicted = tuple(lapsed[:MAX_EVICTED_AT_ONCE])
            if others - len(evicted) >= cap:
                return SeatClaim(None, cap, now, evicted=evicted)
        return SeatClaim(user_id, cap, now, known, evicted, counted_on=counted_on)

    def _moderators_counted_on(
        self, user_id: str, now: datetime, kept_free: KeptFree
    ) -> tuple[str, ...]:
        """Return as many moderators with seats as seats are kept free, first those kept now."""
        seated = (kept_free.moderators & self.connections.keys()) - {user_id}
        ordered = sorted(seated, key=lambda each: (not self.is_kept(each, now), each))
        return tuple(ordered[: kept_free.seats])

    def _lapsed_except(
        self, excluded: Collection[str], now: datetime
    ) -> list[tuple[str, datetime | None]]:
        return [
            (user_id, self.holds.get(user_id))
            for user_id in sorted(self.connections)
            if user_id not in excluded and not self.is_kept(user_id, now)
        ]

    def _past_waits(self, excluded: str, started_by: datetime) -> tuple[str, ...]:
        """Return users whose waits and pauses are over, and the oldest of too many."""
        oldest = sorted((since, each) for each, since in self.waiting.items() if each != excluded)
        past = sum(since <= started_by for since, _ in oldest)
        surplus = len(oldest) - MAX_WAITS
        return tuple(each for _, each in oldest[: max(past, surplus, 0)][:MAX_EVICTED_AT_ONCE])

    def _next_wait(self, user_id: str, since: datetime, longest_wait: timedelta) -> datetime:
        """Return when a new wait may begin: after an absence as long as the hold, or the pause."""
        used_up = since + longest_wait
        until = self.holds.get(user_id, used_up)  # absent once another user has the seat
        return min(until + (until - since), used_up + PAUSE) if until < used_up else used_up + PAUSE

    def _held(self, user_id: str, now: datetime) -> bool:
        return self.holds.get(user_id, now) > now
