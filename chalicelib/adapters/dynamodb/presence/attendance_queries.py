"""Attendance in DynamoDB: the items of connections, by arrival."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.presence.attendance_items import (
    CAME,
    arrival_key,
    attendance_from_item,
)
from chalicelib.adapters.dynamodb.presence.connections import connection_key
from chalicelib.adapters.dynamodb.room_items import sessions_listing
from chalicelib.adapters.dynamodb.table import Item, Table, call, deserialize, serialize
from chalicelib.core.model.attendance import LONGEST_ATTENDANCE, Attendance, RoomSession
from chalicelib.core.ports.attendance import ArrivalCursor, ArrivalPage, SessionPage, TimeSpan
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_ARRIVAL: Final = "media-by-start"
"""The index by start, which holds connections too."""
SESSIONS: Final = "rooms-by-creator"
"""The index that lists rooms by their creator, and sessions by the name of their room."""
MAX_EARLIER: Final = 20
"""The number of sessions before a time that are looked at: clients may still have been in."""
MAX_SESSIONS: Final = 80
"""The number of sessions of a page that began in its time. All are read in one call."""


class DynamoDBAttendance:
    """The attendance store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def sessions_of(self, room_name: str, span: TimeSpan, deadline: Deadline) -> SessionPage:
        first, last = (epoch_milliseconds(each) for each in (span.start, span.end))
        earlier = self._listed(room_name, 0, first - 1, -MAX_EARLIER, deadline)
        within = self._listed(room_name, max(0, first), last - 1, MAX_SESSIONS + 1, deadline)
        further = within[MAX_SESSIONS:]
        keys = [{"pk": each["pk"], "sk": each["sk"]} for each in (*earlier, *within[:MAX_SESSIONS])]
        sessions = [_session_of(item) for item in get_all(self._table, keys, deadline)]
        sessions.sort(key=lambda each: each.started_at)
        next_start = None
        if further:
            next_start = from_epoch_milliseconds(deserialize(further[0])["createdAt"])
        return SessionPage(tuple(sessions), next_start)

    def _listed(
        self, room_name: str, first: int, last: int, limit: int, deadline: Deadline
    ) -> Sequence[Item]:
        """Return the keys of sessions that began in a time, the latest ones if `limit` < 0."""
        if first > last:
            return ()
        values = {":name": sessions_listing(room_name), ":first": first, ":last": last}
        query = partial(
            self._table.client.query,
            TableName=self._table.name,
            IndexName=SESSIONS,
            KeyConditionExpression="listedFor = :name AND createdAt BETWEEN :first AND :last",
            ExpressionAttributeValues=serialize(values),
            ScanIndexForward=limit > 0,
            Limit=abs(limit),
        )
        return call(deadline, query)["Items"]

    def page(
        self,
        session_id: str,
        span: TimeSpan,
        start: ArrivalCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> ArrivalPage:
        query = _query(session_id, span) | {"TableName": self._table.name, "Limit": limit}
        if start is not None:
            key = connection_key(session_id, start.connection_id)
            came = {"startedAt": arrival_key(start.came, start.connection_id)}
            query["ExclusiveStartKey"] = key | serialize(came)
        response = call(deadline, partial(self._table.client.query, **query))
        last = response.get("LastEvaluatedKey")
        found = tuple(_lasting(response["Items"], span))
        return ArrivalPage(found, None if last is None else _cursor(last))

    def iter_all(self, session_id: str, span: TimeSpan, deadline: Deadline) -> Iterator[Attendance]:
        query = _query(session_id, span) | {"ConsistentRead": True, "Limit": 1000}
        return _lasting(self._table.query(query, deadline), span)


def _lasting(items: Iterable[Mapping[str, Any]], span: TimeSpan) -> Iterator[Attendance]:
    """Yield the lines of this time. The query may return others: it assumes no end."""
    lines = (attendance_from_item(item) for item in items)
    return (each for each in lines if each.overlaps(span.start, span.end))


def _query(session_id: str, span: TimeSpan) -> dict[str, Any]:
    """Build a query for the connections of a time. Those that ended earlier are left out."""
    return {
        "IndexName": BY_ARRIVAL,
        "KeyConditionExpression": "pk = :pk AND startedAt BETWEEN :first AND :last",
        "FilterExpression": "attribute_not_exists(wentAt) OR wentAt >= :start",
        "ExpressionAttributeValues": serialize(
            {
                ":pk": f"session#{session_id}",
                ":first": _key_of(epoch_milliseconds(span.start) - _LONGEST),
                ":last": _key_of(epoch_milliseconds(span.end)),
                ":start": epoch_milliseconds(span.start),
            }
        ),
    }


_LONGEST: Final = int(LONGEST_ATTENDANCE.total_seconds() * 1000)


def _key_of(milliseconds: int) -> str:
    # A time before 1970 has no key, and precedes all connections.
    return arrival_key(from_epoch_milliseconds(max(0, milliseconds)))


def _session_of(item: Item) -> RoomSession:
    values = deserialize(item)
    return RoomSession(
        id=values["pk"].removeprefix("session#"),
        room_id=values["roomId"],
        owner=values.get("createdBy"),
        started_at=from_epoch_milliseconds(values["createdAt"]),
    )


def _cursor(key: Item) -> ArrivalCursor:
    came, _, connection_id = deserialize(key)["startedAt"].removeprefix(CAME).partition("#")
    return ArrivalCursor(from_epoch_milliseconds(int(came)), connection_id)
