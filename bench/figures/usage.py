"""The resources that a join uses, as a base for its price."""

import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

from botocore.session import Session

from app import build_app
from bench.canned_network import canned_network
from bench.figures.costs import Spread, interleaved, timed, walls
from bench.join_event import CREATED, LambdaContext, join_event
from bench.metered_dynamodb import MeteredDynamoDB, metered
from bench.surroundings import (
    API_KEY,
    API_SECRET,
    AWS_VARIABLES,
    Surroundings,
    fill_pool,
    room_of_alice,
)
from chalicelib.adapters.dynamodb.room_items import room_item, session_item
from chalicelib.api.http.request_log import AUDIT
from stand_ins.aws import resources
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.support.programs.dynamodb_local import running_dynamodb_local

FIRST_JOIN: Final = "first joins"
RE_JOIN: Final = "re-joins"
CAPPED_RE_JOIN: Final = "re-joins of a capped room"

_CAPPED: Final = "capped"
_CAP: Final = 10

_USERS: Final = 20
"""The users who create the new rooms in turn, so that none of them has very many."""
_ROUNDS: Final = 100
_ROUNDS_TO_WARM_UP: Final = 10
_POOL: Final = 200
"""Enough sessions for all first joins."""

_Join = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of one warm join: time, DynamoDB calls with their units, and log bytes.

    Args:
        log_bytes: The bytes that CloudWatch takes in. It takes audit lines twice: a function of the
            stack copies them to a log group of their own.
    """

    seconds: float
    calls: tuple[str, ...]
    read_units: float
    write_units: float
    log_bytes: int


def measure() -> dict[str, Usage]:
    """Measure a first join, a re-join, and a re-join of a room with a limit."""
    os.environ |= AWS_VARIABLES
    around = Surroundings()
    opentok = OpenTokStandIn(projects={API_KEY: API_SECRET})
    with ExitStack() as running:
        log = running.enter_context(redirect_stdout(io.StringIO()))
        running.enter_context(canned_network(around.answers()))
        url = running.enter_context(running_dynamodb_local())
        client: Any = Session().create_client("dynamodb", endpoint_url=url)
        table = resources.create_table("bench", client)
        _put_capped_room(client, table)
        fill_pool(client, table, API_KEY, _POOL)
        settings = around.settings(table) | {
            "OPENTOK_API_URL": running.enter_context(HttpServer(opentok.wsgi_app)).url
        }
        bearers = [around.bearer(f"user-{number}") for number in range(_USERS)]
        seconds = _seconds(_joins(url, settings, bearers))
        meter, metered_url = running.enter_context(metered(url))
        joins = _joins(metered_url, settings, bearers)
        return {name: _usage(join, seconds[name], meter, log) for name, join in joins.items()}


def _put_capped_room(client: Any, table: str) -> None:  # noqa: ANN401 - botocore makes its classes at run time
    room = room_of_alice(_CAPPED)
    capped = replace(room, settings=replace(room.settings, max_participants=_CAP))
    for item in (room_item(capped), session_item(capped)):
        client.put_item(TableName=table, Item=item)


def _joins(url: str, settings: Mapping[str, str], bearers: Sequence[str]) -> dict[str, _Join]:
    """Return joins of a new room, of the latest new room, and of a room with a limit."""
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
    app, numbers, latest = build_app(settings), count(), ""

    def join(room: str, bearer: str = bearers[0]) -> None:
        answer = app(json.loads(json.dumps(join_event(room, bearer))), LambdaContext())
        if answer["statusCode"] != CREATED:
            raise RuntimeError(answer["body"])

    def first_join() -> None:
        nonlocal latest
        number = next(numbers)
        latest = f"{url.rpartition(':')[2]}-{number}"
        join(latest, bearers[number % _USERS])

    first_join()
    return {
        FIRST_JOIN: first_join,
        RE_JOIN: lambda: join(latest),
        CAPPED_RE_JOIN: lambda: join(_CAPPED),
    }


def _seconds(joins: Mapping[str, _Join]) -> dict[str, float]:
    measured = {name: timed(join) for name, join in joins.items()}
    interleaved(_ROUNDS_TO_WARM_UP, measured)
    costs = interleaved(_ROUNDS, measured)
    return {name: Spread.of(walls(each)).median for name, each in costs.items()}


def _usage(join: _Join, seconds: float, meter: MeteredDynamoDB, log: io.StringIO) -> Usage:
    meter.calls.clear()
    logged = log.tell()
    join()
    return Usage(
        seconds,
        tuple(call.operation for call in meter.calls),
        sum(call.read_units for call in meter.calls),
        sum(call.write_units for call in meter.calls),
        sum(map(_taken_in, log.getvalue()[logged:].splitlines(keepends=True))),
    )


def _taken_in(line: str) -> int:
    return len(line.encode()) * (2 if f'"kind":"{AUDIT}"' in line else 1)
