"""Fake usage store."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from zlib import crc32

from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import SessionDay, Usage
from chalicelib.core.ports.usage_store import CreatorUsage, DayUsage, RoomUsage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import short_hash
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

    def iter_days(self, first: date, last: date, deadline: Deadline) -> Iterator[DayUsage]:
        with self._table.faults.call("usage_of_days", deadline):
            found = [
                DayUsage(day, sum(sessions.values(), Usage()))
                for (kind, _, day), sessions in self._table.sums.items()
                if kind == "room" and first <= day <= last
            ]
            return iter(found)

    def creators(
        self, first: date, last: date, after: str | None, limit: int, deadline: Deadline
    ) -> tuple[Sequence[CreatorUsage], bool]:
        with self._table.faults.call("usage_of_creators", deadline):
            sums: dict[str | None, Usage] = defaultdict(Usage)
            for (kind, name, day), sessions in self._table.sums.items():
                if kind == "creator" and first <= day <= last:
                    sums[name] += sum(sessions.values(), Usage())
            every = sorted(
                (CreatorUsage(name, usage, short_hash(name or "")) for name, usage in sums.items()),
                key=lambda each: each.key,
            )
            left = [each for each in every if after is None or each.key > after]
            return left[:limit], len(left) > limit


def _order(room: str) -> tuple[int, str]:
    return crc32(room.encode()) % 8, room
