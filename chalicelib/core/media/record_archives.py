"""What moderators do about a room's archives: begin, change, end and delete them."""

from collections.abc import Mapping

from chalicelib.core.media.media_access import check_can_be_processed
from chalicelib.core.media.read_archives import find_archive
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.model.media import STREAMS_NOT_MANUAL, Media
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import ArchiveMode
from chalicelib.core.model.user import User
from chalicelib.core.ports.archives import ArchivePlatform
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import (
    ArchiveNotReady,
    ArchiveNotRunning,
    FieldProblem,
    Immutable,
    InvalidField,
    StreamNotFound,
    StreamsNotManual,
)


class RecordArchives:
    """Begins archives and rules over those of a room."""

    def __init__(
        self,
        *,
        rooms: RoomAccess,
        store: MediaStore,
        platform: ArchivePlatform,
        kept: ArchiveSync,
        start_media: StartMedia,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._platform = platform
        self._sync = kept
        self._start_media = start_media
        self._clock = clock

    def start(
        self, user: User, name: str, options: Mapping[str, object], deadline: Deadline
    ) -> tuple[Room, Media]:
        """Begin to record the room, with the platform's own options.

        Raises:
            RoomClosed, NotRouted, EncryptedRoom: It cannot be recorded.
            NobodyConnected: Nobody is in.
            AlreadyRecording: Another archive of this tag, or of none, is running.
            RoomkeyError: As `StartMedia` says.
        """
        room = self._rooms.moderated_room(user, name, "record it", deadline)
        check_can_be_processed(room, self._clock())

        def start(in_time: Deadline) -> MediaReport:
            return self._platform.start(room.session_id, options, in_time)

        return room, self._start_media.start(room, self._platform, options, start, deadline)

    def stop(
        self, user: User, name: str, archive_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """End an archive.

        Raises:
            ArchiveNotRunning: It has ended already.
            Immutable: It is automatic; OpenTok says nothing against such a stop, and records on.
        """
        room, archive = self._running(user, name, archive_id, "stop its archives", deadline)
        stopped = self._sync.stop(archive, deadline)
        if stopped is None:
            raise _not_running(archive_id)
        if stopped.is_running and room.settings.archive_mode is ArchiveMode.ALWAYS:
            raise Immutable(
                "This room records itself: its automatic archive ends when everybody has left.",
                fields=(FieldProblem("archiveMode", "cannot be changed"),),
            )
        return room, stopped

    def set_layout(
        self,
        user: User,
        name: str,
        archive_id: str,
        layout: Mapping[str, object],
        deadline: Deadline,
    ) -> tuple[Room, Media]:
        """Raises: ArchiveNotRunning: It has ended."""
        room, archive = self._running(user, name, archive_id, "change its archives", deadline)
        if archive.content.get("outputMode") == "individual":
            raise InvalidField(FieldProblem("type", "is impossible: this archive is individual"))
        if not self._platform.set_layout(archive_id, layout, deadline):
            raise _not_running(archive_id)
        return room, archive

    def change_streams(
        self,
        user: User,
        name: str,
        archive_id: str,
        change: Mapping[str, object],
        deadline: Deadline,
    ) -> None:
        """Take a stream into the archive, or leave it out.

        Raises:
            ArchiveNotRunning: It has ended.
            StreamsNotManual: It takes its streams by itself.
            StreamNotFound: The stream is not in the room.
        """
        _, archive = self._running(user, name, archive_id, "change its archives", deadline)
        if archive.content.get("streamMode") == "auto":
            raise StreamsNotManual(STREAMS_NOT_MANUAL)
        if not self._platform.change_streams(archive_id, change, deadline):
            raise StreamNotFound("There is no such stream in this room.")

    def delete(self, user: User, name: str, archive_id: str, deadline: Deadline) -> None:
        """Raises: ArchiveNotReady: It runs, is being processed, or lies where we do not reach."""
        room = self._rooms.moderated_room(user, name, "delete its archives", deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if archive.is_running:
            raise ArchiveNotReady("This archive is still being recorded; stop it first.")
        self._sync.delete(archive, deadline)

    def _running(
        self, user: User, name: str, archive_id: str, to_do: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        room = self._rooms.moderated_room(user, name, to_do, deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if not archive.is_running:
            raise _not_running(archive_id)
        return room, archive


def _not_running(archive_id: str) -> ArchiveNotRunning:
    return ArchiveNotRunning(f"The archive {archive_id} is not running any more.")
