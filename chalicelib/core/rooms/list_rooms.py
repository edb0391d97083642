"""Lists of rooms for admins: of any user, or those with somebody in."""

from dataclasses import dataclass

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_directory import RoomDirectory
from chalicelib.core.ports.room_store import RoomCursor, RoomPage, RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import short_hash
from chalicelib.errors import NotAnAdmin


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
        sessions = {short_hash(each): each for each in self._directory.live_sessions(deadline)}
        left = sorted(each for each in sessions if after is None or each > after)
        shown = left[:limit]
        rooms = self._directory.rooms_of([sessions[each] for each in shown], deadline)
        return LivePage(tuple(rooms), shown[-1] if len(left) > limit else None)


def _check(user: User) -> None:
    if not user.admin:
        raise NotAnAdmin("Only an admin may list the rooms of others.")
