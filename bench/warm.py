"""A whole warm join, compared with the sum of its unavoidable parts.

All run in one process without a network, on one processor like a Lambda of this memory size.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jwt
from botocore.session import Session
from jwt import PyJWK
from opentok import Client, Roles

from app import build_app
from bench.canned_network import canned_network
from bench.figures.costs import Cost, Spread, interleaved, processors, ratios, timed, walls
from bench.figures.report import Row, Section, cost_row, times
from bench.join_event import CREATED, LambdaContext, join_event
from bench.surroundings import (
    API_KEY,
    API_SECRET,
    AUDIENCE,
    AWS_VARIABLES,
    ISSUER,
    TOKEN_SECONDS,
    Surroundings,
    room_of_alice,
)
from chalicelib.adapters.dynamodb.room_items import room_item, room_key
from chalicelib.composition.aws import aws_clients
from chalicelib.core.model.room import Room

AIM: Final = 1.1
"""The highest accepted ratio of a whole join to its parts."""

WARM_RATIO: Final = "a warm join, to the sum of its parts"
GET_ITEM_RATIO: Final = "a get_item as the join makes it, to plain botocore's"

ROUNDS: Final = 1000
_ROUNDS_TO_WARM_UP: Final = 100
_GET_ITEM: Final = "one botocore get_item"
_OUR_GET_ITEM: Final = "a get_item as the join makes it"
_TABLE: Final = "roomkey-bench-rooms"
_HOST: Final = "dynamodb.test"


def section(rounds: int = ROUNDS) -> Section:
    """Measure a warm join and its parts."""
    os.environ |= AWS_VARIABLES | {"AWS_ENDPOINT_URL_DYNAMODB": f"http://{_HOST}"}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    around, room = Surroundings(), room_of_alice("standup")
    item = json.dumps({"Item": room_item(room)}).encode()
    with canned_network(around.answers() | {_HOST: item}):
        calls = {"join": _join(around, room)} | _parts(around, room)
        measured = {name: timed(call) for name, call in calls.items()}
        interleaved(_ROUNDS_TO_WARM_UP, measured)
        return _section(interleaved(rounds, measured))


def _join(around: Surroundings, room: Room) -> Callable[[], object]:
    """Return a whole join, from API Gateway's event to the answer."""
    app = build_app(around.settings(_TABLE))
    event = json.dumps(join_event(room.name, around.bearer()))

    def join() -> None:
        answer = app(json.loads(event), LambdaContext())
        if answer["statusCode"] != CREATED:
            raise RuntimeError(answer["body"])

    return join


def _parts(around: Surroundings, room: Room) -> dict[str, Callable[[], object]]:
    bearer, key = around.bearer(), PyJWK(around.key.public_jwk())
    opentok = Client(API_KEY, API_SECRET)
    dynamodb: Any = Session().create_client("dynamodb")
    ours, _ = aws_clients()
    return {
        "one RS256 verification": lambda: jwt.decode(
            bearer, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER
        ),
        _GET_ITEM: lambda: dynamodb.get_item(
            TableName=_TABLE, Key=room_key(room.name), ConsistentRead=True
        ),
        "one SDK generate_token": lambda: opentok.generate_token(
            room.session_id,
            role=Roles.moderator,
            expire_time=int(time.time()) + TOKEN_SECONDS,
            data='{"userId":"alice","name":"Alice","role":"moderator","data":null}',
        ),
        _OUR_GET_ITEM: lambda: ours.get_item(
            TableName=_TABLE, Key=room_key(room.name), ConsistentRead=True
        ),
    }


def _section(costs: dict[str, list[Cost]]) -> Section:
    whole, ours = costs.pop("join"), costs.pop(_OUR_GET_ITEM)
    parts = _together(costs)
    per_second = 1 / Spread.of(processors(whole)).median
    rows = [
        *(cost_row(name, each) for name, each in costs.items()),
        cost_row("the sum of these parts", parts),
        cost_row("a whole join", whole, f"{_compared(whole, parts)} × its parts; aim: ≤ {AIM}"),
        cost_row(_OUR_GET_ITEM, ours, f"{_compared(ours, costs[_GET_ITEM])} × plain botocore"),
        Row(what="joins per second on one processor", median=f"{per_second:.0f}"),
    ]
    figures = {
        WARM_RATIO: ratios(processors(whole), processors(parts)).median,
        GET_ITEM_RATIO: ratios(processors(ours), processors(costs[_GET_ITEM])).median,
    }
    return Section("Warm join, without a network", rows, figures)


def _together(parts: Mapping[str, Sequence[Cost]]) -> list[Cost]:
    """Return the sum of the parts' costs in each round."""
    return [
        Cost(sum(walls(each)), sum(processors(each))) for each in zip(*parts.values(), strict=True)
    ]


def _compared(whole: Sequence[Cost], parts: Sequence[Cost]) -> str:
    return times(ratios(processors(whole), processors(parts)))
