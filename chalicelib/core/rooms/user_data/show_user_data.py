from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.core.model.user import User
from chalicelib.core.model.user_data.user_record import Erasure, Recording, UserRecord, hash_of_user
from chalicelib.core.ports.quota_store import Period, QuotaStore
from chalicelib.core.ports.user_data.user_record_store import (
    ErasureStore,
    SearchPlace,
    UserRecordStore,
)
from chalicelib.core.rooms.quotas import exceeded
from chalicelib.core.rooms.user_data.recordings import RecordingFinder
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import audit
from chalicelib.errors import FieldProblem, InvalidField, NotAnAdmin

MAX_READS_OF_A_PAGE: Final = 8
"""The number of reads after which a page ends."""
RECORDS_OF_A_PAGE: Final = 200
"""The number of records from which a page is not continued."""
SEARCHES_PER_DAY: Final = 1000
"""The number of pages that somebody who is no admin may read in a day, since each costs reads."""
_CURSOR_KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class UserDataPage:
    """A part of what is held of a user.

    Args:
        rooms: The names of rooms, by the ids of the sessions that records name.
        recordings: The recordings of times at which the user was in the room.
        erasure: The latest erasure of the user, for some days.
        next_page: The number of the next page; None at the end.
    """

    records: tuple[UserRecord, ...]
    rooms: Mapping[str, str]
    recordings: tuple[Recording, ...]
    erasure: Erasure | None
    next_page: int | None


def check_may_handle(caller: User, user_id: str) -> None:
    """Refuse if the caller is neither this user nor an admin.

    Raises:
        NotAnAdmin: The caller is somebody else.
    """
    if not caller.admin and caller.id != user_id:
        raise NotAnAdmin("Only an admin may see or erase what is held of another user.")


class ShowUserData:
    """Shows users, and admins, what is held of a user."""

    def __init__(
        self,
        *,
        records: UserRecordStore,
        erasures: ErasureStore,
        recordings: RecordingFinder,
        quotas: QuotaStore,
        clock: Clock,
    ) -> None:
        self._records = records
        self._erasures = erasures
        self._recordings = recordings
        self._quotas = quotas
        self._clock = clock

    def page(self, caller: User, user_id: str, number: int, deadline: Deadline) -> UserDataPage:
        """Return a page of what is held of a user. It may be empty, and still have a next one.

        Args:
            caller: The user themselves, or an admin.
            user_id: The user.
            number: The number of the page, from 0.
            deadline: The time by which the request must be answered.

        Raises:
            NotAnAdmin: The caller is neither.
            QuotaExceeded: The caller is no admin, and has read too many pages today.
            InvalidField: The caller has not come to this page, or a day ago.
        """
        check_may_handle(caller, user_id)
        self._count(caller, deadline)
        position = None
        if number:
            position = self._records.position(SearchPlace(caller.id, user_id, number), deadline)
            if position is None:
                reason = "is too old, or already used: list again without a cursor"
                raise InvalidField(FieldProblem("cursor", reason))
        found: list[UserRecord] = []
        for _ in range(MAX_READS_OF_A_PAGE):
            page = self._records.find_records(user_id, position, deadline)
            found += page.records
            position = page.next
            if position is None or len(found) >= RECORDS_OF_A_PAGE:
                break
        if position is not None:
            until = self._clock() + _CURSOR_KEPT
            self._records.save_position(
                SearchPlace(caller.id, user_id, number + 1), position, until, deadline
            )
        rooms, recordings = self._around(found, deadline)
        audit(AuditEntry(action=AuditAction.USER_DATA_READ, subject=user_id))
        return UserDataPage(
            records=tuple(found),
            rooms=rooms,
            recordings=recordings,
            erasure=self._erasures.find_erasure(hash_of_user(user_id), deadline),
            next_page=None if position is None else number + 1,
        )

    def _around(
        self, found: Iterable[UserRecord], deadline: Deadline
    ) -> tuple[Mapping[str, str], tuple[Recording, ...]]:
        around = self._recordings.around(found, deadline)
        listed = sorted(around.recordings, key=lambda each: (each.room, each.archive_id))
        return around.rooms, tuple(listed)

    def _count(self, caller: User, deadline: Deadline) -> None:
        if caller.admin:
            return
        now = self._clock()
        ends = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if self._quotas.add(Period(caller.id, "searches", ends), 1, deadline) > SEARCHES_PER_DAY:
            detail = f"You may ask for {SEARCHES_PER_DAY} pages in a day. Ask the operator instead."
            raise exceeded("searchesPerDay", SEARCHES_PER_DAY, detail, ends - now)
