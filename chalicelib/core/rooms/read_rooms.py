from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomCursor, RoomPage, RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import Banned, NotAModerator, RoomNotFound


class ReadRooms:
    """Reads rooms that the caller may see."""

    def __init__(self, store: RoomStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def visible_room(self, user: User, name: str, deadline: Deadline) -> Room:
        """Return the room of this name, open or closed.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it. The error is the same,
                so that it does not reveal which rooms exist.
            Banned: A moderator has banned the user, who may not see the archives either.
        """
        room = self._store.find(name, deadline)
        if room is None or room.name_is_free(self._clock()) or not room.admits(user):
            raise RoomNotFound(f"Room {name} does not exist, or you may not see it.")
        if user.id in room.bans and not room.moderated_by(user):
            raise Banned("A moderator has banned you from this room.")
        return room

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room of this name, if the user moderates it.

        Args:
            user: The caller.
            name: The room's name.
            to_do: The action that the user wants, for the text of the error.
            deadline: The time by which the request must be answered.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
            Banned: A moderator has banned the user.
            NotAModerator: The user may see the room, but does not moderate it.
        """
        room = self.visible_room(user, name, deadline)
        if not room.moderated_by(user):
            raise NotAModerator(f"Only a moderator of this room may {to_do}.")
        return room

    def created_by(
        self, user: User, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """Return a page of the rooms that the user created and has not deleted, newest first."""
        return self._store.created_by(user.id, start, limit, deadline)
