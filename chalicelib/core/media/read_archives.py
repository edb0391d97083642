"""Reading a room's archives, and downloading their files."""

from typing import Final

from chalicelib.core.audit.room_entries import audit_room
from chalicelib.core.media.sync_archives import ArchiveSync, bucket_inaccessible
from chalicelib.core.model.media import (
    AVAILABLE,
    EXPIRED,
    FAILED,
    UPLOADED,
    Media,
    MediaCursor,
    MediaKind,
    MediaPage,
)
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import ArchivesFor
from chalicelib.core.model.user import User
from chalicelib.core.ports.archives import ArchiveFile, ArchiveStorage
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import PLATFORM_ID_PATTERN
from chalicelib.errors import (
    ArchiveExpired,
    ArchiveFailed,
    ArchiveNotFound,
    ArchiveNotReady,
    NotAModerator,
    ProviderUnavailable,
)

_NOT_READY: Final = {
    True: "This archive is still being recorded. Stop it first.",
    False: "This archive is still being processed. Try again later.",
}


class ReadArchives:
    """Shows a room's archives to users who may see them, even after the room is closed."""

    def __init__(
        self, rooms: RoomAccess, store: MediaStore, sync: ArchiveSync, files: ArchiveStorage
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._sync = sync
        self._files = files

    def page(
        self, user: User, name: str, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> tuple[Room, MediaPage]:
        """Return the room and some of its archives on record, newest first."""
        room = self._room(user, name, deadline)
        page = self._store.page(room.room_id, MediaKind.ARCHIVE, start, limit, deadline)
        return room, page

    def one(self, user: User, name: str, archive_id: str, deadline: Deadline) -> tuple[Room, Media]:
        """Return the room and one archive, with its file's URL if OpenTok answers.

        Raises:
            ArchiveNotFound: The room has no archive of this id.
        """
        room = self._room(user, name, deadline)
        archive = find_archive(self._store, room, archive_id, deadline)
        if archive.status != AVAILABLE:
            return room, archive
        try:
            fresh = self._sync.refresh(archive, deadline)
        except ProviderUnavailable:
            return room, archive
        if fresh is None:
            raise _not_found(archive_id)
        if fresh.content.get("url") is not None:
            audit_room(AuditAction.RECORDING_READ, room, archive=archive_id)
        return room, fresh

    def download_url(self, user: User, name: str, archive_id: str, deadline: Deadline) -> str:
        """Return a URL that opens the archive's file for some minutes, without a bearer token.

        Raises:
            ArchiveNotFound: The room has no archive of this id.
            ArchiveNotReady: There is no file yet, or its bucket cannot be accessed.
            ArchiveFailed: There will be no file.
            ArchiveExpired: The file is gone.
        """
        room = self._room(user, name, deadline)
        url = self._url(room, archive_id, deadline)
        audit_room(AuditAction.RECORDING_READ, room, archive=archive_id)
        return url

    def _url(self, room: Room, archive_id: str, deadline: Deadline) -> str:
        archive: Media | None = find_archive(self._store, room, archive_id, deadline)
        if archive is not None and archive.status not in (UPLOADED, EXPIRED, FAILED):
            archive = self._sync.refresh(archive, deadline)
        if archive is None:
            raise _not_found(archive_id)
        if archive.status == EXPIRED:
            raise ArchiveExpired("This archive's file is gone: OpenTok keeps files for 72 hours.")
        if archive.status == FAILED:
            raise ArchiveFailed(
                "Recording failed, so there is no file. The archive's `reason` says why."
            )
        if archive.status == UPLOADED:
            return self._url_in_bucket(archive, deadline)
        url = archive.content.get("url")
        if archive.status == AVAILABLE and isinstance(url, str):
            return url
        raise ArchiveNotReady(_NOT_READY[archive.is_running], retry_after=10)

    def _url_in_bucket(self, archive: Media, deadline: Deadline) -> str:
        file = ArchiveFile.of(archive)
        url = None if file is None else self._files.download_url(file, deadline)
        if url is None:
            raise bucket_inaccessible()
        return url

    def _room(self, user: User, name: str, deadline: Deadline) -> Room:
        room = self._rooms.visible_room(user, name, deadline)
        for_all = room.settings.archives_for is ArchivesFor.MEMBERS
        if not for_all and not room.moderated_by(user):
            raise NotAModerator("Only a moderator of this room may see its archives.")
        return room


def find_archive(store: MediaStore, room: Room, archive_id: str, deadline: Deadline) -> Media:
    """Return the recorded archive of this room and id.

    Raises:
        ArchiveNotFound: This room has no archive of this id.
    """
    found = None
    if PLATFORM_ID_PATTERN.fullmatch(archive_id):
        found = store.find(room.room_id, MediaKind.ARCHIVE, archive_id, deadline)
    if found is None:
        raise _not_found(archive_id)
    return found


def _not_found(archive_id: str) -> ArchiveNotFound:
    return ArchiveNotFound(f"This room has no archive {archive_id}.")
