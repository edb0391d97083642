"""What a room's session was or is made into, for those who moderate the room."""

from datetime import datetime
from typing import Final

from chalicelib.core.model.media import NOT_ROUTED, Media, MediaCursor, MediaKind, MediaPage
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

    Its methods raise `RoomNotFound` and `NotAModerator` as `ReadRooms.moderated` does.
    """

    def __init__(self, rooms: RoomAccess, store: MediaStore, clock: Clock) -> None:
        self._rooms = rooms
        self._store = store
        self._clock = clock

    def recordable_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """The room, if its session can be made into something.

        Raises:
            RoomClosed, NotRouted, EncryptedRoom: It cannot.
        """
        room = self._rooms.moderated_room(user, name, to_do, deadline)
        check_can_be_processed(room, self._clock())
        return room

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """The room of this name, for a moderator of it."""
        return self._rooms.moderated_room(user, name, to_do, deadline)

    def page(
        self, room: Room, kind: MediaKind, start: MediaCursor | None, limit: int, deadline: Deadline
    ) -> MediaPage:
        """Some of a room's of this kind, newest first."""
        return self._store.page(room.room_id, kind, start, limit, deadline)

    def find(
        self, user: User, name: str, kind: MediaKind, media_id: str, deadline: Deadline
    ) -> tuple[Room, Media]:
        """The room, and its one of this kind and id.

        Raises:
            BroadcastNotFound, CaptionsNotFound, RenderNotFound: It has none.
        """
        room = self._rooms.moderated_room(user, name, f"control its {kind}", deadline)
        media = None
        if PLATFORM_ID_PATTERN.fullmatch(media_id):
            media = self._store.find(room.room_id, kind, media_id, deadline)
        if media is None:
            raise _NOT_FOUND[kind](f"This room has no {kind} of the id {media_id}.")
        return room, media

    def running(self, room: Room, kind: MediaKind, deadline: Deadline) -> list[Media]:
        """The session's of this kind that have not ended as far as is known."""
        running = self._store.running(room.room_id, deadline)
        return [
            each for each in running if each.kind is kind and each.session_id == room.session_id
        ]


def check_can_be_processed(room: Room, now: datetime) -> None:
    """Refuse rooms whose media OpenTok cannot record, broadcast, caption or bridge.

    Raises:
        RoomClosed: Nobody can be in it.
        NotRouted: Media go from client to client.
        EncryptedRoom: OpenTok does not see what it passes on.
    """
    if room.state(now) is State.CLOSED:
        raise RoomClosed("This room is closed; nobody can be in it.")
    if room.settings.media_mode is MediaMode.RELAYED:
        raise NotRouted(NOT_ROUTED)
    if room.settings.e2ee:
        raise EncryptedRoom(
            "This room is end-to-end encrypted, so that nothing can be made of its media; "
            "make a room without e2ee."
        )
