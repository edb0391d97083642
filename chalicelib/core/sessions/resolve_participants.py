"""Resolving the opaque ids that strict privacy puts into connection data."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.credentials import Pseudonyms
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotInRoom


@dataclass(frozen=True, slots=True)
class KnownParticipant:
    """A participant of a room's session.

    Args:
        id: The opaque id, as connection data have it.
        user_id: The user.
        name: The name with which the user has joined, if any.
    """

    id: str
    user_id: str
    name: str | None


class ResolveParticipants:
    """Resolves opaque ids for those who see them: who is in the room, and who moderates it.

    An id has all that it stands for in it, so nothing is stored for it, and it can be resolved
    before a callback has reported the connection.
    """

    def __init__(self, rooms: RoomAccess, sessions: SessionStore, pseudonyms: Pseudonyms) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._pseudonyms = pseudonyms

    def resolve(
        self, user: User, name: str, ids: Sequence[str], deadline: Deadline
    ) -> list[KnownParticipant]:
        """Return the participants of the room's current session with these ids.

        Ids that were not made for this session are left out.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
            Banned: A moderator has banned the user.
            NotInRoom: The user neither moderates the room, nor is connected.
        """
        room = self._rooms.visible_room(user, name, deadline)
        if not room.moderated_by(user) and not self._is_in(room, user, deadline):
            raise NotInRoom("Only who is in this room, or moderates it, may see who is in it.")
        found = []
        for each in dict.fromkeys(ids):
            who = self._pseudonyms.unseal(room.session_id, each, deadline)
            if who is not None:
                found.append(KnownParticipant(each, *who))
        return found

    def _is_in(self, room: Room, user: User, deadline: Deadline) -> bool:
        current = self._sessions.of_user(room.session_id, user.id, deadline)
        return any(not each.refused for each in current)
