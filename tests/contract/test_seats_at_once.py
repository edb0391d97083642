"""A limit is never oversold, whoever comes at the same moment: on Amazon's own engine, too."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import cast

import pytest

from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.core.deadline import Deadline
from chalicelib.core.follow_sessions import FollowSessions
from chalicelib.core.identity import User
from chalicelib.core.let_in import LetIn
from chalicelib.core.live_ports import LivePlatform, Session
from chalicelib.core.ports import RoomStore
from chalicelib.core.presence import Connection, Passenger
from chalicelib.core.rooms import Room, RoomSettings
from chalicelib.core.seats import Seats
from chalicelib.errors import RoomFull, StoreUnavailable
from tests.support.at_once import all_at_once
from tests.support.engines import Engine
from tests.support.example_rooms import NOON, a_room, soon
from tests.support.stand_ins import TABLE

CAP = 10
CALLERS = 30
ROOMS = {"moto": 2, "dynamodb_local": 20}
"""How often it is tried: moto does one thing at a time, so that it proves little."""
LIFETIME = timedelta(hours=1)

LAPSED = Seats(
    {f"old-{number}": {} for number in range(CAP)},
    {f"old-{number}": NOON - timedelta(seconds=1) for number in range(CAP)},
)


def capped(name: str, seats: Seats) -> Room:
    settings = RoomSettings(max_participants=CAP)
    return replace(a_room(name, settings=settings), seats=seats)


def join(store: RoomStore, let_in: LetIn, name: str, user: str) -> bool:
    """Whether this user was let in."""
    room = store.find(name, soon())
    assert room is not None
    try:
        let_in(room, User(user), None, soon(), lifetime=LIFETIME)
    except RoomFull:
        return False
    return True


class Disconnecting:
    """A platform that does nothing but disconnect."""

    def __init__(self) -> None:
        self.disconnected: list[str] = []

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        del session_id, deadline
        self.disconnected.append(connection_id)
        return True


@pytest.mark.parametrize("seats", [Seats(), LAPSED], ids=["fresh", "all lapsed"])
def test_of_thirty_at_once_exactly_as_many_get_in_as_there_are_seats(
    seats: Seats, engine: Engine, store: RoomStore, request: pytest.FixtureRequest
) -> None:
    sessions = DynamoDBSessions(engine.client, TABLE)
    let_in = LetIn(DynamoDBSeats(engine.client, TABLE), sessions, lambda: NOON)
    asked: list[str] = []
    engine.client.meta.events.register("before-call", lambda model, **_: asked.append(model.name))
    for number in range(ROOMS[request.node.callspec.params["engine"]]):
        name = f"room-{number}"
        store.create(capped(name, seats), None, soon())
        asked.clear()

        admitted = all_at_once(
            [partial(join, store, let_in, name, f"user-{user}") for user in range(CALLERS)]
        )

        assert len(asked) <= 5 * CALLERS
        assert sum(admitted) == CAP
        room = store.find(name, soon())
        assert room is not None
        assert set(room.seats.connections) == {
            f"user-{user}" for user, got in enumerate(admitted) if got
        }


def test_of_thirty_who_connect_at_once_without_a_seat_as_many_are_seated_as_there_are_seats(
    engine: Engine, store: RoomStore
) -> None:
    room = capped("standup", LAPSED)
    store.create(room, None, soon())
    session = Session(room.session_id, room.name, room.room_id, guarded=True, watched=True)
    platform = Disconnecting()
    sessions = DynamoDBSessions(engine.client, TABLE)
    follow = FollowSessions(store, sessions, cast("LivePlatform", platform), lambda: NOON)

    def arrive(number: int) -> None:
        passenger = Passenger(f"user-{number}", None, None)
        connection = Connection(f"connection-{number}", NOON, passenger)
        while True:
            try:
                return follow.arrived(session, connection, soon())
            except StoreUnavailable:
                continue  # as OpenTok does

    all_at_once([partial(arrive, number) for number in range(CALLERS)])

    found = store.find(room.name, soon())
    assert found is not None
    seated = {each for connections in found.seats.connections.values() for each in connections}
    assert len(seated) == CAP
    assert len(platform.disconnected) == CALLERS - CAP
    assert seated.isdisjoint(platform.disconnected)
