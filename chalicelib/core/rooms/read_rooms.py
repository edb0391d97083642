from dataclasses import dataclass
from typing import Final

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import (
    DirectoryPage,
    DirectoryPlace,
    RoomCursor,
    RoomDirectory,
    RoomPage,
    RoomStore,
)
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, short_hash
from chalicelib.errors import Banned, NotAModerator, NotAnAdmin, RoomNotFound

MAX_READS_OF_A_PAGE: Final = 5
"""The number of reads after which a page ends, so that hidden rooms do not hold a request up."""
MOST_LIVE_SESSIONS: Final = 20_000
"""The number of live sessions that a list looks at: their entries are 5 MB."""


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

    def room_with_media(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room, if the user moderates it and OpenTok can process its media.

        Raises:
            RoomNotFound, Banned, NotAModerator: See `moderated_room`.
            RoomClosed, NotRouted, EncryptedRoom: See `Room.check_media_allowed`.
        """
        room = self.moderated_room(user, name, to_do, deadline)
        room.check_media_allowed(self._clock())
        return room

    def created_by(
        self, user: User, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """Return a page of rooms that the user created and still moderates, newest first.

        Deleted rooms are left out. After `MAX_READS_OF_A_PAGE` reads, a page ends though it is
        short or even empty. Then its cursor says where to go on.
        """
        shown: list[Room] = []
        following = start
        for _ in range(MAX_READS_OF_A_PAGE):
            page = self._store.created_by(user.id, following, limit - len(shown), deadline)
            shown += [room for room in page.rooms if room.moderated_by(user)]
            following = page.next_cursor
            if following is None or len(shown) == limit:
                break
        return RoomPage(tuple(shown), following)


@dataclass(frozen=True, slots=True)
class LivePage:
    """A page of live rooms, which may be short though a next page exists.

    Args:
        after: The position after which the next page starts; None on the last page.
    """

    rooms: tuple[Room, ...]
    after: str | None


class ListRooms:
    """Lists rooms for admins."""

    def __init__(self, store: RoomStore, directory: RoomDirectory) -> None:
        self._store = store
        self._directory = directory

    def of(
        self, user: User, owner: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """Return a page of the rooms that a user created and has not deleted, newest first.

        Raises:
            NotAnAdmin: The caller is no admin.
        """
        _check(user)
        return self._store.created_by(owner, start, limit, deadline)

    def live(self, user: User, after: str | None, limit: int, deadline: Deadline) -> LivePage:
        """Return a page of the rooms in which somebody was at the last check, or may be now.

        `after` is the hash of a session, by which they are sorted.

        Raises:
            NotAnAdmin: The caller is no admin.
        """
        _check(user)
        found = self._directory.live_sessions(MOST_LIVE_SESSIONS, deadline)
        sessions = {short_hash(each): each for each in found}
        left = sorted(each for each in sessions if after is None or each > after)
        shown = left[:limit]
        rooms = self._directory.rooms_of([sessions[each] for each in shown], deadline)
        return LivePage(tuple(rooms), shown[-1] if len(left) > limit else None)

    def every(
        self, user: User, after: DirectoryPlace | None, limit: int, deadline: Deadline
    ) -> DirectoryPage:
        """Return a page of all rooms, in no particular order.

        Like a list of one's own rooms, a page ends after `MAX_READS_OF_A_PAGE` reads.

        Raises:
            NotAnAdmin: The caller is no admin.
        """
        _check(user)
        shown: list[Room] = []
        for _ in range(MAX_READS_OF_A_PAGE):
            page = self._directory.page_of_all(after, limit - len(shown), deadline)
            shown += page.rooms
            after = page.after
            if after is None or len(shown) == limit:
                break
        return DirectoryPage(tuple(shown), after)


def _check(user: User) -> None:
    if not user.admin:
        raise NotAnAdmin("Only an admin may list the rooms of others.")
