"""The admission of a user to a room: access rules, role, and the reservation of a seat."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.access_rules import check_admission, grant_role, room_full
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import GRACE, SeatClaim
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, SeatStore, StaleRoom, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.rooms.held_seats import HeldSeats
from chalicelib.core.rooms.quotas import Quotas, exceeded
from chalicelib.core.rooms.waiting.asking import Asking
from chalicelib.core.rooms.waiting.waiting_room import WaitingRoom
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import RoomClosed, RoomNotFound

ADMIN_RECORD_SLACK: Final = timedelta(days=1)
"""Extra time added to an admin's record, so that most of their later joins need no write."""

SHORTEST_TEMPORARY_RIGHT: Final = timedelta(seconds=60)
"""The time that an admin has to connect, even if the bearer token expires now."""


ClaimWriter = Callable[[Room, SeatClaim | None, Deadline], None]
"""A function that writes the claim of a seat, if there is one, with what else it costs."""


@dataclass(frozen=True, slots=True)
class AdmittedUser:
    """A user who may get a client token.

    Args:
        room: The room that the decision is based on.
        role: The role in the token.
        connect_by: The end of the seat's hold; None in a room without a limit of participants.
        right_ends: The end of a guest's invitation, or of an admin's claim to moderate the room;
            None if the role rests on neither.
    """

    room: Room
    role: Role
    connect_by: datetime | None
    right_ends: datetime | None

    def token_end(self, now: datetime, lifetime: timedelta) -> datetime:
        """Return the end of a client token: that of the room or of the user's claim at the latest.

        Raises:
            RoomClosed: It is now.
        """
        latest = (now + lifetime, self.room.settings.closes_at, self.right_ends)
        end = min(each for each in latest if each is not None)
        # OpenTok's times are whole seconds. A token rounded up would outlive the room.
        end = end.replace(microsecond=0)
        if end <= now:
            raise RoomClosed("This room, or your invitation to it, is closing now.")
        return end

    def entry(self, user: User) -> AuditEntry:
        """Return the audit entry of the admission."""
        invited = {} if user.invited is None else {"invitation": user.invited.invitation_id}
        return AuditEntry(
            action=AuditAction.ADMISSION,
            subject=user.id,
            room=self.room.name,
            session_id=self.room.session_id,
            details={"role": self.role, **invited},
        )


