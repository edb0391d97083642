from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.core.model.user import ERASED_PREFIX, User
from chalicelib.core.model.user_data.user_record import (
    Erasure,
    RecordKind,
    UserRecord,
    hash_of_user,
)
from chalicelib.core.ports.quota_store import Period, QuotaStore
from chalicelib.core.ports.room_store import RoomStore, SeatStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.user_data.user_record_store import (
    ErasureStore,
    RecordPage,
    UserRecordStore,
)
from chalicelib.core.rooms.quotas import exceeded
from chalicelib.core.rooms.user_data.erase_from_room import Outcome, RoomEraser
from chalicelib.core.rooms.user_data.recordings import RecordingFinder
from chalicelib.core.rooms.user_data.show_user_data import check_may_handle
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.concurrency import reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import audit, increment
from chalicelib.errors import FieldProblem, InvalidField

ERASURES_PER_DAY: Final = 3
"""The number of erasures that somebody who is no admin may begin in a day."""
SECONDS_OF_A_PAGE: Final = 10.0
"""The time that must be left before another page of records is read."""


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
        self._room_eraser = RoomEraser(rooms, seats, sessions, clock)
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
            _audit(AuditAction.ERASURE_REQUESTED, user_id)
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
        stored = self._erasures.begin_erasure(erasure, deadline)
        _audit(AuditAction.ERASURE_REQUESTED, user_id)
        return stored

    def run(self, deadline: Deadline) -> None:
        """Go on with all erasures whose time has come.

        A failure is raised after the other erasures.
        """
        failures: list[Exception] = []
        for erasure in self._erasures.running(deadline):
            if erasure.starts_at > self._clock():
                continue
            try:
                self.work(erasure, deadline)
            except Exception as failure:  # noqa: BLE001  one user must not block the others
                increment("ErasuresFailed")
                failures.append(failure)
        reraise_first_bug(failures)
        if failures:
            raise failures[0]

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
                _audit(AuditAction.USER_ERASED, erasure.user_id, records=current.erased)
        return current

    def _erase_page(
        self, erasure: Erasure, page: RecordPage, rooms: Mapping[str, str], deadline: Deadline
    ) -> Erasure:
        outcomes = [(each, self._erase(erasure, each, deadline)) for each in page.records]
        banned = {each.id for each in page.records if each.banned_since is not None}
        after = erasure.of_page(
            sum(outcome is Outcome.ERASED for _, outcome in outcomes),
            waits_for=(
                rooms.get(each.within or "", each.within or each.id)
                for each, outcome in outcomes
                if outcome is Outcome.WAITS
            ),
            kept_bans=banned if erasure.by_user else (),
        )
        return replace(after, position=page.next)

    def _erase(self, erasure: Erasure, record: UserRecord, deadline: Deadline) -> Outcome:
        user_id, tombstone = erasure.user_id, erasure.tombstone
        if user_id is None or tombstone is None or record.kind is RecordKind.QUOTA:
            return Outcome.KEPT
        if record.kind is RecordKind.ROOM:
            return self._room_eraser.erase(
                record.id, user_id, tombstone, deadline, keeps_ban=erasure.by_user
            )
        if record.is_current_connection:
            return Outcome.WAITS
        self._records.anonymize(record, user_id, tombstone, deadline)
        return Outcome.ERASED

    def _count(self, caller: User, deadline: Deadline) -> None:
        if caller.admin:
            return
        now = self._clock()
        ends = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if self._quotas.add(Period(caller.id, "erasures", ends), 1, deadline) > ERASURES_PER_DAY:
            detail = f"You may ask {ERASURES_PER_DAY} times in a day. Ask the operator instead."
            raise exceeded("erasuresPerDay", ERASURES_PER_DAY, detail, ends - now)


def _audit(action: AuditAction, user_id: str | None, **details: object) -> None:
    audit(AuditEntry(action=action, subject=user_id, details=details))
