from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import ERASED_PREFIX, User
from chalicelib.core.model.user_record import (
    Erasure,
    RecordKind,
    UserRecord,
    hash_of_user,
)
from chalicelib.core.ports.quota_store import Period, QuotaStore
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, SeatStore, StaleRoom, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.user_record_store import ErasureStore, RecordPage, UserRecordStore
from chalicelib.core.rooms.quotas import exceeded
from chalicelib.core.rooms.update_room import update_room
from chalicelib.core.rooms.user_data.recordings import RecordingFinder
from chalicelib.core.rooms.user_data.show_user_data import check_may_handle
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import FieldProblem, InvalidField, RoomNotFound

ERASURES_PER_DAY: Final = 3
"""The number of erasures that somebody who is no admin may begin in a day."""
SECONDS_OF_A_PAGE: Final = 10.0
"""The time that must be left before another page of records is read."""


class _Outcome(Enum):
    ERASED = auto()
    WAITS = auto()
    KEPT = auto()


class EraseUsers:
    """Erases users: a tombstone, an id that nobody can sign in with, takes the user's place.

    Nobody is disconnected. What names a connected user waits until the user has left.

    Args:
        records: The records of users.
        erasures: The erasures that were asked for.
        rooms, seats, sessions: The stores of rooms.
        recordings: Finds the recordings that remain.
        quotas: The counts behind quotas.
        clock: Returns the current time.
        new_id: Returns a new random id.
    """

    def __init__(
        self,
        *,
        records: UserRecordStore,
        erasures: ErasureStore,
        rooms: RoomStore,
        seats: SeatStore,
        sessions: SessionStore,
        recordings: RecordingFinder,
        quotas: QuotaStore,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._records = records
        self._erasures = erasures
        self._rooms = rooms
        self._seats = seats
        self._sessions = sessions
        self._recordings = recordings
        self._quotas = quotas
        self._clock = clock
        self._new_id = new_id

    def request(self, caller: User, user_id: str, deadline: Deadline) -> Erasure:
        """Begin to erase a user, unless that is going on. The scheduled function does the work.

        Args:
            caller: The user themselves, or an admin.
            user_id: The user.
            deadline: The time by which the request must be stored.

        Raises:
            NotAnAdmin: The caller is neither.
            InvalidField: The id is that of an erased user.
            QuotaExceeded: The caller is no admin, and has begun too many today.
        """
        check_may_handle(caller, user_id)
        if user_id.startswith(ERASED_PREFIX):
            raise InvalidField(FieldProblem("user_id", "is that of an erased user"))
        found = self._erasures.find_erasure(hash_of_user(user_id), deadline)
        if found is not None and found.user_id is not None:
            return found
        self._count(caller, deadline)
        return self.begin(user_id, deadline, by_user=not caller.admin)

    def begin(self, user_id: str, deadline: Deadline, *, by_user: bool = False) -> Erasure:
        """Store the request to erase a user, and return it, or the one that is going on."""
        now = self._clock()
        erasure = Erasure(
            of=hash_of_user(user_id),
            user_id=user_id,
            tombstone=f"{ERASED_PREFIX}{self._new_id()}",
            by_user=by_user,
            requested_at=now,
            starts_at=now,
        )
        return self._erasures.begin_erasure(erasure, deadline)

    def run(self, deadline: Deadline) -> None:
        """Go on with all erasures whose time has come."""
        for erasure in self._erasures.running(deadline):
            if erasure.starts_at <= self._clock():
                self.work(erasure, deadline)

    def work(self, erasure: Erasure, deadline: Deadline) -> Erasure:
        """Go on with an erasure until it ends, must wait, or the time is up.

        What is interrupted is done again: each step may be repeated.

        Returns:
            The erasure, as far as it has come.
        """
        current = erasure
        while current.user_id is not None and current.starts_at <= self._clock():
            if deadline.remaining() < SECONDS_OF_A_PAGE:
                break
            page = self._records.find_records(current.user_id, current.position, deadline)
            around = self._recordings.around(page.records, deadline)
            # The recordings are saved first: an erased record leads to none.
            noted = current.with_recordings(around.recordings)
            if noted != current:
                saved = self._erasures.save_progress(current, noted, deadline)
                if saved is None:
                    break  # another process is at work
                current = saved
            after = self._erase_page(current, page, around.rooms, deadline)
            if page.next is None:
                after = after.after_pass(self._clock())
            saved = self._erasures.save_progress(current, after, deadline)
            if saved is None:
                break
            current = saved
            if current.finished_at is not None:
                increment("UsersErased")
        return current

    def _erase_page(
        self, erasure: Erasure, page: RecordPage, rooms: Mapping[str, str], deadline: Deadline
    ) -> Erasure:
        outcomes = [(each, self._erase(erasure, each, deadline)) for each in page.records]
        banned = {each.id for each in page.records if each.banned_since is not None}
        after = erasure.of_page(
            sum(outcome is _Outcome.ERASED for _, outcome in outcomes),
            waits_for=(
                rooms.get(each.within or "", each.within or each.id)
                for each, outcome in outcomes
                if outcome is _Outcome.WAITS
            ),
            kept_bans=banned if erasure.by_user else (),
        )
        return replace(after, position=page.next)

    def _erase(self, erasure: Erasure, record: UserRecord, deadline: Deadline) -> _Outcome:
        user_id, tombstone = erasure.user_id, erasure.tombstone
        if user_id is None or tombstone is None or record.kind is RecordKind.QUOTA:
            return _Outcome.KEPT
        if record.kind is RecordKind.ROOM:
            room = self._rooms.find(record.id, deadline)
            if room is None:
                return _Outcome.KEPT
            return self._erase_from_room(erasure, room, user_id, tombstone, deadline)
        if record.is_current_connection:
            return _Outcome.WAITS
        self._records.anonymize(record, user_id, tombstone, deadline)
        return _Outcome.ERASED

    def _erase_from_room(
        self, erasure: Erasure, room: Room, user_id: str, tombstone: str, deadline: Deadline
    ) -> _Outcome:
        if room.seats.is_live(user_id) or self._sessions.of_user(
            room.session_id, user_id, deadline
        ):
            return _Outcome.WAITS
        after = self._without_seat(room, user_id, tombstone, deadline)
        if after is None:
            return _Outcome.KEPT

        def erased(current: Room) -> Room:
            return _erased(current, user_id, tombstone, keeps_ban=erasure.by_user)

        if erased(after) == after:
            return _Outcome.KEPT if after is room else _Outcome.ERASED
        try:
            update_room(self._rooms, after, erased, self._clock(), deadline)
        except RoomNotFound:
            return _Outcome.KEPT
        return _Outcome.ERASED

    def _without_seat(
        self, room: Room, user_id: str, tombstone: str, deadline: Deadline
    ) -> Room | None:
        """Remove the user's seat and time as an admin.

        Returns:
            The room as it is then, and `room` itself if there was neither; None if it is gone.
        """
        current: Room | None = room
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if current is None or current.room_id != room.room_id:
                return None
            seats, until = current.seats, current.admins_until.get(user_id)
            has_seat = user_id in {*seats.connections, *seats.holds, *seats.waiting}
            if not has_seat and until is None:
                return current
            try:
                if has_seat:
                    self._seats.free(current, user_id, deadline)
                if until is not None:
                    self._seats.remember_admin(current, tombstone, until, {user_id}, deadline)
            except StaleRoom as stale:
                current = stale.room
                deadline.back_off(attempt)
            else:
                current = self._rooms.find(room.name, deadline)
        raise busy(f"room {room.name}")

    def _count(self, caller: User, deadline: Deadline) -> None:
        if caller.admin:
            return
        now = self._clock()
        ends = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if self._quotas.add(Period(caller.id, "erasures", ends), 1, deadline) > ERASURES_PER_DAY:
            detail = f"You may ask {ERASURES_PER_DAY} times in a day. Ask the operator instead."
            raise exceeded("erasuresPerDay", ERASURES_PER_DAY, detail, ends - now)


def _erased(room: Room, user_id: str, tombstone: str, *, keeps_ban: bool) -> Room:
    """Return the room with the tombstone in the user's place."""

    def swap(users: frozenset[str]) -> frozenset[str]:
        return frozenset(tombstone if each == user_id else each for each in users)

    settings, members = room.settings, room.settings.members
    bans = room.bans
    if user_id in bans and not keeps_ban:
        bans = {tombstone if each == user_id else each: at for each, at in bans.items()}
    return replace(
        room,
        created_by=tombstone if room.created_by == user_id else room.created_by,
        settings=replace(
            settings,
            moderators=swap(settings.moderators),
            members=None if members is None else swap(members),
        ),
        bans=bans,
    )
