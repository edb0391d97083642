from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess, RoomStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.sessions.moderate import disconnect_all
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import NotConfigured, ProviderRefused, StoreUnavailable

DISCONNECTING_SECONDS: Final = 5.0


class CloseRoom:
    """Closes rooms for good.

    Args:
        stop_media: Stops all that runs in the room of an id, as far as there is time.
    """

    def __init__(
        self,
        store: RoomStore,
        rooms: RoomAccess,
        platform: ConnectionControl,
        stop_media: Callable[[str, Deadline], object],
        clock: Clock,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._platform = platform
        self._stop_media = stop_media
        self._clock = clock

    def close(self, user: User, name: str, deadline: Deadline) -> None:
        """Close the room of this name, stop what runs, disconnect everybody; it may be done again.

        Once it is closed nobody gets in, whatever becomes of the rest. What there is no time to do
        here, or no way, the scheduled function does.

        Raises:
            RoomNotFound: There is none that this user may see.
            NotAModerator: The user may see it, but does not moderate it.
        """
        room = self._rooms.moderated_room(user, name, "delete it", deadline)
        if room.closed_at is None:
            room = self._store.close(room, self._clock(), deadline)
        in_time = deadline.capped(DISCONNECTING_SECONDS)
        with suppress(ProviderRefused, NotConfigured, StoreUnavailable):
            self._stop_media(room.room_id, in_time)
            disconnect_all(self._platform, room.session_id, in_time)
