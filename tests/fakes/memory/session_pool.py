"""Fake pool of sessions."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.core.ports.video_platform import PoolRecord
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.records import PooledSession, RefillRecord
from tests.fakes.memory.table import Table, whole_second

_LAST = "record"


class FakeSessionPool:
    """Sessions without a room, in memory. Candidates come in the order of their ids."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def candidates(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        with self._table.faults.call("candidates", deadline):
            return self._of(project)[:limit]

    def pooled(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        with self._table.faults.call("pooled", deadline):
            return self._of(project)[:limit]

    def add_session(self, session_id: str, project: str, now: datetime, deadline: Deadline) -> None:
        with self._table.faults.call("add_session", deadline):
            if session_id not in self._table.sessions:
                self._table.pool.setdefault(session_id, PooledSession(project, now))

    def drop_session(
        self, session_id: str, project: str, now: datetime, deadline: Deadline
    ) -> None:
        with self._table.faults.call("drop_session", deadline):
            found = self._table.pool.get(session_id)
            if found is not None and found.project == project:
                self._table.pool[session_id] = PooledSession(None, found.since, whole_second(now))

    def record(self, deadline: Deadline) -> PoolRecord:
        with self._table.faults.call("pool_record", deadline):
            found = self._table.refills.get(_LAST)
            return PoolRecord() if found is None else found.content

    def save_record(self, record: PoolRecord, deadline: Deadline) -> None:
        with self._table.faults.call("save_pool_record", deadline):
            self._table.refills[_LAST] = RefillRecord(record)

    def _of(self, project: str) -> list[str]:
        return sorted(id_ for id_, each in self._table.pool.items() if each.project == project)
