"""First joins and re-joins of the app alone: its calls of DynamoDB, and its processor time.

DynamoDB is a network that answers at once, so no database and no stand-in is in the figures.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from app import build_app
from bench.canned_network import canned_network
from bench.figures.costs import Cost, interleaved, processors, ratios, timed
from bench.figures.report import Row, Section, cost_row, times
from bench.join_event import CREATED, LambdaContext, join_event
from bench.surroundings import API_KEY, AWS_VARIABLES, Surroundings, room_of_alice
from chalicelib.adapters.dynamodb.pool.session_pool import pool_due_kind
from chalicelib.adapters.dynamodb.room_items import room_item, session_key
from chalicelib.adapters.dynamodb.table import serialize
from stand_ins.opentok.sessions.session_ids import new_session_id

CALLS_OF_FIRST: Final = "calls of DynamoDB, a first join with a pool"
CALLS_OF_AGAIN: Final = "calls of DynamoDB, a re-join"
PROCESSOR_RATIO: Final = "a first join with a pool, to a re-join, processor time of the app"

ROUNDS: Final = 800

_ROUNDS_TO_WARM_UP: Final = 80
_COUNTED: Final = 80
"""Joins that are counted: as many as use up whole reads of the pool, of 8 candidates each."""
_HOST: Final = "dynamodb.test"
_TABLE: Final = "roomkey-bench-rooms"
_USERS: Final = 20
"""The users who create rooms in turn: each is counted once, as in an hour of a stage."""
_READ_AT_ONCE: Final = 25


@dataclass
class CannedDynamoDB:
    """Answers for one room that exists, and for a pool of sessions that never runs dry."""

    exists: bool = True
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        pooled = [
            new_session_id(API_KEY, location="", relayed=False, now=number)
            for number in range(_READ_AT_ONCE)
        ]
        items = [
            session_key(each) | serialize({"dueKind": pool_due_kind(each, API_KEY), "dueAt": 0})
            for each in pooled
        ]
        room = room_item(room_of_alice("standup"))
        self._room = json.dumps({"Item": room}).encode()
        self._pool = json.dumps({"Items": items, "Count": len(items)}).encode()

    def body(self, operation: str) -> bytes:
        self.calls[operation] += 1
        if operation == "GetItem" and self.exists:
            return self._room
        return self._pool if operation == "Query" else b"{}"


def section(rounds: int = ROUNDS) -> Section:
    """Measure both kinds of join in turn."""
    os.environ |= AWS_VARIABLES | {"AWS_ENDPOINT_URL_DYNAMODB": f"http://{_HOST}"}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    around, dynamodb = Surroundings(), CannedDynamoDB()
    with canned_network(around.answers() | {_HOST: dynamodb.body}):
        app = build_app(around.settings(_TABLE))
        bearers = [around.bearer(f"user-{number}") for number in range(_USERS)]
        numbers = count()

        def joining(*, exists: bool) -> Callable[[], None]:
            def join() -> None:
                number = next(numbers)
                dynamodb.exists = exists
                name = "standup" if exists else f"room-{number}"
                event = join_event(name, bearers[number // 2 % _USERS])
                answer = app(event, LambdaContext())
                if answer["statusCode"] != CREATED:
                    raise RuntimeError(answer["body"])

            return join

        first, again = joining(exists=False), joining(exists=True)
        measured = {"first": timed(first), "again": timed(again)}
        interleaved(_ROUNDS_TO_WARM_UP, measured)
        costs = interleaved(rounds, measured)
        counted = [_calls(dynamodb, each) for each in (first, again)]
    return _section(costs["first"], costs["again"], *counted)


def _calls(dynamodb: CannedDynamoDB, join: Callable[[], None]) -> dict[str, float]:
    """Return the calls of each operation for a join."""
    dynamodb.calls.clear()
    for _ in range(_COUNTED):
        join()
    return {name: number / _COUNTED for name, number in sorted(dynamodb.calls.items())}


def _section(
    first: Sequence[Cost],
    again: Sequence[Cost],
    calls_of_first: Mapping[str, float],
    calls_of_again: Mapping[str, float],
) -> Section:
    compared = ratios(processors(first), processors(again))
    figures = {
        CALLS_OF_FIRST: sum(calls_of_first.values()),
        CALLS_OF_AGAIN: sum(calls_of_again.values()),
        PROCESSOR_RATIO: compared.median,
    }
    more_calls = figures[CALLS_OF_FIRST] / figures[CALLS_OF_AGAIN]
    rows = [
        cost_row("a first join with a pool", first, f"{_named(calls_of_first)} a join"),
        cost_row("a re-join", again, f"{_named(calls_of_again)} a join"),
        Row(
            what="a first join with a pool, to a re-join",
            median=f"{compared.median:.2f} × as long",
            remarks=f"processor time {times(compared)} ×; {more_calls:.2f} × as many calls",
        ),
    ]
    return Section("First joins, the app alone", rows, figures)


def _named(calls: Mapping[str, float]) -> str:
    return ", ".join(f"{number:.2f} {name}" for name, number in calls.items())
