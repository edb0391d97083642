"""Fake directory of rooms."""

from collections.abc import Sequence

from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import DirectoryPage, DirectoryPlace
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.table import Table


class FakeRoomDirectory:
    """The rooms of all users in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page_of_all(
        self, after: DirectoryPlace | None, limit: int, deadline: Deadline
    ) -> DirectoryPage:
        with self._table.faults.call("page_of_all", deadline):
            start = "" if after is None else after.id
            entries = sorted(each for each in self._table.rooms if each > start)
            rooms = [self._table.rooms[each].room for each in entries[:limit]]
            last = rooms[-1] if len(entries) > limit else None
            return DirectoryPage(
                tuple(each for each in rooms if each.closed_at is None),
                None if last is None else _place_of(last),
            )

    def live_sessions(self, limit: int, deadline: Deadline) -> Sequence[str]:
        with self._table.faults.call("live_sessions", deadline):
            found = [
                session_id
                for session_id, each in self._table.sessions.items()
                if each.due is not None and each.queue is CheckQueue.LIVE
            ]
            return found[:limit]

    def rooms_of(self, session_ids: Sequence[str], deadline: Deadline) -> Sequence[Room]:
        with self._table.faults.call("rooms_of", deadline):
            by_session = {each.room.session_id: each.room for each in self._table.rooms.values()}
            return [by_session[each] for each in session_ids if each in by_session]


def _place_of(room: Room) -> DirectoryPlace:
    return DirectoryPlace(
        room.name.lower(), room.created_at, room.created_by or room.name, is_session=False
    )
