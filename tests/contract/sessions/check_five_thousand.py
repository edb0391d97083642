"""A session of five thousand: shown, counted and reconciled rightly, and for how many calls."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest

from chalicelib.adapters.dynamodb.presence.connection_queries import (
    MAX_CONNECTION_BYTES,
    PAGE_UNITS,
)
from chalicelib.adapters.dynamodb.room_items import SHARDS
from chalicelib.core.model.connection import (
    MANY_CONNECTIONS,
    MAX_STREAMS_AT_ONCE,
    Connection,
    Participant,
    Stream,
)
from chalicelib.core.model.user import User
from chalicelib.core.ports.connection_page import place_of
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.core.sessions.read_presence import FEW_CONNECTIONS, ReadPresence
from chalicelib.core.support.formats import MAX_ID_BYTES
from chalicelib.errors import RoomLocked
from tests.contract.conftest import DYNAMODB_LOCAL
from tests.support.counted import CountedClient, item_bytes
from tests.support.interleaving.opentok import OpenTokModel, Token
from tests.support.interleaving.service import Service, build
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Engine
from tests.support.stores.example_rooms import NOON, soon

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ALICE = User("auth0|5f7c8ec7c33c6c004bbafe82", name="Alice Liddell")
ROOM = "hall"
PAGE = 100
DRIFT = 50
PAGES = 7
"""The most pages that a record of so many takes: an answer may have 1 MiB of JSON."""


@dataclass
class Hall:
    """A room with a crowd in it, on record and at OpenTok's."""

    engine: Engine
    client: CountedClient = field(init=False)
    opentok: OpenTokModel = field(init=False)
    service: Service = field(init=False)
    presence: ReadPresence = field(init=False)
    session_id: str = field(init=False)
    token: Token = field(init=False)
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.client = CountedClient(self.engine.client)
        self.opentok = OpenTokModel(self.clock)
        self.service = build(cast("DynamoDBClient", self.client), self.opentok, self.clock)
        rooms = ReadRooms(self.service.rooms, self.clock)
        self.presence = ReadPresence(rooms, self.service.sessions, self.clock)
        admission = self.service.use_cases.join_room.join(ALICE, ROOM, JoinRequest(), soon())
        self.session_id = admission.room.session_id
        self.token = self.opentok.tokens[admission.token.text]

    def clock(self) -> datetime:
        return self.now

    def fill(
        self, *, connected: int, recorded: int, gone: int = 0, streams: int = 0
    ) -> list[Connection]:
        """So many more connect, of the first of whom so many are on record, and so many gone."""
        everybody = [self._connect() for _ in range(connected)]
        session = self.service.use_cases.session_tracker.find(self.session_id, soon())
        assert session is not None
        model = everybody[0]
        self.service.use_cases.session_tracker.on_connected(session, model, soon())
        for number in range(streams):
            stream = Stream(str(UUID(int=number)), "camera", "camera", self.now)
            self.service.sessions.record_stream(session, model.id, stream, soon())
        (live,) = (item for item in self._items() if item["sk"]["S"] == f"connection#{model.id}")
        self.service.use_cases.session_tracker.on_disconnected(session, "gone", self.now, soon())
        (tombstone,) = (item for item in self._items() if item["sk"]["S"] == "connection#gone")
        place = place_of(ALICE.id, "", refused=False)
        self._copy(
            {
                f"connection#{each.id}": live | {"place": {"S": f"{place}{each.id}"}}
                for each in everybody[:recorded]
            }
        )
        self._copy({f"connection#A-{number}": tombstone for number in range(gone)})
        self.now += timedelta(minutes=2)
        return everybody

    def fill_with_the_largest(self, number: int) -> list[Any]:
        """Record so many connections, whose names and streams are as long as they may be."""
        session = self.service.use_cases.session_tracker.find(self.session_id, soon())
        assert session is not None
        names = {"userId": "u" * MAX_ID_BYTES, "name": "\u00e9" * 200, "role": "moderator"}
        participant = Participant.of(json.dumps(names))
        model = Connection(str(UUID(int=1)), self.now, participant)
        self.service.sessions.record_connection(session, model, soon())
        for each in range(MAX_STREAMS_AT_ONCE):
            stream = Stream(str(UUID(int=each)), "s" * 1000, "screen", self.now)
            self.service.sessions.record_stream(session, model.id, stream, soon())
        (item,) = (item for item in self._items() if item["sk"]["S"] == f"connection#{model.id}")
        self.service.sessions.record_disconnection(session, model.id, self.now, soon())
        place = place_of(participant.user_id, "", refused=False)
        self._copy(
            {
                f"connection#L-{each}": item | {"place": {"S": f"{place}L-{each}"}}
                for each in range(number)
            }
        )
        return [item]

    @contextmanager
    def counting(self) -> Iterator[CountedClient]:
        self.client.calls.clear()
        self.client.read_units = 0.0
        yield self.client

    def walked(self) -> list[str]:
        """All ids that come page by page."""
        ids: list[str] = []
        start: str | None = ""
        while start is not None:
            page = self.service.sessions.page(self.session_id, start or None, 1000, soon())
            ids += [each.id for each in page.connections]
            start = page.next_cursor
        return ids

    def _connect(self) -> Connection:
        connection = self.opentok.connect(self.token)
        assert connection is not None
        self.opentok.events.clear()
        return connection

    def _items(self) -> list[Any]:
        return list(self.engine.client.scan(TableName=TABLE, ConsistentRead=True)["Items"])

    def _copy(self, items: dict[str, Any]) -> None:
        """Write these items, by their sort keys."""
        puts: list[Any] = [
            {"PutRequest": {"Item": item | {"sk": {"S": key}}}} for key, item in items.items()
        ]
        for start in range(0, len(puts), 25):
            self.engine.client.batch_write_item(RequestItems={TABLE: puts[start : start + 25]})


