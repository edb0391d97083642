from chalicelib.core.deadline import Deadline
from chalicelib.core.identity import User
from chalicelib.core.ports import Clock, RoomStore
from chalicelib.core.read_rooms import ReadRooms
from chalicelib.errors import NotAModerator


class CloseRoom:
    """Closes rooms for good."""

    def __init__(self, store: RoomStore, rooms: ReadRooms, clock: Clock) -> None:
        self._store = store
        self._rooms = rooms
        self._clock = clock

    def close(self, user: User, name: str, deadline: Deadline) -> None:
        """Close the room of this name; closing a closed one changes nothing.

        Raises:
            RoomNotFound: There is none that this user may see.
            NotAModerator: The user may see it, but does not moderate it.
        """
        room = self._rooms.one(user, name, deadline)
        if not room.moderated_by(user):
            raise NotAModerator("Only a moderator of this room may delete it.")
        if room.closed_at is None:
            self._store.close(room, self._clock(), deadline)
