"""A limit of participants holds, exactly, however many come at the same moment; on every engine."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import HOLD, MAX_CONNECTIONS_PER_USER, MAX_EVICTED_AT_ONCE
from chalicelib.core.model.user import User
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable, RoomFull, StoreUnavailable
from tests.contract.conftest import DYNAMODB_LOCAL
from tests.support.at_once import all_at_once
from tests.support.interleaving.opentok import Event, OpenTokModel
from tests.support.interleaving.service import Service, build
from tests.support.stores.engines import Engine
from tests.support.stores.example_rooms import NOON, soon

ALICE = User("alice")
IP = "203.0.113.7"
CALLERS = 30
CAP = 10
ADMITTED, REFUSED = "admitted", "room_full"


@pytest.fixture
def rooms(request: pytest.FixtureRequest) -> list[str]:
    """Eight rooms; two on moto, which does one thing at a time."""
    engine = request.node.callspec.params["database"]
    return [f"room-{number}" for number in range(8 if engine == DYNAMODB_LOCAL else 2)]


@pytest.fixture
def some_rooms(rooms: list[str]) -> list[str]:
    """Fewer rooms, for tests that take longer."""
    return rooms[: (len(rooms) + 3) // 4]


class CountingClient:
    """DynamoDB's client, which counts what it is asked."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.calls: list[str] = []
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        self.calls.append(operation)
        return cast("Callable[..., Any]", getattr(self._client, operation))


@dataclass
class House:
    """Rooms, and people who come into them all at once; its clock stands still unless moved."""

    engine: Engine
    now: datetime = NOON
    opentok: OpenTokModel = field(init=False)
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.opentok = OpenTokModel(self.clock)
        self.service = build(self.engine.client, self.opentok, self.clock)

    def clock(self) -> datetime:
        return self.now

    def make_room(self, name: str, cap: int | None) -> None:
        self.service.use_cases.create_room.put(
            ALICE,
            name,
            asked=RoomSettings(max_participants=cap),
            given=(),
            caller_ip=IP,
            deadline=soon(),
        )

    def limit(self, name: str, cap: int) -> None:
        changes = RoomPatch(settings={"max_participants": cap})
        self.service.use_cases.change_room.change(ALICE, name, changes, IP, soon())

    def join(self, name: str, user: str) -> str:
        """The text of a token."""
        admission = self.service.use_cases.join_room.join(User(user), name, JoinRequest(), soon())
        return admission.token.text

    def join_counted(self, name: str, user: str) -> tuple[str, int]:
        """Return True if the user got in, and the number of calls that it took."""
        client = CountingClient(self.engine.client)
        service = build(cast("DynamoDBClient", client), self.opentok, self.clock)
        try:
            service.use_cases.join_room.join(User(user), name, JoinRequest(), Deadline(8))
        except RoomFull as refusal:
            return refusal.code, len(client.calls)
        return ADMITTED, len(client.calls)

    def join_at_once(self, name: str) -> tuple[Counter[str], int]:
        """Return the numbers of users in and out, and the most calls that one of them took."""
        users = [f"user-{number}" for number in range(CALLERS)]
        outcomes = all_at_once([partial(self.join_counted, name, user) for user in users])
        return Counter(outcome for outcome, _ in outcomes), max(calls for _, calls in outcomes)

    def connect_at_once(self, name: str, tokens: Sequence[str]) -> Room:
        """Clients connect with these tokens, and their callbacks come at the same moment."""
        for token in tokens:
            assert self.opentok.connect(self.opentok.tokens[token])
        while self.opentok.events:
            events = list(self.opentok.events)
            self.opentok.events.clear()
            all_at_once([partial(self._hear, event) for event in events])
        room = self.service.rooms.find(name, soon())
        assert room is not None
        return room

    def live(self, room: Room) -> Counter[str]:
        """By user, how many connections OpenTok has."""
        return Counter(
            str(each.participant.user_id) for each in self.opentok.clients(room.session_id)
        )

    def _hear(self, event: Event) -> None:
        follow, deadline = self.service.use_cases.session_tracker, Deadline(8)
        try:
            session = follow.find(event.session_id, deadline)
            assert session is not None
            if event.name == "connectionCreated":
                follow.on_connected(session, event.connection, deadline)
            else:
                follow.on_disconnected(session, event.connection.id, self.now, deadline)
        except (ProviderUnavailable, StoreUnavailable):
            self.opentok.events.append(event)  # Not answered with 200: OpenTok repeats it.


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


def test_of_thirty_at_once_ten_get_into_a_fresh_room_for_ten_with_two_calls_each(
    house: House, rooms: list[str]
) -> None:
    for room in rooms:
        house.make_room(room, CAP)

        outcomes, most_calls = house.join_at_once(room)

        assert outcomes == {ADMITTED: CAP, REFUSED: CALLERS - CAP}
        assert most_calls == 2


def test_of_thirty_at_once_ten_get_into_a_room_for_ten_whose_holds_have_all_lapsed(
    house: House, rooms: list[str]
) -> None:
    for room in rooms:
        house.make_room(room, CAP)
        for number in range(CAP):
            house.join(room, f"earlier-{number}")
        house.now += HOLD + timedelta(seconds=1)

        outcomes, most_calls = house.join_at_once(room)

        assert outcomes == {ADMITTED: CAP, REFUSED: CALLERS - CAP}
        assert most_calls <= 5


def test_ten_get_in_too_where_more_holds_have_lapsed_than_one_write_evicts(
    house: House, some_rooms: list[str]
) -> None:
    for room in some_rooms:
        house.make_room(room, 2 * MAX_EVICTED_AT_ONCE)
        for number in range(2 * MAX_EVICTED_AT_ONCE):
            house.join(room, f"earlier-{number}")
        house.limit(room, CAP)
        house.now += HOLD + timedelta(seconds=1)

        outcomes, most_calls = house.join_at_once(room)

        assert outcomes == {ADMITTED: CAP, REFUSED: CALLERS - CAP}
        assert most_calls <= 5


def test_of_thirty_who_connect_at_once_with_old_tokens_ten_may_stay(
    house: House, some_rooms: list[str]
) -> None:
    for name in some_rooms:
        house.make_room(name, None)
        tokens = [house.join(name, f"user-{number}") for number in range(CALLERS)]
        house.limit(name, CAP)

        room = house.connect_at_once(name, tokens)

        live = house.live(room)
        assert len(live) == CAP
        assert set(live.values()) == {1}
        assert room.seats.connections.keys() == live.keys()


def test_of_forty_devices_of_eight_users_at_once_three_of_each_of_four_may_stay(
    house: House, some_rooms: list[str]
) -> None:
    for name in some_rooms:
        house.make_room(name, None)
        tokens = [house.join(name, f"user-{number}") for number in range(8)] * 5
        house.limit(name, 4)

        room = house.connect_at_once(name, tokens)

        live = house.live(room)
        assert len(live) == 4
        assert set(live.values()) == {MAX_CONNECTIONS_PER_USER}
        assert {user: len(each) for user, each in room.seats.connections.items()} == live
