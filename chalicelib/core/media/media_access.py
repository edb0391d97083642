"""Access to a room's media for the room's moderators."""

from datetime import datetime
from typing import Final

from chalicelib.core.model.media import Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.room_settings import MediaMode
from chalicelib.core.model.user import User
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import PLATFORM_ID_PATTERN
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import (
    BroadcastNotFound,
    CaptionsNotFound,
    EncryptedRoom,
    NotRouted,
    RenderNotFound,
    RoomClosed,
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

    def __init__(self, rooms: RoomAccess, store: MediaStore, clock: Clock) -> None:
        self._rooms = rooms
        self._store = store
        self._clock = clock

    def recordable_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room if OpenTok can process its media.

        Raises:
            RoomClosed, NotRouted, EncryptedRoom: OpenTok cannot.
        """
        room = self._rooms.moderated_room(user, name, to_do, deadline)
        _check_media_allowed(room, self._clock())
        return room

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


def _check_media_allowed(room: Room, now: datetime) -> None:
    """Refuse rooms whose media OpenTok cannot process.

    Raises:
        RoomClosed: Nobody can be in the room.
        NotRouted: The media go from client to client.
        EncryptedRoom: OpenTok cannot read the media that it passes on.
    """
    if room.state(now) is State.CLOSED:
        raise RoomClosed("This room is closed.")
    if room.settings.media_mode is MediaMode.RELAYED:
        raise NotRouted
    if room.settings.e2ee:
        raise EncryptedRoom(
            "This room is end-to-end encrypted, so OpenTok cannot process its media. "
            "Create a room without e2ee."
        )
