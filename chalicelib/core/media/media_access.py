"""Access to a room's media for the room's moderators."""

from typing import Final

from chalicelib.core.model.media import Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import PLATFORM_ID_PATTERN
from chalicelib.errors import (
    BroadcastNotFound,
    CaptionsNotFound,
    RenderNotFound,
)

_NOT_FOUND: Final = {
    MediaKind.BROADCAST: BroadcastNotFound,
    MediaKind.CAPTIONS: CaptionsNotFound,
    MediaKind.RENDER: RenderNotFound,
}


class MediaAccess:
    """Finds rooms and their broadcasts, captions and renders.

    Its methods raise `RoomNotFound` and `NotAModerator` as `ReadRooms.moderated_room` does.
    """

    def __init__(self, rooms: RoomAccess, store: MediaStore) -> None:
        self._rooms = rooms
        self._store = store

    def room_with_media(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room if OpenTok can process its media.

        Raises:
            RoomClosed, NotRouted, EncryptedRoom: OpenTok cannot.
        """
        return self._rooms.room_with_media(user, name, to_do, deadline)

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room of this name, if the user moderates it."""
        return self._rooms.moderated_room(user, name, to_do, deadline)

    def page(
        self, room: Room, kind: MediaKind, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> MediaPage:
        """Return some of a room's media of this kind, newest first."""
        return self._store.page(room.room_id, kind, start, limit, deadline)

    def find(
        self, user: User, name: str, kind: MediaKind, media_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """Return the room and its media item of this kind and id.

        Raises:
            BroadcastNotFound, CaptionsNotFound, RenderNotFound: The room has none of this id.
        """
        room = self._rooms.moderated_room(user, name, f"control its {kind}", deadline)
        media = None
        if PLATFORM_ID_PATTERN.fullmatch(media_id):
            media = self._store.find(room.room_id, kind, media_id, deadline)
        if media is None:
            raise _NOT_FOUND[kind](f"This room has no {kind} with the id {media_id}.")
        return room, media