class AdmitUser:
    """Checks the access rules, then reserves a seat if the room is unchanged."""

    def __init__(
        self,
        seats: SeatStore,
        sessions: SessionStore,
        held_seats: HeldSeats,
        quotas: Quotas,
        clock: Clock,
        *,
        waiting_room: WaitingRoom,
    ) -> None:
        self._seats = seats
        self._sessions = sessions
        self._held_seats = held_seats
        self._waiting_room = waiting_room
        self._quotas = quotas
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
        write_claim: ClaimWriter | None = None,
        asking: Asking | None = None,
    ) -> AdmittedUser:
        """Admit the user, or raise the reason against it.

        Args:
            room: The room as it was read.
            user: The caller.
            asked: The requested role, if any.
            deadline: The time by which the request must be answered.
            lifetime: The longest time for which the token will be valid.
            check: Called with the role before a seat is reserved; may raise.
            write_claim: Writes the claim; None to write the claim of a seat alone.
            asking: What the user says to the waiting room.

        Raises:
            RoomkeyError: An error of `check_admission`, `grant_role` or `WaitingRoom.check`.
            RoomFull: Other users keep all seats that this user may take.
            QuotaExceeded: The user holds seats without connecting.
        """
        first = room
        for attempt in range(1, MAX_ATTEMPTS + 1):
            now = self._clock()
            check_admission(room, user, now, self._is_inside(room, user, now, deadline))
            role = grant_role(
                asked,
                default=room.invited_role(user) or room.settings.default_role,
                moderates=room.moderated_by(user),
            )
            check(role)
            try:
                approval = None
                if room.asks_to_wait(user):
                    self._longest_wait(room, user, now)
                    approval = self._waiting_room.check(room, user, asking or Asking(), deadline)
                write = write_claim or self._write_claim
                connect_by = self._reserve_seat(room, user, now, write, deadline)
                if approval is not None:
                    self._waiting_room.put_on_record(room, approval, deadline)
                self._record_admin(room, user, now, lifetime, deadline)
            except StaleRoom as stale:
                if stale.room is None:
                    raise RoomNotFound(f"Room {first.name} no longer exists.") from stale
                room = stale.room
                deadline.back_off(attempt)
                continue
            if room.session_idle:
                self._sessions.monitor(room, now, deadline)
            is_temporary = role is Role.MODERATOR and user.id not in room.settings.moderators
            right_ends = _claim_end(user, now) if is_temporary else None
            if user.invited is not None:
                right_ends = user.claims_end
            return AdmittedUser(room, role, connect_by, right_ends)
        raise busy(f"room {first.name}")

    def _is_inside(
        self, room: Room, user: User, now: datetime, deadline: Deadline
    ) -> Callable[[], bool]:
        if room.settings.max_participants is not None:
            return lambda: room.seats.is_kept(user.id, now)
        return lambda: self._sessions.was_connected(room.session_id, user.id, now - GRACE, deadline)

    def _write_claim(self, room: Room, claim: SeatClaim | None, deadline: Deadline) -> None:
        if claim is not None:
            self._seats.write_claim(room, claim, deadline)

    def _reserve_seat(
        self, room: Room, user: User, now: datetime, write: ClaimWriter, deadline: Deadline
    ) -> datetime | None:
        cap = room.settings.max_participants
        if cap is None:
            write(room, None, deadline)
            return None
        moderates = room.moderated_by(user)
        kept_free = room.seats_kept_free(now, moderates=moderates)
        # Moderators may hold seats in their own rooms for as long as they like.
        longest_wait = None if moderates else self._longest_wait(room, user, now)
        claim = room.seats.claim_for_join(user.id, cap, now, kept_free, longest_wait)
        if claim is None:
            raise room_full(room, now)
        if claim.waiting_since is not None and claim.hold_until is not None:
            self._held_seats.count(room, user.id, claim.hold_until, now, deadline)
        write(room, claim, deadline)
        if claim.user_id is None:
            # One write cannot evict all lapsed seats. The next attempt evicts more.
            remaining = room.seats.without({user_id for user_id, _ in claim.evicted})
            raise StaleRoom(replace(room, seats=remaining))
        return claim.hold_until

    def _longest_wait(self, room: Room, user: User, now: datetime) -> timedelta:
        """Return the longest time for which a user may hold a seat without connecting.

        Raises:
            QuotaExceeded: The user has done so for as long, and must pause.
        """
        longest, renewals = self._quotas.longest_wait, self._quotas.hold_renewals
        pause_end = room.seats.pause_end(user.id, now, longest)
        if pause_end is not None:
            raise exceeded(
                "holdRenewals",
                renewals,
                "You held a seat of this room for too long without connecting. Other users come "
                "first for a while.",
                pause_end - now,
            )
        return longest

    def _record_admin(
        self, room: Room, user: User, now: datetime, lifetime: timedelta, deadline: Deadline
    ) -> None:
        """Record until when the user is an admin, which the connection data does not say.

        A join with a bearer token that does not say so ends the record of an earlier join.
        """
        recorded = room.admins_until.get(user.id, now)
        if user.id in room.settings.moderators:
            return
        claims = room.moderated_by(user)
        if not claims and recorded <= now:
            return
        until = now
        if claims:
            claim_end = _claim_end(user, now)
            if recorded >= min(claim_end, now + lifetime):
                return
            until = min(claim_end, now + lifetime + ADMIN_RECORD_SLACK)
        past = room.admins_to_forget(user.id, now)
        self._seats.remember_admin(room, user.id, until, past, deadline)


def _claim_end(user: User, now: datetime) -> datetime:
    return max(user.claims_end, now + SHORTEST_TEMPORARY_RIGHT)