@pytest.fixture
def crowd(request: pytest.FixtureRequest) -> int:
    """moto takes ten times as long over as many."""
    return 5000 if request.node.callspec.params["database"] == DYNAMODB_LOCAL else 200


@pytest.fixture
def many(crowd: int) -> int:
    """Return a number that costs tens of units to read, for what costs the same with any number."""
    return min(crowd, 600)


@pytest.fixture
def hall(engine: Engine) -> Hall:
    return Hall(engine)


def test_five_thousand_are_shown_counted_and_reconciled_for_few_calls(
    hall: Hall, crowd: int
) -> None:
    everybody = hall.fill(connected=crowd + DRIFT, recorded=crowd)
    for stale_record in everybody[:DRIFT]:
        hall.opentok.leave(stale_record)

    with hall.counting() as counted:
        page, counts = hall.presence.connections(ALICE, ROOM, None, PAGE, soon())
    assert len(page.connections) == PAGE
    assert counts.counts.connections == crowd
    # The room, the page, the counts there were, the first ones, everybody, the counts there are,
    # the session.
    assert len(counted.calls) <= PAGES + 6

    with hall.counting() as counted:
        hall.presence.connections(ALICE, ROOM, page.next_cursor, PAGE, soon())
    # The room, the page by the units that are left after each read, the counts, and the session.
    assert counted.calls == ["get_item", *3 * ["query"], "get_item", "get_item"]
    assert counted.read_units <= 10

    with hall.counting() as counted:
        hall.service.use_cases.scheduled().reconcile_sessions.run(soon())
    # Each who was missing, and twice each who was too much; what is due, the session, everybody,
    # how many, the room, and when to look again.
    assert len(counted.calls) <= 3 * DRIFT + PAGES + len(CheckQueue) * SHARDS + 5
    assert counted.read_units <= crowd / 10 + 2 * DRIFT
    assert sorted(hall.walked()) == sorted(each.id for each in everybody[DRIFT:])


def test_those_who_have_left_cost_nobody_anything(hall: Hall, many: int) -> None:
    (here,) = hall.fill(connected=1, recorded=1, gone=many)

    with hall.counting() as counted:
        page, counts = hall.presence.connections(ALICE, ROOM, None, 1, soon())
    assert [each.id for each in page.connections] == [here.id]
    assert page.next_cursor is None
    assert counts.counts.connections == 1
    # The room, the page, and the session, which has the streams of no known connection.
    assert counted.calls == ["get_item", "query", "get_item"]
    assert counted.read_units <= 3

    with hall.counting() as counted:
        assert hall.service.sessions.connections(hall.session_id, soon()) == [here]
        assert hall.service.sessions.of_user(hall.session_id, ALICE.id, soon()) == [here]
    assert counted.read_units <= 2


def test_a_locked_room_refuses_for_two_units_however_many_have_left_or_are_in(
    hall: Hall, many: int
) -> None:
    hall.fill(connected=many, recorded=many, gone=many)
    changes = RoomPatch(locked=True)
    hall.service.use_cases.change_room.change(ALICE, ROOM, changes, "", soon())

    with hall.counting() as counted, pytest.raises(RoomLocked):
        hall.service.use_cases.join_room.join(User("mallory"), ROOM, JoinRequest(), soon())

    assert counted.calls == ["get_item", "query", "get_item"]
    # The room, one place among those who are in, and one departure.
    assert counted.read_units <= 1 + 2


def test_a_page_of_a_full_room_costs_ten_units(hall: Hall) -> None:
    hall.fill(connected=FEW_CONNECTIONS, recorded=FEW_CONNECTIONS, streams=1)

    for limit in (1, 50, FEW_CONNECTIONS - 1):
        with hall.counting() as counted:
            page, counts = hall.presence.connections(ALICE, ROOM, None, limit, soon())
        assert len(page.connections) == limit
        assert counts.counts.connections == counts.counts.streams == FEW_CONNECTIONS
        assert counted.read_units <= 10
        hall.now += timedelta(minutes=1)


def test_a_crowd_is_counted_by_reconciliation_and_its_page_costs_ten_units(hall: Hall) -> None:
    crowd = 3 * FEW_CONNECTIONS
    hall.fill(connected=crowd, recorded=crowd, streams=1)
    hall.service.use_cases.scheduled().reconcile_sessions.run(soon())
    hall.now += timedelta(seconds=30)

    for limit in (1, 50, 100):
        with hall.counting() as counted:
            page, counts = hall.presence.connections(ALICE, ROOM, None, limit, soon())
        assert len(page.connections) == limit
        assert counts.counts.connections == crowd
        assert counted.read_units <= 10


def test_a_page_of_the_largest_connections_costs_ten_units_and_is_shorter(hall: Hall) -> None:
    (first,) = hall.fill(connected=1, recorded=1)
    number = 2 * FEW_CONNECTIONS
    largest = hall.fill_with_the_largest(number)
    assert max(item_bytes(item) for item in largest) <= MAX_CONNECTION_BYTES
    hall.service.use_cases.scheduled().reconcile_sessions.run(soon())
    hall.now += timedelta(seconds=30)

    with hall.counting() as counted:
        page, counts = hall.presence.connections(ALICE, ROOM, None, PAGE, soon())
    assert MANY_CONNECTIONS <= len(page.connections) < PAGE
    assert counts.counts.connections == 1 + number
    # The room, the counts and the session are one unit each.
    assert counted.read_units <= PAGE_UNITS + 3
    assert sorted(hall.walked()) == sorted([first.id, *(f"L-{each}" for each in range(number))])
