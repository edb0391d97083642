"""A warm join, whole, against the sum of those parts of it that nobody can do without.

In one process and without a network: what a join costs a processor.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import boto3
import jwt
from botocore.config import Config
from jwt import PyJWK
from local.opentok.session_ids import new_session_id
from local.signing_keys import SigningKey, new_signing_keys
from opentok import Client, Roles

from app import build_app
from bench.canned_network import canned_network
from bench.costs import Cost, Spread, interleaved, processors, ratios, timed, walls
from bench.join_event import LambdaContext, join_event
from bench.report import Row, Section, cost_row, times
from chalicelib.adapters.dynamodb.items import room_item, room_key
from chalicelib.core.rooms import Room, RoomSettings

AIM: Final = 1.5
"""How many times its parts a whole join may cost."""

_ROUNDS: Final = 1000
_FIRST_ROUNDS: Final = 100
_ISSUER: Final = "https://issuer.roomkey.test/"
_AUDIENCE: Final = "roomkey-bench"
_API_KEY: Final = "47000003"
_API_SECRET: Final = "feedfeedfeedfeedfeedfeedfeedfeedfeedfeed"  # noqa: S105 - made up
_DAY: Final = 86400
_ENVIRONMENT: Final = {
    "ROOMS_TABLE": "roomkey-bench-rooms",
    "OPENTOK_SECRET_ID": "roomkey/bench/opentok",
    "AUTH_ISSUER": _ISSUER,
    "AUTH_AUDIENCE": _AUDIENCE,
    "AUTH_JWKS_URL": "http://issuer.test/jwks.json",
}


def section() -> Section:
    """What a warm join costs."""
    key = new_signing_keys()["RS256"]
    room = Room(
        name="standup",
        room_id="0b8f4d9c51f34b6b9c1f7f6e2f4d8a10",
        session_id=new_session_id(_API_KEY, location="", relayed=False, now=time.time()),
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        created_by="alice",
        settings=RoomSettings(moderators=frozenset({"alice"})),
    )
    answers = {
        "dynamodb.test": {"Item": room_item(room)},
        "secretsmanager.test": {
            "SecretString": json.dumps({"apiKey": _API_KEY, "apiSecret": _API_SECRET})
        },
        "issuer.test": {"keys": [key.public_jwk()]},
    }
    with canned_network({host: json.dumps(body).encode() for host, body in answers.items()}):
        calls = {"whole join": _join(key)} | _parts(key, room)
        costs = {name: timed(call) for name, call in calls.items()}
        interleaved(_FIRST_ROUNDS, costs)
        return _section(interleaved(_ROUNDS, costs))


def _bearer(key: SigningKey) -> str:
    now = int(time.time())
    claims = {"iss": _ISSUER, "aud": _AUDIENCE, "sub": "alice", "name": "Alice", "iat": now}
    return jwt.encode(
        claims | {"exp": now + _DAY}, key.private_key, "RS256", headers={"kid": key.kid}
    )


def _join(key: SigningKey) -> Callable[[], object]:
    app, event = build_app(_ENVIRONMENT), json.dumps(join_event("standup", _bearer(key)))

    def join() -> None:
        answer = app(json.loads(event), LambdaContext())
        if answer["statusCode"] != 201: raise RuntimeError(answer)

    return join


def _parts(key: SigningKey, room: Room) -> dict[str, Callable[[], object]]:
    bearer, public = _bearer(key), PyJWK(key.public_jwk())
    config=Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=50,
    )
    dynamodb, client = boto3.client("dynamodb",config=config), Client(_API_KEY, _API_SECRET)
    return {
        "one RS256 verification": lambda: jwt.decode(
            bearer, public, algorithms=["RS256"], audience=_AUDIENCE, issuer=_ISSUER
        ),
        "one botocore get_item": lambda: dynamodb.get_item(
            TableName=_ENVIRONMENT["ROOMS_TABLE"], Key=room_key(room.name), ConsistentRead=True
        ),
        "one SDK generate_token": lambda: client.generate_token(
            room.session_id,
            role=Roles.moderator,
            expire_time=int(time.time()) + _DAY,
            data='{"userId":"alice","name":"Alice","role":"moderator","data":null}',
        ),
    }


def _section(costs: dict[str, list[Cost]]) -> Section:
    whole = costs.pop("whole join")
    together = [_sum(each) for each in zip(*costs.values(), strict=True)]
    wall, processor = ratios(walls(whole), walls(together)), ratios(processors(whole), processors(together))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = [
        *(cost_row(name, each) for name, each in costs.items()),
        cost_row("these parts together", together),
        cost_row("whole join", whole, f"wall {times(wall)} cpu {times(processor)} × its parts; aim ≤ {AIM}"),
        Row(what="joins per second and core", median=f"{1 / Spread.of(processors(whole)).median:.0f}"),
        Row(what="memory of the process", median=f"{memory / 1024:.0f} MB"),
    ]
    return Section("Warm, network stubbed at the socket", rows)


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(sum(walls(costs)), sum(processors(costs)))


if __name__ == "__main__":
    from bench.report import markdown
    s=section()
    print(markdown([s]), file=sys.stderr)
