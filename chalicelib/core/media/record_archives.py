"""Starting, changing, stopping and deleting a room's archives."""

from chalicelib.core.audit.room_entries import audited
from chalicelib.core.media.read_archives import find_archive
from chalicelib.core.media.start_media import StartMedia
from chalicelib.core.media.sync_archives import ArchiveSync
from chalicelib.core.model.media import FeatureRule, Media
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import ArchiveMode
from chalicelib.core.model.user import User
from chalicelib.core.ports.archives import ArchivePlatform
from chalicelib.core.ports.media_platforms import Options, StartRequest
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import audit
from chalicelib.errors import (
    ArchiveNotReady,
    ArchiveNotRunning,
    FieldProblem,
    Immutable,
    InvalidField,
    StartUnconfirmed,
    StreamNotFound,
    StreamsNotManual,
)


class RecordArchives:
    """Starts, changes, stops and deletes archives for moderators."""

    def __init__(
        self,
        *,
        rule: FeatureRule,
        rooms: RoomAccess,
        store: MediaStore,
        platform: ArchivePlatform,
        sync: ArchiveSync,
        start_media: StartMedia,
    ) -> None:
        self._rule = rule
        self._rooms = rooms
        self._store = store
        self._platform = platform
        self._sync = sync
        self._start_media = start_media

    def start(
        self, user: User, name: str, options: Options, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Record the room with OpenTok's own options.

        Raises:
            FeatureDisabled: The stage does not let the user record.
            NobodyConnected: Nobody is connected to the room.
            RoomkeyError: See `ReadRooms.room_with_media` and `StartMedia.start`.
        """
        self._rule.check(user)
        room = self._rooms.room_with_media(user, name, "record it", deadline)
        request = StartRequest(room.session_id, options)
        try:
            media = self._start_media.start(room, self._platform, request, deadline)
        except StartUnconfirmed:
            # If it runs, OpenTok's report is in the log too. Only this entry says who asked.
            audit(_started(room, {"unconfirmed": True}))
            raise
        audit(_started(room, {"archive": media.id}))
        return room, media

    def stop(
        self, user: User, name: str, archive_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Stop an archive.

        Raises:
            ArchiveNotRunning: The archive has ended already.
            Immutable: The archive is automatic: OpenTok accepts the stop, but records on.
        """
        room, archive = self._running(user, name, archive_id, "stop its archives", deadline)
        with audited(AuditAction.RECORDING_STOPPED, room, archive=archive_id):
            stopped = self._sync.stop(archive, deadline)
            if stopped is None:
                raise _not_running(archive_id)
            if stopped.is_running and room.settings.archive_mode is ArchiveMode.ALWAYS:
                raise Immutable(
                    "This room records itself. Its automatic archive ends when everybody has left.",
                    fields=(FieldProblem("archiveMode", "cannot be changed"),),
                )
        return room, stopped

    def set_layout(
        self,
        user: User,
        name: str,
        archive_id: str,
        layout: Options,
        deadline: Deadline,
    ) -> tuple[Room, Media]:
        """Change the layout of a composed archive.

        Raises:
            ArchiveNotRunning: The archive has ended.
            InvalidField: The archive is not composed, but holds its streams one by one.
        """
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
        change: Options,
        deadline: Deadline,
    ) -> None:
        """Add or remove a stream of an archive whose `streamMode` is `manual`.

        Raises:
            ArchiveNotRunning: The archive has ended.
            StreamsNotManual: OpenTok chooses the streams of this archive.
            StreamNotFound: The stream is not in the room.
        """
        _, archive = self._running(user, name, archive_id, "change its archives", deadline)
        if archive.content.get("streamMode") == "auto":
            raise StreamsNotManual
        if not self._platform.change_streams(archive_id, change, deadline):
            raise StreamNotFound("There is no such stream in this room.")

    def delete(self, user: User, name: str, archive_id: str, deadline: Deadline) -> None:
        """Delete an archive and its file.

        Raises:
            ArchiveNotReady: The archive is not finished, or its bucket cannot be accessed.
        """
        room = self._rooms.moderated_room(user, name, "delete its archives", deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if archive.is_running:
            raise ArchiveNotReady("This archive is still being recorded. Stop it first.")
        with audited(AuditAction.RECORDING_DELETED, room, archive=archive_id):
            self._sync.delete(archive, deadline)

    def _running(
        self, user: User, name: str, archive_id: str, to_do: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        room = self._rooms.moderated_room(user, name, to_do, deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if not archive.is_running:
            raise _not_running(archive_id)
        return room, archive


def _started(room: Room, details: Options) -> AuditEntry:
    return AuditEntry(
        action=AuditAction.RECORDING_STARTED,
        room=room.name,
        session_id=room.session_id,
        details=details,
    )


def _not_running(archive_id: str) -> ArchiveNotRunning:
    return ArchiveNotRunning(f"The archive {archive_id} has ended.")
