"""Fake directory of rooms."""

from collections.abc import Sequence

from chalicelib.core.model.room import Room
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.table import Table


class FakeRoomDirectory:
    """Live rooms in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def live_sessions(self, deadline: Deadline) -> Sequence[str]:
        with self._table.faults.call("live_sessions", deadline):
            return [
                session_id
                for session_id, each in self._table.sessions.items()
                if each.queue is CheckQueue.LIVE
            ]

    def rooms_of(self, session_ids: Sequence[str], deadline: Deadline) -> Sequence[Room]:
        with self._table.faults.call("rooms_of", deadline):
            by_session = {each.room.session_id: each.room for each in self._table.rooms.values()}
            return [by_session[each] for each in session_ids if each in by_session]
