"""Fake quota store."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core.ports.quota_store import Period
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.records import UsageRecord
from tests.fakes.memory.table import Table, whole_second


class FakeQuotas:
    """Counts and held seats in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, period: Period, amount: int, deadline: Deadline) -> int:
        with self._table.faults.call("add_to_quota", deadline):
            return self._table.add_usage(period, amount)

    def add_holds(
        self, user_id: str, holds: Mapping[str, datetime], deadline: Deadline
    ) -> dict[str, datetime]:
        with self._table.faults.call("add_holds", deadline):
            found = self._table.usage.get((user_id, "holds"))
            after = {**(found.holds if found else {}), **holds}
            expires = whole_second(max(holds.values())) + timedelta(seconds=1)
            self._table.usage[user_id, "holds"] = UsageRecord(expires, holds=after)
            return dict(after)

    def remove_holds(self, user_id: str, rooms: Collection[str], deadline: Deadline) -> None:
        with self._table.faults.call("remove_holds", deadline):
            found = self._table.usage.get((user_id, "holds"))
            if rooms and found is not None:
                left = {room: end for room, end in found.holds.items() if room not in rooms}
                self._table.usage[user_id, "holds"] = replace(found, holds=left)
