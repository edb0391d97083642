"""Races, each in as few steps as it takes; some were found by `test_interleavings.py`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.errors import RoomFull
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.service import Service, build
from tests.support.stores.engines import Engine
from tests.support.stores.example_rooms import NOON, soon

ALICE = User("alice")


class Between:
    """DynamoDB's client, which lets something happen just before it is asked for an operation."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._operation = ""
        self._happens: Callable[[], object] = lambda: None

    def plan(self, operation: str, happens: Callable[[], object]) -> None:
        self._operation, self._happens = operation, happens

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation == self._operation:
            self._operation = ""
            self._happens()
        return cast("Callable[..., Any]", getattr(self._client, operation))


class House:
    """A service with a room, and people in it."""

    def __init__(self, engine: Engine) -> None:
        self.now = NOON
        self.opentok = OpenTokModel(self.clock)
        self.between = Between(engine.client)
        self.service = build(cast("DynamoDBClient", self.between), self.opentok, self.clock)
        self.others: Service = build(engine.client, self.opentok, self.clock)
        """The same on other computers, whom nothing comes between."""

    def clock(self) -> datetime:
        return self.now

    def create_room(self, cap: int | None) -> None:
        asked = RoomSettings(max_participants=cap)
        self.others.use_cases.create_room.put(
            ALICE, "standup", asked=asked, given=(), caller_ip="", deadline=soon()
        )

    def limit(self, service: Service, cap: int) -> None:
        changes = RoomPatch({"max_participants": cap})
        service.use_cases.change_room.change(ALICE, "standup", changes, "", soon())

    def connect(self, user: str) -> tuple[str, Connection]:
        """The session's id, and the connection, of which nothing has been told yet."""
        admission = self.others.use_cases.join_room.join(
            User(user), "standup", JoinRequest(), soon()
        )
        connection = self.opentok.connect(self.opentok.tokens[admission.token.text])
        assert connection is not None
        return admission.room.session_id, connection

    def arrives(self, service: Service, session_id: str, connection: Connection) -> None:
        session = service.use_cases.session_tracker.find(session_id, soon())
        assert session is not None
        service.use_cases.session_tracker.on_connected(session, connection, soon())

    def seated(self) -> set[str]:
        """The connections that keep a seat."""
        room = self.others.rooms.find("standup", soon())
        assert room is not None
        return {each for seat in room.seats.connections.values() for each in seat}


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


def test_reconciliation_finds_who_came_first_into_a_room_though_the_callback_never_came(
    house: House,
) -> None:
    session_id, connection = house.connect("bob")
    house.opentok.events.clear()

    house.now += timedelta(seconds=61)
    house.others.use_cases.scheduled().reconcile_sessions.run(soon())

    (recorded,) = house.others.sessions.connections(session_id, soon())
    assert recorded.id == connection.id


def test_a_connection_that_comes_while_its_end_is_written_keeps_no_seat(house: House) -> None:
    house.create_room(cap=1)
    session_id, bob = house.connect("bob")
    session = house.others.use_cases.session_tracker.find(session_id, soon())
    assert session is not None
    house.between.plan("update_item", lambda: house.arrives(house.others, session_id, bob))

    house.service.use_cases.session_tracker.on_disconnected(session, bob.id, NOON, soon())

    assert house.seated() == set()
    house.now += timedelta(seconds=21)
    house.connect("carol")


def test_who_came_by_a_room_without_a_limit_that_has_one_by_now_is_seated(house: House) -> None:
    house.create_room(cap=None)
    session_id, bob = house.connect("bob")
    session = house.others.use_cases.session_tracker.find(session_id, soon())
    assert session is not None
    house.limit(house.others, 1)

    house.others.use_cases.session_tracker.on_connected(session, bob, soon())

    assert house.seated() == {bob.id}


def test_who_comes_while_a_limit_is_written_is_seated(house: House) -> None:
    house.create_room(cap=None)
    session_id, bob = house.connect("bob")
    write = "transact_write_items"
    house.between.plan(write, lambda: house.arrives(house.others, session_id, bob))

    house.limit(house.service, 1)

    assert house.seated() == {bob.id}
    with pytest.raises(RoomFull):
        house.connect("carol")
