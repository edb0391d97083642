"""The stores under test: memory, moto, and Amazon's own engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from boto3.dynamodb.types import TypeDeserializer
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.adapters.dynamodb.admission.invitations import DynamoDBInvitations
from chalicelib.adapters.dynamodb.admission.waiting import DynamoDBWaiting
from chalicelib.adapters.dynamodb.due_work import DynamoDBDueWork
from chalicelib.adapters.dynamodb.media import DynamoDBMedia
from chalicelib.adapters.dynamodb.pool.session_pool import DynamoDBSessionPool
from chalicelib.adapters.dynamodb.presence.attendance_queries import DynamoDBAttendance
from chalicelib.adapters.dynamodb.presence.live_rooms import DynamoDBRoomDirectory
from chalicelib.adapters.dynamodb.quotas import DynamoDBQuotas
from chalicelib.adapters.dynamodb.retention import DynamoDBRetention
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.adapters.dynamodb.usage.sums import DynamoDBUsage
from chalicelib.adapters.dynamodb.user_data.erasures import DynamoDBErasures
from chalicelib.adapters.dynamodb.user_data.user_records import DynamoDBUserRecords
from chalicelib.core.model.room import Room
from stand_ins.aws import resources
from tests.fakes.memory.table import ATTENDANCE, Table
from tests.fakes.stores import Stores
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.example_rooms import LONGEST_TOKEN

_deserialize = TypeDeserializer().deserialize


class Database(Protocol):
    """All stores over one table, and what tests may know of the table itself.

    A record is called by its partition key, as in `room#standup`, where it has that for itself.
    """

    @property
    def stores(self) -> Stores: ...

    def snapshot(self) -> object:
        """All there is, to be compared with all there is at another time."""

    def expiries(self) -> list[tuple[str, datetime | None]]:
        """The partition key of each record, and when it may vanish; in order."""

    def keys(self) -> list[str]:
        """The partition key of each record, in order."""

    def expiry(self, key: str) -> datetime | None:
        """Return the time from which the record of this key may vanish; None if never."""

    def remove(self, key: str) -> None:
        """Take a record away, as time to live or an operator does."""


@dataclass(frozen=True)
class Engine:
    """DynamoDB behind a real socket, with the service's table in it."""

    client: DynamoDBClient

    @property
    def stores(self) -> Stores:
        return Stores(
            rooms=DynamoDBRooms(self.client, TABLE, LONGEST_TOKEN, ATTENDANCE),
            seats=DynamoDBSeats(self.client, TABLE),
            quotas=DynamoDBQuotas(self.client, TABLE),
            sessions=DynamoDBSessions(self.client, TABLE, ATTENDANCE),
            pool=DynamoDBSessionPool(self.client, TABLE),
            invitations=DynamoDBInvitations(self.client, TABLE),
            waiting=DynamoDBWaiting(self.client, TABLE),
            due_work=DynamoDBDueWork(self.client, TABLE, LONGEST_TOKEN, ATTENDANCE),
            media=DynamoDBMedia(self.client, TABLE),
            schedules=DynamoDBRetention(self.client, TABLE),
            attendance=DynamoDBAttendance(self.client, TABLE),
            usage=DynamoDBUsage(self.client, TABLE),
            directory=DynamoDBRoomDirectory(self.client, TABLE),
            user_records=DynamoDBUserRecords(self.client, TABLE),
            erasures=DynamoDBErasures(self.client, TABLE),
        )

    def empty_table(self) -> None:
        for name in self.client.list_tables()["TableNames"]:
            self.client.delete_table(TableName=name)
        resources.create_table("test", self.client)

    def items(self) -> list[dict[str, Any]]:
        """Return all items of the table, as plain values."""
        pages = self.client.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        return [
            {name: _deserialize(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def snapshot(self) -> object:
        return self.items()

    def expiries(self) -> list[tuple[str, datetime | None]]:
        return sorted(((item["pk"], _expiry(item)) for item in self.items()), key=str)

    def keys(self) -> list[str]:
        return sorted(item["pk"] for item in self.items())

    def expiry(self, key: str) -> datetime | None:
        return _expiry(self._item(key))

    def remove(self, key: str) -> None:
        item = self._item(key)
        self.client.delete_item(
            TableName=TABLE, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
        )

    def room_item(self, room: Room) -> dict[str, Any]:
        """Return the item of the room's name."""
        return self._item(f"room#{room.name.lower()}")

    def _item(self, key: str) -> dict[str, Any]:
        (item,) = (item for item in self.items() if item["pk"] == key)
        return item


class Memory:
    """The fakes' table.

    Args:
        table: Empty.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self.stores = Stores.on(table)

    def snapshot(self) -> object:
        return self._table.snapshot()

    def expiries(self) -> list[tuple[str, datetime | None]]:
        found = ((key, records[place].expires) for key, records, place in self._records())
        return sorted(found, key=str)

    def keys(self) -> list[str]:
        return sorted(key for key, _, _ in self._records())

    def expiry(self, key: str) -> datetime | None:
        records, place = self._record(key)
        expires: datetime | None = records[place].expires
        return expires

    def remove(self, key: str) -> None:
        records, place = self._record(key)
        del records[place]

    def _record(self, key: str) -> tuple[dict[Any, Any], Any]:
        ((records, place),) = (
            (records, place) for known, records, place in self._records() if known == key
        )
        return records, place

    def _records(self) -> Iterator[tuple[str, dict[Any, Any], Any]]:
        """The partition key of each record, where it lies, and under which key of its own."""
        table = self._table
        by_id: tuple[tuple[str, dict[Any, Any]], ...] = (
            ("room", table.rooms),
            ("session", table.sessions),
            ("session", table.pool),
            ("pool", table.refills),
            ("session", table.counts),
            ("media", table.schedules),
            ("invitation", table.invitations),
            ("invitations", table.invitation_lists),
            ("waiting", table.waiting),
        )
        for kind, records in by_id:
            yield from ((f"{kind}#{each}", records, each) for each in list(records))
        by_ids: tuple[tuple[str, dict[Any, Any]], ...] = (
            ("session", table.connections),
            ("session", table.departures),
            ("media", table.media),
            ("user", table.usage),
            ("waiting", table.decisions),
        )
        for kind, records in by_ids:
            yield from ((f"{kind}#{each[0]}", records, each) for each in list(records))


def _expiry(item: dict[str, Any]) -> datetime | None:
    seconds = item.get("expiresAt")
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
