from typing import Final

from chalicelib.core.media.sync_archives import ArchiveSync, out_of_reach
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
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import PLATFORM_ID_PATTERN
from chalicelib.errors import (
    ArchiveExpired,
    ArchiveFailed,
    ArchiveNotFound,
    ArchiveNotReady,
    NotAModerator,
    ProviderUnavailable,
)

_NOT_READY: Final = {
    True: "This archive is still being recorded; stop it first.",
    False: "This archive is still being processed; try again in a while.",
}


class ReadArchives:
    """Shows a room's archives to those who may see them, also once the room is closed."""

    def __init__(
        self, rooms: RoomAccess, store: MediaStore, kept: ArchiveSync, files: ArchiveStorage
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._sync = kept
        self._files = files

    def page(
        self, user: User, name: str, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> tuple[Room, MediaPage]:
        """The room and some of its archives, newest first, as they are on record."""
        room = self._room(user, name, deadline)
        page = self._store.page(room.room_id, MediaKind.ARCHIVE, start, limit, deadline)
        return room, page

    def one(self, user: User, name: str, archive_id: str, deadline: Deadline) -> tuple[Room, Media]:
        """The room and one archive; with its file's address, if the platform can be asked for it.

        Raises:
            ArchiveNotFound: The room has none of this id.
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
            raise not_found(archive_id)
        return room, fresh

    def download_url(self, user: User, name: str, archive_id: str, deadline: Deadline) -> str:
        """Where the archive's file may be fetched for some minutes, without a bearer.

        Raises:
            ArchiveNotFound: The room has none of this id.
            ArchiveNotReady: There is no file yet.
            ArchiveFailed: There will be none.
            ArchiveExpired: There is none any more.
        """
        room = self._room(user, name, deadline)
        archive: Media | None = find_archive(self._store, room, archive_id, deadline)
        if archive is not None and archive.status not in (UPLOADED, EXPIRED, FAILED):
            archive = self._sync.refresh(archive, deadline)
        if archive is None:
            raise not_found(archive_id)
        if archive.status == EXPIRED:
            raise ArchiveExpired("The platform kept this archive's file for 72 hours; it is gone.")
        if archive.status == FAILED:
            raise ArchiveFailed(
                "Recording failed, and there is no file; the archive's reason tells why."
            )
        if archive.status == UPLOADED:
            return self._own_address(archive, deadline)
        url = archive.content.get("url")
        if archive.status == AVAILABLE and isinstance(url, str):
            return url
        raise ArchiveNotReady(_NOT_READY[archive.is_running], retry_after=10)

    def _own_address(self, archive: Media, deadline: Deadline) -> str:
        file = ArchiveFile.of(archive)
        address = None if file is None else self._files.download_url(file, deadline)
        if address is None:
            raise out_of_reach()
        return address

    def _room(self, user: User, name: str, deadline: Deadline) -> Room:
        room = self._rooms.visible_room(user, name, deadline)
        for_all = room.settings.archives_for is ArchivesFor.MEMBERS
        if not for_all and not room.moderated_by(user):
            raise NotAModerator("Only a moderator of this room may see its archives.")
        return room


def find_archive(store: MediaStore, room: Room, archive_id: str, deadline: Deadline) -> Media:
    """The room's archive of this id, as it is on record.

    Raises:
        ArchiveNotFound: It has none, whatever other rooms have.
    """
    found = None
    if PLATFORM_ID_PATTERN.fullmatch(archive_id):
        found = store.find(room.room_id, MediaKind.ARCHIVE, archive_id, deadline)
    if found is None:
        raise not_found(archive_id)
    return found


def not_found(archive_id: str) -> ArchiveNotFound:
    return ArchiveNotFound(f"There is no archive {archive_id} of this room.")
