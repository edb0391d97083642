"""The scheduled function that deletes the archives whose rooms keep them no longer."""

from datetime import timedelta
from typing import Final

from chalicelib.core.archive_ports import Shelf, ShelfStore
from chalicelib.core.deadline import Deadline
from chalicelib.core.kept_archives import KeptArchives
from chalicelib.core.measurements import count, mention
from chalicelib.core.media import Media, MediaKind, MediaStore
from chalicelib.core.ports import Clock, RoomStore
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable

SHELVES_AT_ONCE: Final = 50
SECONDS_FOR_AN_ARCHIVE: Final = 10.0
TRY_AGAIN_AFTER: Final = timedelta(hours=1)
_TIME_TO_START_ANOTHER: Final = 3.0


class ClearArchives:
    """Runs every minute; what one run has no time for, the next goes on with.

    Rooms that were deleted are no exception, and what is changed of `archiveRetentionDays` holds
    for the archives that there are.
    """

    def __init__(
        self,
        *,
        rooms: RoomStore,
        shelves: ShelfStore,
        store: MediaStore,
        kept: KeptArchives,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._shelves = shelves
        self._store = store
        self._kept = kept
        self._clock = clock

    def run(self, deadline: Deadline) -> None:
        """Look through the shelves that are due, the longest due first."""
        seen: set[str] = set()
        while True:
            limit = SHELVES_AT_ONCE + len(seen)
            due = self._shelves.due_shelves(self._clock(), limit, deadline)
            room_ids = [each for each in due if each not in seen]
            if not room_ids:
                return
            for room_id in room_ids:
                seen.add(room_id)
                shelf = self._shelves.shelf(room_id, deadline)
                if shelf is not None and not self._look_through(shelf, deadline):
                    count("ArchivesLeftForNextRun")
                    return

    def _look_through(self, shelf: Shelf, deadline: Deadline) -> bool:
        """Delete what is due of a room; False if there was no time for all of it."""
        now, kept_for = self._clock(), timedelta(days=shelf.days)
        # What begins from now on is due no sooner than this.
        next_look, empty = now + kept_for, True
        for archive in self._store.oldest_first(shelf.room_id, MediaKind.ARCHIVE, deadline):
            due_at = archive.created_at + kept_for
            if due_at > now:
                next_look, empty = min(next_look, due_at), False
                break
            if deadline.remaining() < _TIME_TO_START_ANOTHER:
                return False
            if not self._delete(shelf, archive, deadline):
                next_look, empty = min(next_look, now + TRY_AGAIN_AFTER), False
        forget = empty and self._is_gone(shelf, deadline)
        self._shelves.looked_through(shelf, next_look, deadline, forget=forget)
        return True

    def _delete(self, shelf: Shelf, archive: Media, deadline: Deadline) -> bool:
        try:
            deleted = self._kept.delete(archive, deadline.at_most(SECONDS_FOR_AN_ARCHIVE))
        except (ProviderUnavailable, ProviderRefused, StoreUnavailable):
            deleted = False
        if not deleted:
            count("ArchiveDeletionsFailed")
            return False
        count("ArchivesDeleted")
        mention("deleted", f"{shelf.room_name} {shelf.room_id} {archive.id}")
        return True

    def _is_gone(self, shelf: Shelf, deadline: Deadline) -> bool:
        """Whether nothing new is to be expected of the room."""
        room = self._rooms.find(shelf.room_name, deadline)
        return room is None or room.room_id != shelf.room_id or room.closed_at is not None
