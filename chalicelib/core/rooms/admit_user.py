"""Whether a user gets a token for a room, and the seat that waits for them until they connect."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.access_rules import admit, room_full
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import GRACE
from chalicelib.core.model.user import Role, User, grant_role
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, SeatStore, StaleRoom, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import RoomNotFound

ADMIN_RECORD_SLACK: Final = timedelta(days=1)
"""How much longer than needed an admin is noted, so that most of their joins write nothing."""


@dataclass(frozen=True, slots=True)
class AdmittedUser:
    """A user who may have a token.

    Args:
        room: As it stood when it was decided.
        role: What the token is to allow.
        connect_by: Until when the seat is kept; None where there is no limit of participants.
    """

    room: Room
    role: Role
    connect_by: datetime | None


class AdmitUser:
    """Judges by the rules, then takes a seat while they still hold."""

    def __init__(self, seats: SeatStore, sessions: SessionStore, clock: Clock) -> None:
        self._seats = seats
        self._sessions = sessions
        self._clock = clock

    def admit(
        self,
        room: Room,
        user: User,
        asked: Role | None,
        deadline: Deadline,
        *,
        lifetime: timedelta,
        check: Callable[[Role], object] = lambda _: None,
    ) -> AdmittedUser:
        """Let the user in, or raise why not.

        Args:
            room: As it was read.
            user: Who asks.
            asked: The role they ask for, if any.
            deadline: By when to answer.
            lifetime: For how long the token is to be good, at most.
            check: Called with the role before a seat is taken; may raise.

        Raises:
            RoomkeyError: As `admit` and `grant_role` say.
            RoomFull: All seats are kept by others.
        """
        first = room
        for attempt in range(1, MAX_ATTEMPTS + 1):
            now = self._clock()
            admit(room, user, now, self._is_inside(room, user, now, deadline))
            role = grant_role(
                asked, default=room.settings.default_role, moderates=room.moderated_by(user)
            )
            check(role)
            try:
                connect_by = self._take_seat(room, user, now, deadline)
                self._note_admin(room, user, now, lifetime, deadline)
            except StaleRoom as stale:
                if stale.room is None:
                    raise RoomNotFound(f"There is no room {first.name} any more.") from stale
                room = stale.room
                deadline.back_off(attempt)
                continue
            if room.monitoring_stopped:
                self._sessions.monitor(room, now, deadline)
            return AdmittedUser(room, role, connect_by)
        raise busy(first)

    def _is_inside(
        self, room: Room, user: User, now: datetime, deadline: Deadline
    ) -> Callable[[], bool]:
        if room.settings.max_participants is not None:
            return lambda: room.seats.is_kept(user.id, now)
        return lambda: self._sessions.was_connected(room.session_id, user.id, now - GRACE, deadline)

    def _take_seat(
        self, room: Room, user: User, now: datetime, deadline: Deadline
    ) -> datetime | None:
        cap = room.settings.max_participants
        if cap is None:
            return None
        claim = room.seats.claim_for_join(user.id, cap, now)
        if claim is None:
            raise room_full(room, now)
        self._seats.take_seat(room, claim, deadline)
        if claim.user_id is None:
            # More seats had lapsed than one write evicts; the next one goes on from here.
            left = room.seats.without({user_id for user_id, _ in claim.evicted})
            raise StaleRoom(replace(room, seats=left))
        return claim.hold_until

    def _note_admin(
        self, room: Room, user: User, now: datetime, lifetime: timedelta, deadline: Deadline
    ) -> None:
        """Note an admin whom nothing but the bearer shows to be one, for when they connect."""
        if not user.admin or user.id in room.settings.moderators:
            return
        noted = room.admins_until.get(user.id)
        if noted is not None and noted >= now + lifetime:
            return
        past = [other for other, until in room.admins_until.items() if until <= now]
        until = now + lifetime + ADMIN_RECORD_SLACK
        self._seats.remember_admin(room, user.id, until, set(past) - {user.id}, deadline)
