from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chalicelib.core.audit.room_entries import audit_room
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess, RoomStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.sessions.moderate import disconnect_all
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import NotConfigured, ProviderRefused, StoreUnavailable

DISCONNECTING_SECONDS: Final = 5.0


class CloseRoom:
    """Deletes rooms.

    Args:
        stop_media: Stops all running media of a room, before a deadline.
    """

    def __init__(
        self,
        store: RoomStore,
        rooms: RoomAccess,
        platform: ConnectionControl,
        stop_media: Callable[[Room, Deadline], object],
        clock: Clock,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._platform = platform
        self._stop_media = stop_media
        self._clock = clock

    def close(self, user: User, name: str, deadline: Deadline) -> None:
        """Delete the room of this name, stop its media and disconnect all clients.

        Nobody can join a deleted room. The scheduled function retries the rest if it fails here.
        A repeated call deletes nothing more, but stops and disconnects again.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
            NotAModerator: The user may see the room, but does not moderate it.
        """
        room = self._rooms.moderated_room(user, name, "delete it", deadline)
        if room.closed_at is None:
            room = self._store.close(room, self._clock(), deadline)
            audit_room(AuditAction.ROOM_DELETED, room)
        capped = deadline.capped(DISCONNECTING_SECONDS)
        with suppress(ProviderRefused, NotConfigured, StoreUnavailable):
            self._stop_media(room, capped)
            disconnect_all(self._platform, room.session_id, capped)
