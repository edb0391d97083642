"""Recordings that sample apps make: of their rooms alone, one at a time, where the stage allows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from chalicelib.core.media.read_archives import ReadArchives
from chalicelib.core.media.record_archives import RecordArchives
from chalicelib.core.model.media import Media
from chalicelib.core.model.user import ANONYMOUS
from chalicelib.core.sample_apps.sample_rooms import SampleRooms
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import AlreadyRecording, ArchiveNotFound, RoomNotFound

MOST_LISTED: Final = 50
"""Of each room, the newest."""

_Found = TypeVar("_Found")


class SampleArchives:
    """Archives of sample rooms; apps name them by their id, by the session, or by the room.

    Args:
        rooms: The rooms of sample apps.
        record: `RecordArchives`, of those rooms.
        read: `ReadArchives`, of those rooms.
    """

    def __init__(self, rooms: SampleRooms, record: RecordArchives, read: ReadArchives) -> None:
        self._rooms = rooms
        self._record = record
        self._read = read

    def start(self, room: str, options: Mapping[str, object], deadline: Deadline) -> Media:
        """Begin to record the room; the archive has its name.

        Raises:
            RoleNotAllowed: The stage does not let sample apps record.
            RoomkeyError: As `RecordArchives.start` says.
        """
        self._rooms.check_recording()
        named = {**options, "name": room.lower()}
        try:
            return self._record.start(ANONYMOUS, room, named, deadline)[1]
        except AlreadyRecording as error:
            # What other apps may do besides, these cannot.
            raise AlreadyRecording(
                "This room is being recorded already: stop that archive first."
            ) from error

    def stop(self, archive_id: str, deadline: Deadline, room: str | None = None) -> Media:
        """End an archive: of this room, or of whichever has it.

        Raises:
            ArchiveNotFound: No sample room has such an archive.
            ArchiveNotRunning: It has ended already.
        """

        def stop(name: str) -> Media:
            return self._record.stop(ANONYMOUS, name, archive_id, deadline)[1]

        return self._in_whichever(archive_id, stop) if room is None else stop(room)

    def one(self, archive_id: str, deadline: Deadline) -> Media:
        """Raises: ArchiveNotFound: No sample room has such an archive."""
        return self._in_whichever(
            archive_id, lambda name: self._read.one(ANONYMOUS, name, archive_id, deadline)[1]
        )

    def address(self, archive_id: str, deadline: Deadline) -> str:
        """Where its file may be fetched for some minutes; raises as `ReadArchives.address` does."""
        return self._in_whichever(
            archive_id, lambda name: self._read.download_url(ANONYMOUS, name, archive_id, deadline)
        )

    def of_room(self, room: str, deadline: Deadline) -> Sequence[Media]:
        """The room's, newest first; none where nobody has been let into it yet."""
        try:
            return self._read.page(ANONYMOUS, room, None, MOST_LISTED, deadline)[1].items
        except RoomNotFound:
            if room.lower() in self._rooms.names:
                return ()
            raise

    def every(self, deadline: Deadline) -> Sequence[Media]:
        """Those of all sample rooms, newest first."""
        found: list[Media] = []
        for name in self._rooms.names:
            found += self.of_room(name, deadline)
        return sorted(found, key=lambda each: each.created_at, reverse=True)

    def _in_whichever(self, archive_id: str, do: Callable[[str], _Found]) -> _Found:
        return self._rooms.in_whichever(
            do, ArchiveNotFound, f"No sample room has an archive {archive_id}."
        )
