"""Arrivals into a hot room with a limit: a join and a connection each, all into one item.

DynamoDB charges each write by the size of the room's item, and a partition takes 1,000 write units
a second. So the number of seats bounds how many users can arrive in a second.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from botocore.config import Config
from botocore.session import Session

from bench.figures.costs import Spread
from bench.figures.report import Row, Section
from bench.metered_dynamodb import metered
from bench.seats import room_with_seats
from bench.surroundings import AWS_VARIABLES
from chalicelib.adapters.dynamodb.room_items import room_item, session_item
from chalicelib.core.model.connection import Connection, Participant
from chalicelib.core.model.user import User
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import utc_now
from stand_ins.aws import resources
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.service import Service, build
from tests.support.programs.dynamodb_local import running_dynamodb_local

SEATS: Final = (50, 250, 1_000)
"""1,000 users may get seats when a limit is set while they are in."""
CALLERS: Final = 8
PARTITION_UNITS: Final = 1_000
ROOM_WRITES: Final = 3
"""The writes of an arrival to the room's item: one for the join, and a doubly charged one for the
connection, because it is a part of a transaction."""

_ROUNDS: Final = 5
_ARRIVALS: Final = 40
_MEASURED: Final = 2
_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Units:
    """The write units of an arrival at DynamoDB."""

    join: float
    connection: float

    @property
    def most_per_second(self) -> float:
        """The number of arrivals in a second that the partition of the room allows."""
        return PARTITION_UNITS / (ROOM_WRITES * self.join)


def section() -> Section:
    """Measure arrivals at several numbers of seats."""
    os.environ |= AWS_VARIABLES
    with running_dynamodb_local() as url:
        return Section("Arrivals into a room with a limit", [_row(seats, url) for seats in SEATS])


def _row(seats: int, url: str) -> Row:
    units = _units(seats, url)
    rates = Spread.of([_per_second(seats, url) for _ in range(_ROUNDS)])
    return Row(
        what=f"the last {_ARRIVALS} of {seats:,} seats",
        median=f"{rates.median:.0f} /s",
        quartiles=f"{rates.low:.0f}–{rates.high:.0f} /s",
        remarks=(
            f"{CALLERS} at once on DynamoDB Local; the last one takes {units.join:g} + "
            f"{units.connection:g} write units, so that DynamoDB allows "
            f"{units.most_per_second:.0f} /s"
        ),
    )


def _units(seats: int, url: str) -> Units:
    with metered(url) as (meter, metered_url):
        join, connect = _steps(seats, _MEASURED, metered_url)
        join("0")
        connect("0")  # the first connection also starts monitoring
        meter.calls.clear()
        join("1")
        joined = sum(call.write_units for call in meter.calls)
        meter.calls.clear()
        connect("1")
        return Units(joined, sum(call.write_units for call in meter.calls))


def _per_second(seats: int, url: str) -> float:
    join, connect = _steps(seats, _ARRIVALS, url)

    def arrive(number: int) -> None:
        join(f"{number:x}")
        connect(f"{number:x}")

    started = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(arrive, range(_ARRIVALS)))
    return _ARRIVALS / (time.perf_counter() - started)


def _steps(seats: int, free: int, url: str) -> tuple[Callable[[str], None], Callable[[str], None]]:
    """Create a room with some free seats. Return a user's join, and the user's connection."""
    client: Any = Session().create_client(
        "dynamodb", endpoint_url=url, config=Config(max_pool_connections=4 * CALLERS)
    )
    for name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
    table = resources.create_table("test", client)
    taken = room_with_seats(seats - free)
    room = replace(taken, settings=replace(taken.settings, max_participants=seats))
    for item in (room_item(room), session_item(room)):
        client.put_item(TableName=table, Item=item)
    service: Service = build(client, OpenTokModel(utc_now), utc_now)

    def join(user: str) -> None:
        service.use_cases.join_room.join(
            User(f"auth0|{user:0>24}"), room.name, JoinRequest(), Deadline(_SECONDS)
        )

    def connect(user: str) -> None:
        deadline = Deadline(_SECONDS)
        session = service.sessions.session(room.session_id, deadline)
        if session is None:
            raise RuntimeError(f"{room.session_id} is not on record.")
        connection = Connection(str(uuid4()), utc_now(), Participant(f"auth0|{user:0>24}"))
        service.use_cases.session_tracker.on_connected(session, connection, deadline)

    return join, connect
