"""The waiting room, as a join meets it: approved users pass, and others wait."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, NoReturn

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.model.waiting import (
    ASK_AGAIN_SECONDS,
    FORGOTTEN_AFTER,
    MAX_WAITING,
    RECORDED_EVERY,
    Decision,
    WaitingUser,
    invitation_waiting_id,
    waiting_id,
)
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, StaleRoom, busy
from chalicelib.core.ports.waiting_store import (
    StaleWaiting,
    WaitingEntry,
    WaitingLook,
    WaitingStore,
)
from chalicelib.core.rooms.quotas import MAX_USERS
from chalicelib.core.rooms.waiting.asking import (
    Approval,
    Asking,
    approval_of,
    check_not_turned_away,
    check_uses,
    invitation_of,
    shown_name,
)
from chalicelib.core.rooms.waiting.signals import WaitingSignals
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import MustWait, WaitingRoomFull

_IN_TIME: Final = timedelta(seconds=2)
"""The time after which a user who asks again is in no hurry, and is not counted."""


@dataclass(frozen=True, slots=True)
class _Asked:
    room: str
    session_id: str
    at: datetime


class WaitingRoom:
    """Keeps users waiting until a moderator decides.

    An instance remembers which users it has kept waiting, each in one room. The next request of
    such a user for this room reads the room and its waiting room at once.

    Attributes:
        asking: These users, by their ids.
    """

    def __init__(self, store: WaitingStore, signals: WaitingSignals, clock: Clock) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        self.asking: dict[str, _Asked] = {}
        self._lock = Lock()

    def look_again(self, user: User, name: str, deadline: Deadline) -> WaitingLook | None:
        """Return the room and its waiting room, if the user waits there and asks again in time.

        A request that comes too early returns None too, so that it is counted like any other.
        """
        place = self.place_of(user.id)
        if place is None or place.room_name != name.lower():
            return None
        look = self._store.look(name, place.session_id, place.user, deadline)
        return look if is_at(place, look) else None

    def place_of(self, user_id: str) -> WaitingEntry | None:
        """Return the place where the user waits, if they ask again in time."""
        asked, now = self.asking.get(user_id), self._clock()
        if asked is None or not asked.at + _IN_TIME <= now < asked.at + FORGOTTEN_AFTER:
            return None
        own = waiting_id(asked.session_id, user_id)
        return WaitingEntry(asked.room, asked.session_id, own)

    def check(self, room: Room, user: User, asking: Asking, deadline: Deadline) -> Approval | None:
        """Let the user pass, if they were approved or need not wait.

        Returns:
            The approval to put on record once the user has a seat; None if it is there.

        Raises:
            MustWait: The user waits now, or still.
            TurnedAway: A moderator has turned the user away, less than 10 minutes ago.
            WaitingRoomFull: As many others as may wait do so.
            StaleRoom: The room has changed since it was read.
        """
        own = waiting_id(room.session_id, user.id)
        look = asking.look if asking.look is not None and asking.look.room is room else None
        for attempt in range(1, MAX_ATTEMPTS + 1):
            # An approved user costs the read of one small item, however many others wait.
            decision = self._store.decision(room, own, deadline) if look is None else look.decision
            try:
                if self._may_pass(user, decision, asking):
                    approval = approval_of(user, own, decision, self._clock())
                    if approval is not None:
                        self._check_invitation(room, user, asking, deadline)
                    with self._lock:
                        self.asking.pop(user.id, None)
                    return approval
                if look is None:
                    look = self._store.look(room.name, room.session_id, own, deadline)
                    _check_unchanged(room, look.room)
                else:
                    self._wait(room, user, asking, look, deadline)
            except StaleWaiting:
                look = None
                deadline.back_off(attempt)
        raise busy(f"waiting room of {room.name}")

    def put_on_record(self, room: Room, approval: Approval, deadline: Deadline) -> None:
        """Put an approval on record, before the user gets a token.

        Raises:
            StaleRoom: Somebody has decided about the user meanwhile. They must be checked again.
        """
        try:
            self._store.decide(room, approval.own, approval.before, approval.decision, deadline)
        except StaleWaiting as stale:
            # A copy is not the room of `Asking.look`, so the next check reads again.
            raise StaleRoom(replace(room)) from stale

    def _may_pass(self, user: User, decision: Decision | None, asking: Asking) -> bool:
        now = self._clock()
        check_not_turned_away(decision, now)
        if decision is None or decision.approves_by(invitation_of(user)):
            return decision is not None or asking.skips
        return decision.approves and asking.skips

    def _check_invitation(self, room: Room, user: User, asking: Asking, deadline: Deadline) -> None:
        """Refuse a guest with a new key, if another one of their single-use link was turned away.

        An invitation with its last use is read too. No such decision is about it.
        """
        by = invitation_of(user)
        if by is not None and asking.uses_left == 1:
            every_guest = invitation_waiting_id(room.session_id, by)
            decision = self._store.decision(room, every_guest, deadline)
            check_not_turned_away(decision, self._clock())

    def _wait(
        self, room: Room, user: User, asking: Asking, look: WaitingLook, deadline: Deadline
    ) -> NoReturn:
        now, waiting, own = self._clock(), look.waiting, waiting_id(room.session_id, user.id)
        mine, by = waiting.users.get(own), invitation_of(user)
        if mine is None or not mine.is_waiting(now):
            takes_use = asking.uses_left is not None
            mine = WaitingUser(own, user.id, shown_name(user, asking), now, now, by, takes_use)
            self._check_invitation(room, user, asking, deadline)
            check_uses(mine, asking, waiting, now)
            if waiting.is_full_for(mine, now):
                raise WaitingRoomFull(
                    f"{MAX_WAITING} others wait already. Try again later.",
                    retry_after=ASK_AGAIN_SECONDS,
                )
            increment("WaitsBegun")
            self._record(room, look, mine, now, deadline)
        elif now >= mine.asked_at + RECORDED_EVERY or mine.invitation_id != by:
            takes_use = asking.uses_left is not None
            mine = replace(mine, asked_at=now, invitation_id=by, takes_use=takes_use)
            check_uses(mine, asking, waiting, now)
            self._record(room, look, mine, now, deadline)
        self._remember(room, user, now)
        raise MustWait(own, mine.since, waiting.ahead_of(mine, now), retry_after=ASK_AGAIN_SECONDS)

    def _record(
        self, room: Room, look: WaitingLook, mine: WaitingUser, now: datetime, deadline: Deadline
    ) -> None:
        change = look.waiting.recording(mine, now)
        self._store.record(room, change, deadline)
        if change.signalled is not None:
            self._signals.send(look.room or room, change.signalled, deadline)

    def _remember(self, room: Room, user: User, now: datetime) -> None:
        with self._lock:
            self.asking.pop(user.id, None)
            self.asking[user.id] = _Asked(room.name.lower(), room.session_id, now)
            if len(self.asking) > MAX_USERS:
                del self.asking[next(iter(self.asking))]


def is_at(place: WaitingEntry, look: WaitingLook) -> bool:
    """Return True if the room still has the session in which the user waits."""
    return look.room is not None and look.room.session_id == place.session_id


def _check_unchanged(room: Room, found: Room | None) -> None:
    if found is None or (found.room_id, found.revision) != (room.room_id, room.revision):
        raise StaleRoom(found)
