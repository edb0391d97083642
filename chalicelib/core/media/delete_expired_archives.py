"""The scheduled function that deletes archives whose days are over."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.ports.archives import RetentionSchedule, RetentionStore
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.concurrency import reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import annotate, audit, increment
from chalicelib.errors import RoomkeyError

RETENTION_AT_ONCE: Final = 50
SECONDS_FOR_AN_ARCHIVE: Final = 10.0
SECONDS_FOR_A_ROOM: Final = 20.0
"""The limit for one room, so that deletions that hang do not keep other rooms waiting."""
TRY_AGAIN_AFTER: Final = timedelta(hours=1)
_TIME_TO_START_ANOTHER: Final = 3.0


class DeleteExpiredArchives:
    """Deletes due archives every minute; a run continues where the one before had no time left.

    Archives of deleted rooms are deleted too. A change of `archiveRetentionDays` holds for existing
    archives.
    """

    def __init__(
        self,
        *,
        rooms: RoomStore,
        schedules: RetentionStore,
        store: MediaStore,
        sync: ArchiveSync,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._schedules = schedules
        self._store = store
        self._sync = sync
        self._clock = clock

    def run(self, deadline: Deadline) -> None:
        """Process the schedules that are due, the longest due first.

        A bug with one schedule, such as an unreadable record, is raised after the others are done.
        """
        faults: list[Exception] = []
        for room_id in self._due(deadline):
            try:
                self._process(room_id, deadline)
            except RoomkeyError:
                raise
            except Exception as fault:  # noqa: BLE001  no bug may keep other rooms waiting
                annotate("faulty", f"archives of room {room_id}")
                faults.append(fault)
        reraise_first_bug(faults)

    def _due(self, deadline: Deadline) -> Iterator[str]:
        seen: set[str] = set()
        while True:
            limit = RETENTION_AT_ONCE + len(seen)
            due = self._schedules.rooms_due(self._clock(), limit, deadline)
            room_ids = [each for each in due if each not in seen]
            if not room_ids:
                return
            for room_id in room_ids:
                if deadline.remaining() < _TIME_TO_START_ANOTHER:
                    increment("ArchivesLeftForNextRun")
                    return
                seen.add(room_id)
                yield room_id

    def _process(self, room_id: str, deadline: Deadline) -> None:
        """Delete a room's due archives while time remains, and set its schedule's next time."""
        schedule = self._schedules.schedule(room_id, deadline)
        if schedule is None:
            return
        in_time = deadline.capped(SECONDS_FOR_A_ROOM)
        now, retention = self._clock(), timedelta(days=schedule.days)
        # An archive that starts from now on is due no sooner than this.
        next_look, empty = now + retention, True
        failures: list[Exception] = []
        for archive in self._store.iter_oldest_first(room_id, MediaKind.ARCHIVE, deadline):
            due_at = archive.created_at + retention
            if due_at > now:
                next_look, empty = min(next_look, due_at), False
                break
            if in_time.remaining() < _TIME_TO_START_ANOTHER:
                increment("ArchivesLeftForNextRun")
                next_look, empty = now, False  # behind the other rooms that are due
                break
            failure = self._delete(schedule, archive, in_time)
            if failure is not None:
                failures.append(failure)
                next_look, empty = min(next_look, now + TRY_AGAIN_AFTER), False
        may_expire = empty and self._is_gone(schedule, deadline)
        self._schedules.reschedule(schedule, next_look, deadline, may_expire=may_expire)
        reraise_first_bug(failures)

    def _delete(
        self, schedule: RetentionSchedule, archive: Media, deadline: Deadline
    ) -> Exception | None:
        label = f"{schedule.room_name} {schedule.room_id} {archive.id}"
        try:
            self._sync.delete(archive, deadline.capped(SECONDS_FOR_AN_ARCHIVE))
        except Exception as failure:  # noqa: BLE001  a bug is raised after the other deletions
            increment("ArchiveDeletionsFailed")
            why = failure.note or failure.detail if isinstance(failure, RoomkeyError) else "a bug"
            annotate("failed", f"{label}: {why}")
            return failure
        increment("ArchivesDeleted")
        annotate("deleted", label)
        audit(
            AuditEntry(
                action=AuditAction.RECORDING_DELETED,
                room=schedule.room_name,
                session_id=archive.session_id,
                details={"archive": archive.id},
            )
        )
        return None

    def _is_gone(self, schedule: RetentionSchedule, deadline: Deadline) -> bool:
        """Return True if the room can have no new archives."""
        room = self._rooms.find(schedule.room_name, deadline)
        return room is None or room.room_id != schedule.room_id or room.closed_at is not None
