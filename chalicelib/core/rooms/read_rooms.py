from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomCursor, RoomPage, RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import Banned, NotAModerator, RoomNotFound


class ReadRooms:
    """Shows rooms to those who may see them."""

    def __init__(self, store: RoomStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def visible_room(self, user: User, name: str, deadline: Deadline) -> Room:
        """The room of this name, open or closed.

        Raises:
            RoomNotFound: There is none, or it is not for this user: who may not see a room is not
                told that it exists.
            Banned: The user is out, of what was recorded too.
        """
        room = self._store.find(name, deadline)
        if room is None or room.name_is_free(self._clock()) or not room.admits(user):
            raise RoomNotFound(f"There is no room {name}.")
        if user.id in room.bans and not room.moderated_by(user):
            raise Banned("A moderator has banned you from this room.")
        return room

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """The room of this name, for a moderator of it.

        Args:
            user: Who asks.
            name: The room's name.
            to_do: What they want to do, for the refusal.
            deadline: By when to answer.

        Raises:
            RoomNotFound, Banned: As for `one`.
            NotAModerator: The user may see it, but does not moderate it.
        """
        room = self.visible_room(user, name, deadline)
        if not room.moderated_by(user):
            raise NotAModerator(f"Only a moderator of this room may {to_do}.")
        return room

    def created_by(
        self, user: User, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """The rooms the user created and has not deleted, newest first."""
        return self._store.created_by(user.id, start, limit, deadline)
