"""The decisions of moderators about users who wait: who comes in, and who does not."""

import re
from datetime import datetime
from typing import Final

from chalicelib.core.audit.room_entries import audit_room
from chalicelib.core.model.access_rules import check_hours, room_full
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import HOLD
from chalicelib.core.model.user import User
from chalicelib.core.model.waiting import (
    Decision,
    Verdict,
    WaitingUser,
    invitation_waiting_id,
)
from chalicelib.core.ports.invitation_store import NO_KEY_HASH, InvitationStore
from chalicelib.core.ports.room_store import (
    MAX_ATTEMPTS,
    RoomAccess,
    SeatStore,
    StaleRoom,
    busy,
)
from chalicelib.core.ports.waiting_store import StaleWaiting, WaitingLook, WaitingStore
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.rooms.waiting.signals import WaitingSignals
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import (
    RoomFull,
    RoomLocked,
    RoomNotFound,
    WaitingUserNotFound,
)

_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_TIME_FOR_ANOTHER: Final = 1.0
"""The seconds that must be left to approve another user of many."""


class ModerateWaiting:
    """Shows moderators who waits, approves users and turns users away."""

    def __init__(
        self,
        *,
        rooms: RoomAccess,
        seats: SeatStore,
        store: WaitingStore,
        invitations: InvitationStore,
        signals: WaitingSignals,
        quotas: Quotas,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._seats = seats
        self._store = store
        self._invitations = invitations
        self._signals = signals
        self._quotas = quotas
        self._clock = clock

    def waiting(self, user: User, name: str, deadline: Deadline) -> list[WaitingUser]:
        """Return the users who wait, first come first."""
        room = self._rooms.moderated_room(user, name, "see who waits", deadline)
        listed = self._store.waiting(room, deadline)
        self._signals.send_due(room, deadline, listed)
        return listed.waiting(self._clock())

    def approve(self, user: User, name: str, waiting_id: str, deadline: Deadline) -> None:
        """Approve a user, and keep a seat for them. A repeated call does nothing more.

        Raises:
            WaitingUserNotFound: No such user waits.
            RoomFull: Other users keep all seats that this user may take. The user still waits.
            RoomClosed: Nobody can be in the room.
            RoomNotOpen: The room's `opensAt` is in the future.
            RoomLocked: The room is locked.
        """
        room = self._rooms.moderated_room(user, name, "approve others", deadline)
        _check_id(waiting_id)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            look = self._store.look(name, room.session_id, waiting_id, deadline)
            room, now = _same(room, look.room), self._clock()
            chosen = [each for each in _who_may_come(room, look, now) if each.id == waiting_id]
            if not chosen:
                decision = look.decision
                # The answer to an earlier call may be lost. Its seat is still held.
                if decision is not None and decision.approves and now < decision.at + HOLD:
                    return
                raise _not_found()
            if self._has_ended(chosen[0], now, deadline):
                self._store.remove(room, chosen, deadline)
                raise _not_found()
            if self._approve(room, look, chosen[0], now, deadline):
                self._signals.send_due(room, deadline)
                return
            deadline.back_off(attempt)
        raise busy(f"room {name}")

    def approve_all(
        self, user: User, name: str, deadline: Deadline
    ) -> tuple[list[WaitingUser], int]:
        """Approve as many users as there are seats, first come first.

        It ends early if the time is up. A repeated call goes on.

        Returns:
            The users who were approved, and the number of those who still wait.

        Raises:
            RoomClosed: Nobody can be in the room.
            RoomNotOpen: The room's `opensAt` is in the future.
            RoomLocked: The room is locked.
        """
        room = self._rooms.moderated_room(user, name, "approve others", deadline)
        admitted: list[WaitingUser] = []
        attempt = 0
        while True:
            look = self._store.look(name, room.session_id, None, deadline)
            room, now = _same(room, look.room), self._clock()
            waiting = _who_may_come(room, look, now)
            if not waiting or deadline.remaining() < _TIME_FOR_ANOTHER:
                break
            if self._has_ended(waiting[0], now, deadline):
                self._store.remove(room, waiting[:1], deadline)
                continue
            try:
                is_approved = self._approve(room, look, waiting[0], now, deadline)
            except RoomFull:
                break
            if is_approved:
                admitted.append(waiting[0])
                attempt = 0
                continue
            attempt += 1
            if attempt == MAX_ATTEMPTS:
                raise busy(f"room {name}")
            deadline.back_off(attempt)
        self._signals.send_due(room, deadline)
        return admitted, len(waiting)

    def turn_away(self, user: User, name: str, waiting_id: str, deadline: Deadline) -> None:
        """Turn a user away, who may then not wait for 10 minutes. A repeated call does no more.

        Raises:
            WaitingUserNotFound: No such user waits.
        """
        room = self._rooms.moderated_room(user, name, "turn others away", deadline)
        _check_id(waiting_id)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            look = self._store.look(name, room.session_id, waiting_id, deadline)
            room, now = _same(room, look.room), self._clock()
            chosen, decision = look.waiting.users.get(waiting_id), look.decision
            if chosen is None:
                if decision is not None and decision.turned_away_until(now) is not None:
                    return
                raise _not_found()
            try:
                self._turn_away_other_keys(room, chosen, now, deadline)
                self._store.turn_away(room, look.waiting.removing(chosen, now), deadline)
            except StaleWaiting:
                deadline.back_off(attempt)
            else:
                increment("WaitsTurnedAway")
                audit_room(AuditAction.TURNED_AWAY, room, subject=chosen.user_id)
                self._signals.send_due(room, deadline)
                return
        raise busy(f"room {name}")

    def _has_ended(self, user: WaitingUser, now: datetime, deadline: Deadline) -> bool:
        """Return True if a guest's invitation has expired, or was revoked as they began to wait."""
        if user.invitation_id is None:
            return False
        by = self._invitations.look_up(user.invitation_id, NO_KEY_HASH, deadline).invitation
        return by is None or by.has_ended(now)

    def _turn_away_other_keys(
        self, room: Room, chosen: WaitingUser, now: datetime, deadline: Deadline
    ) -> None:
        """Turn away all guests of a single-use invitation, since another key is no other guest."""
        if chosen.invitation_id is None or not chosen.takes_use:
            return
        found = self._invitations.look_up(chosen.invitation_id, NO_KEY_HASH, deadline).invitation
        if found is not None and found.max_uses == 1:
            every = invitation_waiting_id(room.session_id, chosen.invitation_id)
            before = self._store.decision(room, every, deadline)
            self._store.decide(room, every, before, Decision(Verdict.TURNED_AWAY, now), deadline)

    def _approve(
        self, room: Room, look: WaitingLook, chosen: WaitingUser, now: datetime, deadline: Deadline
    ) -> bool:
        """Approve a user. Return False if something has changed, so that another look is needed.

        In a locked room, or before it opens, the user would get no token. So none is approved.
        """
        check_hours(room, now)
        if room.locked:
            raise RoomLocked("This room is locked; unlock it before you approve others.")
        claim, cap = None, room.settings.max_participants
        try:
            if cap is not None:
                kept_free = room.seats_kept_free(now, moderates=False)
                claim = room.seats.claim_for_join(
                    chosen.user_id, cap, now, kept_free, self._quotas.longest_wait
                )
                if claim is None:
                    raise room_full(room, now)
                if claim.user_id is None:
                    # One write cannot evict all lapsed seats. The next attempt evicts more.
                    self._seats.write_claim(room, claim, deadline)
                    return False
            self._store.approve(room, look.waiting.removing(chosen, now), claim, deadline)
        except (StaleRoom, StaleWaiting):
            return False
        increment("WaitsApproved")
        audit_room(AuditAction.APPROVAL, room, subject=chosen.user_id)
        return True


def _same(room: Room, current: Room | None) -> Room:
    if current is None or current.room_id != room.room_id:
        raise RoomNotFound(f"Room {room.name} no longer exists.")
    return current


def _who_may_come(room: Room, look: WaitingLook, now: datetime) -> list[WaitingUser]:
    """Return the waiting users who may still be approved, first come first."""
    members = room.settings.members
    return [
        each
        for each in look.waiting.waiting(now)
        if each.user_id not in room.bans
        and (members is None or each.is_guest or each.user_id in members)
    ]


def _check_id(waiting_id: str) -> None:
    if not _ID.fullmatch(waiting_id):
        raise _not_found()


def _not_found() -> WaitingUserNotFound:
    return WaitingUserNotFound("No such user waits for this room. They may have given up.")
