"""The scheduled function that deletes the archives whose rooms keep them no longer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.ports.archives import RetentionSchedule, RetentionStore
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.concurrency import reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import RoomkeyError

RETENTION_AT_ONCE: Final = 50
SECONDS_FOR_AN_ARCHIVE: Final = 10.0
SECONDS_FOR_A_ROOM: Final = 20.0
"""Then it is the next room's turn, lest deletions that hang keep all others waiting."""
TRY_AGAIN_AFTER: Final = timedelta(hours=1)
_TIME_TO_START_ANOTHER: Final = 3.0


class DeleteExpiredArchives:
    """Runs every minute; what one run has no time for, the next goes on with.

    Rooms that were deleted are no exception, and what is changed of `archiveRetentionDays` holds
    for the archives that there are.
    """

    def __init__(
        self,
        *,
        rooms: RoomStore,
        schedules: RetentionStore,
        store: MediaStore,
        kept: ArchiveSync,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._schedules = schedules
        self._store = store
        self._sync = kept
        self._clock = clock

    def run(self, deadline: Deadline) -> None:
        """Look through the schedules that are due, the longest due first.

        A fault with one, such as a record that cannot be read, is raised once the others are done.
        """
        faults: list[Exception] = []
        for room_id in self._due(deadline):
            try:
                self._look_through(room_id, deadline)
            except RoomkeyError:
                raise
            except Exception as fault:  # noqa: BLE001  whatever is wrong, it keeps no other waiting
                annotate("faulty", f"archives of room {room_id}")
                faults.append(fault)
        reraise_first_bug(faults)

    def _due(self, deadline: Deadline) -> Iterator[str]:
        seen: set[str] = set()
        while True:
            limit = RETENTION_AT_ONCE + len(seen)
            due = self._schedules.due_schedules(self._clock(), limit, deadline)
            room_ids = [each for each in due if each not in seen]
            if not room_ids:
                return
            for room_id in room_ids:
                if deadline.remaining() < _TIME_TO_START_ANOTHER:
                    increment("ArchivesLeftForNextRun")
                    return
                seen.add(room_id)
                yield room_id

    def _look_through(self, room_id: str, deadline: Deadline) -> None:
        """Delete what is due of a room, or as much as there is time for, and say when to go on."""
        schedule = self._schedules.schedule(room_id, deadline)
        if schedule is None:
            return
        in_time = deadline.capped(SECONDS_FOR_A_ROOM)
        now, kept_for = self._clock(), timedelta(days=schedule.days)
        # What begins from now on is due no sooner than this.
        next_look, empty = now + kept_for, True
        failures: list[Exception] = []
        for archive in self._store.iter_oldest_first(room_id, MediaKind.ARCHIVE, deadline):
            due_at = archive.created_at + kept_for
            if due_at > now:
                next_look, empty = min(next_look, due_at), False
                break
            if in_time.remaining() < _TIME_TO_START_ANOTHER:
                increment("ArchivesLeftForNextRun")
                next_look, empty = now, False  # behind the others that are due
                break
            failure = self._delete(schedule, archive, in_time)
            if failure is not None:
                failures.append(failure)
                next_look, empty = min(next_look, now + TRY_AGAIN_AFTER), False
        forget = empty and self._is_gone(schedule, deadline)
        self._schedules.reschedule(schedule, next_look, deadline, forget=forget)
        reraise_first_bug(failures)

    def _delete(
        self, schedule: RetentionSchedule, archive: Media, deadline: Deadline
    ) -> Exception | None:
        which = f"{schedule.room_name} {schedule.room_id} {archive.id}"
        try:
            self._sync.delete(archive, deadline.capped(SECONDS_FOR_AN_ARCHIVE))
        except Exception as failure:  # noqa: BLE001  what is a fault is raised after the others
            increment("ArchiveDeletionsFailed")
            why = failure.note or failure.detail if isinstance(failure, RoomkeyError) else "a fault"
            annotate("failed", f"{which}: {why}")
            return failure
        increment("ArchivesDeleted")
        annotate("deleted", which)
        return None

    def _is_gone(self, schedule: RetentionSchedule, deadline: Deadline) -> bool:
        """Whether nothing new is to be expected of the room."""
        room = self._rooms.find(schedule.room_name, deadline)
        return room is None or room.room_id != schedule.room_id or room.closed_at is not None
