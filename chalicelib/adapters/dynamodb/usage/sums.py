"""Sums of usage in DynamoDB: small items, so that a month of many rooms is few reads.

- `usage#2026-11#3`, `standup#05`: the sums of a room on a day. Rooms are spread over 8 parts.
- `usage#2026-11`, `05#3`: those of a day, of one part of the rooms. One item would be too busy.
- `usage#2026-11#creators`, `(hash)#05#3`: those of a day, of one part of the rooms that a user
  created. One user may create all rooms.
- `session#…`, `usage#2026-11-05`: what has been counted of a session on a day, for the next count.

Attributes of sums have short names. `k5` is the number of sessions that had
a peak of 5 that day. So a peak that turns out to be lower goes down, as every other sum does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Item,
    Table,
    call,
    deserialize,
    serialize,
)
from chalicelib.adapters.dynamodb.transactions import in_transaction
from chalicelib.adapters.dynamodb.usage.counted_items import (
    counted_key,
    counted_update,
    day_and_counted,
)
from chalicelib.adapters.dynamodb.usage.creator_rows import (
    creator_key,
    creators_query,
    iter_creator_rows,
)
from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import SessionDay, Usage
from chalicelib.core.ports.usage_store import CreatorUsage, DayUsage, RoomUsage
from chalicelib.core.support.deadline import Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTS: Final = 8
KEPT: Final = timedelta(days=800)
"""The time for which sums are kept: two years and a little."""
NAMES: Final[Mapping[str, str]] = {
    "participant": "p",
    "subscribed": "s",
    "connections": "n",
    "composed": "ac",
    "individual": "ai",
    "broadcast": "b",
    "captions": "c",
    "render": "r",
    "sip": "t",
}
"""The attribute of each sum."""
_PEAK: Final = re.compile("k([0-9]+)")


class DynamoDBUsage:
    """The usage store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def counted_days(
        self, session_id: str, days: Sequence[date], deadline: Deadline
    ) -> Mapping[date, SessionDay]:
        items = (self._table.get(counted_key(session_id, day), deadline) for day in days)
        return dict(day_and_counted(item) for item in items if item is not None)

    def count(
        self, session: Session, day: date, before: SessionDay, after: SessionDay, deadline: Deadline
    ) -> bool:
        table, key = self._table.name, counted_key(session.id, day)
        part = part_of(session.room_name)
        of_creator = _growth(before.usage, after.usage, day)
        if session.owner is not None:
            of_creator.set(session.owner, "createdBy")
        rows = (
            (_room_key(session.room_name, day), _growth(before.usage, after.usage, day)),
            (_day_key(day, part), _growth(before.usage, after.usage, day)),
            (creator_key(session.owner, day, part), of_creator),
        )
        writes = [
            in_transaction(table, key, counted_update(before, after, day)),
            *(in_transaction(table, row, growth) for row, growth in rows),
        ]
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed:
            return False
        return True

    def rooms(
        self, first: date, last: date, after: str | None, limit: int, deadline: Deadline
    ) -> tuple[Sequence[RoomUsage], bool]:
        found: list[RoomUsage] = []
        begin = 0 if after is None else part_of(after)
        for part in range(begin, PARTS):
            start = after if part == begin else None
            rows = self._table.query(_rooms_query(first, part, start), deadline)
            for each in _by_room(rows, first, last):
                if len(found) == limit:
                    return found, True
                found.append(each)
        return found, False

    def iter_rooms(self, first: date, last: date, deadline: Deadline) -> Iterator[RoomUsage]:
        """Yield the sums of all rooms over days of one month, with as few calls as possible.

        Each answer has 1 MB of items. The clients of functions take no such answer.
        """
        for part in range(PARTS):
            rows = self._whole_pages(_rooms_query(first, part, None), deadline)
            yield from _by_room(rows, first, last)

    def iter_days(self, first: date, last: date, deadline: Deadline) -> Iterator[DayUsage]:
        for month in _months(first, last):
            for item in self._table.query(_days_query(month, first, last), deadline):
                day, _, _ = str(item["sk"]["S"]).partition("#")
                usage = usage_from_item(deserialize(item))
                yield DayUsage(month.replace(day=int(day)), usage)

    def creators(
        self, first: date, last: date, after: str | None, limit: int, deadline: Deadline
    ) -> tuple[Sequence[CreatorUsage], bool]:
        rows = merge(
            *(
                iter_creator_rows(self._table.query(creators_query(month, after), deadline))
                for month in _months(first, last)
            ),
            key=itemgetter(0),
        )
        found: list[CreatorUsage] = []
        for key, days in groupby(rows, key=itemgetter(0)):
            if len(found) == limit:
                return found, True
            within = [values for _, day, values in days if first <= day <= last]
            if within:
                total = sum((usage_from_item(values) for values in within), Usage())
                found.append(CreatorUsage(within[0].get("createdBy"), total, key))
        return found, False

    def _whole_pages(self, query: Mapping[str, Any], deadline: Deadline) -> Iterator[Item]:
        request = {"TableName": self._table.name, **query}
        while True:
            response = call(deadline, partial(self._table.client.query, **request))
            yield from response["Items"]
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def _months(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month, up to that of the last day."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)


def part_of(room: str) -> int:
    """Return the part that a room's sums lie in."""
    return crc32(room.lower().encode()) % PARTS


def _room_key(room: str, day: date) -> Item:
    name = room.lower()
    return serialize({"pk": f"usage#{day:%Y-%m}#{part_of(name)}", "sk": f"{name}#{day:%d}"})


def _day_key(day: date, part: int) -> Item:
    return serialize({"pk": f"usage#{day:%Y-%m}", "sk": f"{day:%d}#{part}"})


def _growth(before: Usage, after: Usage, day: date) -> UpdateBuilder:
    """Change the sums of a row by what has changed of one session."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    write = UpdateBuilder().set(int((midnight + KEPT).timestamp()), "expiresAt")
    for name, change in after.growth_from(before).items():
        write.add(change, NAMES[name])
    if after.peak != before.peak:
        for peak, change in ((before.peak, -1), (after.peak, 1)):
            if peak:
                write.add(change, f"k{peak}")
    return write


def _rooms_query(month: date, part: int, after: str | None) -> dict[str, Any]:
    values = {":pk": f"usage#{month:%Y-%m}#{part}"}
    condition = "pk = :pk"
    if after is not None:
        # In the order of bytes, `~` comes after every day.
        condition, values = f"{condition} AND sk > :after", {**values, ":after": f"{after}#~"}
    return _query(condition, values)


def _days_query(month: date, first: date, last: date) -> dict[str, Any]:
    begin = first.day if (first.year, first.month) == (month.year, month.month) else 1
    end = last.day if (last.year, last.month) == (month.year, month.month) else 31
    values = {
        ":pk": f"usage#{month:%Y-%m}",
        ":first": f"{begin:02}#",
        # `$` comes after `#`.
        ":last": f"{end:02}$",
    }
    return _query("pk = :pk AND sk BETWEEN :first AND :last", values)


def _query(condition: str, values: Mapping[str, str]) -> dict[str, Any]:
    return {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": serialize(values),
    }


def _by_room(rows: Iterator[Item], first: date, last: date) -> Iterator[RoomUsage]:
    """Add up the days of each room. A room's days come one after the other."""

    def room_of(row: Item) -> str:
        return str(row["sk"]["S"]).rpartition("#")[0]

    for room, days in groupby(rows, room_of):
        within = [
            usage_from_item(deserialize(row))
            for row in days
            if first.day <= int(str(row["sk"]["S"]).rpartition("#")[2]) <= last.day
        ]
        if within:
            yield RoomUsage(room, sum(within, Usage()))


def usage_from_item(values: Mapping[str, Any]) -> Usage:
    """Return the usage in the values of a row."""
    peaks = [int(found[1]) for name in values if (found := _PEAK.fullmatch(name)) and values[name]]
    sums = {name: int(values.get(short, 0)) for name, short in NAMES.items()}
    return Usage(**sums, peak=max(peaks, default=0))
