"""The cost of a join in tables of several sizes, on DynamoDB Local."""

import json
import os
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from botocore.session import Session

from app import build_app
from bench.canned_network import canned_network
from bench.figures.costs import Cost, interleaved, ratios, timed, walls
from bench.figures.report import Section, cost_row, times
from bench.join_event import CREATED, LambdaContext, join_event
from bench.metered_dynamodb import metered
from bench.surroundings import AWS_VARIABLES, Surroundings, room_of_alice
from chalicelib.adapters.dynamodb.room_items import room_item, session_item
from stand_ins.aws import resources
from tests.support.programs.dynamodb_local import running_dynamodb_local

SIZES: Final = (10, 1_000, 10_000)

_ROUNDS: Final = 500
_ROUNDS_TO_WARM_UP: Final = 50
_ROOMS_PER_BATCH: Final = 12  # a room has two items, and a batch at most 25


def section() -> Section:
    """Measure joins in each table."""
    os.environ |= AWS_VARIABLES
    around = Surroundings()
    with running_dynamodb_local() as url, canned_network(around.answers()):
        client: Any = Session().create_client("dynamodb", endpoint_url=url)
        tables = {size: _filled_table(client, size) for size in SIZES}
        calls = {size: _calls(url, around, table, size) for size, table in tables.items()}
        measured = {
            str(size): timed(_joining(url, around, table, size)) for size, table in tables.items()
        }
        interleaved(_ROUNDS_TO_WARM_UP, measured)
        return _section(interleaved(_ROUNDS, measured), calls)


def _filled_table(client: Any, size: int) -> str:  # noqa: ANN401 - botocore makes its classes at run time
    """Create a table with this number of rooms and their sessions. Return its name."""
    name = resources.create_table(f"bench{size}", client)
    for first in range(0, size, _ROOMS_PER_BATCH):
        numbers = range(first, min(first + _ROOMS_PER_BATCH, size))
        rooms = [room_of_alice(f"room-{number}") for number in numbers]
        items = [make(room) for room in rooms for make in (room_item, session_item)]
        writes = [{"PutRequest": {"Item": item}} for item in items]
        client.batch_write_item(RequestItems={name: writes})
    return name


def _joining(url: str, around: Surroundings, table: str, size: int) -> Callable[[], object]:
    """Return a function that joins a random room of the table through a warm app."""
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
    app, bearer = build_app(around.settings(table)), around.bearer()
    chance = random.Random(1)

    def join() -> None:
        event = json.dumps(join_event(f"room-{chance.randrange(size)}", bearer))
        answer = app(json.loads(event), LambdaContext())
        if answer["statusCode"] != CREATED:
            raise RuntimeError(answer["body"])

    join()
    return join


def _calls(url: str, around: Surroundings, table: str, size: int) -> Sequence[str]:
    """Return the DynamoDB operations of a join."""
    with metered(url) as (meter, metered_url):
        join = _joining(metered_url, around, table, size)
        meter.calls.clear()
        join()
    return [call.operation for call in meter.calls]


def _section(costs: Mapping[str, Sequence[Cost]], calls: Mapping[int, Sequence[str]]) -> Section:
    smallest = walls(costs[str(SIZES[0])])
    rows = [
        cost_row(
            f"{size:,} rooms in the table",
            costs[str(size)],
            f"{times(ratios(walls(costs[str(size)]), smallest))} × the time with {SIZES[0]}; "
            f"calls: {', '.join(calls[size])}",
        )
        for size in SIZES
    ]
    return Section("Growth, with DynamoDB Local", rows)
