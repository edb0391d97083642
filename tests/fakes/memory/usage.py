"""Fake usage store."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from zlib import crc32

from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import SessionDay, Usage
from chalicelib.core.ports.usage_store import CreatorDay, RoomUsage
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.table import Table


class FakeUsage:
    """Usage in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def counted_days(
        self, session_id: str, days: Sequence[date], deadline: Deadline
    ) -> Mapping[date, SessionDay]:
        with self._table.faults.call("counted_days", deadline):
            every = {day: self._table.counted.get((session_id, day)) for day in days}
            return {day: record.counted for day, record in every.items() if record is not None}

    def count(
        self, session: Session, day: date, before: SessionDay, after: SessionDay, deadline: Deadline
    ) -> bool:
        with self._table.faults.call("count", deadline):
            found = self._table.counted.get((session.id, day))
            if (SessionDay() if found is None else found.counted) != before:
                return False
            self._table.count_usage(session, day, after)
            for key in (("room", session.room_name.lower()), ("creator", session.owner)):
                self._table.sums.setdefault((*key, day), {})[session.id] = after.usage
            return True

    def rooms(
        self, first: date, last: date, after: str | None, limit: int, deadline: Deadline
    ) -> tuple[Sequence[RoomUsage], bool]:
        with self._table.faults.call("usage_of_rooms", deadline):
            sums: dict[str, Usage] = defaultdict(Usage)
            for (kind, name, day), sessions in self._table.sums.items():
                if kind == "room" and name is not None and first <= day <= last:
                    sums[name] += sum(sessions.values(), Usage())
            order = sorted(sums, key=_order)
            left = [name for name in order if after is None or _order(name) > _order(after)]
            return [RoomUsage(name, sums[name]) for name in left[:limit]], len(left) > limit

    def iter_creator_days(
        self, first: date, last: date, deadline: Deadline
    ) -> Iterator[CreatorDay]:
        with self._table.faults.call("usage_of_creators", deadline):
            found = [
                CreatorDay(day, name, sum(sessions.values(), Usage()))
                for (kind, name, day), sessions in self._table.sums.items()
                if kind == "creator" and first <= day <= last
            ]
            return iter(sorted(found, key=lambda each: (each.day, each.creator or "")))


def _order(room: str) -> tuple[int, str]:
    return crc32(room.encode()) % 8, room
