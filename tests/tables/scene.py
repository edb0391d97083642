"""A table with everything in it: rooms, seats, recordings, guests, those who wait and who left."""

import json
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import jwt
import time_machine

from tests.support.gateway import Reply
from tests.support.live import Live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_SECRET

SETTINGS: Final = {"MIN_POOLED_SESSIONS": "2", "MAX_POOLED_SESSIONS": "2"}
"""Settings of the app that plays the scene, and of the app that reads its table."""
CLOSES_AT: Final = NOON + timedelta(hours=1)
QUESTIONS: Final = (
    ("alice", "rooms"),
    ("alice", "rooms/seats"),
    ("alice", "rooms/seats/connections"),
    ("alice", "rooms/seats/archives"),
    ("alice", "rooms/seats/broadcasts"),
    ("alice", "rooms/seats/bans"),
    ("alice", "rooms/seats/attendance"),
    ("alice", "rooms/met/attendance"),
    ("alice", "rooms/clinic"),
    ("alice", "rooms/clinic/waiting"),
    ("alice", "rooms/clinic/invitations"),
    ("alice", "rooms/closing"),
    ("alice", "rooms/gone"),
    ("mallory", "rooms/seats"),
    ("root", "rooms?live=true"),
    ("root", "usage?by=room"),
    ("root", "users/alice"),
    ("root", "users/zoe"),
)
"""The requests about the table, each time by a user. root is an admin."""


@dataclass(frozen=True)
class Known:
    """The things that people outside the table know of it."""

    session_id: str
    alices_connection: str
    bobs_data: str
    """The connection data in the client token by which bob holds a seat."""
    running_archive: str
    code: str
    """The invitation's code."""
    guest_key: str


def play(live: Live, clock: time_machine.Traveller) -> Known:
    """Let people do everything that the table keeps something of."""
    live.run("refill_session_pool")
    _erin_comes_and_goes(live, clock)
    session_id = live.room(
        "seats", maxParticipants=3, moderators=["alice", "mona"], archiveRetentionDays=7
    )["sessionId"]
    alices_connection = live.enter("alice", "seats")
    live.publish(alices_connection, name="Camera")
    live.settle()
    _done(live.ask("alice", "POST", "/rooms/seats/bans", {"userId": "mallory"}))
    running, over = (
        _start(live, "archives", {"multiArchiveTag": name}) for name in ("long", "short")
    )
    live.stand_ins.opentok.move_archive(over, "available")
    _start(live, "broadcasts", {"outputs": {"hls": {}}})
    live.settle()
    held = live.token("bob", "seats")
    live.room("closing", closesAt=CLOSES_AT.isoformat())
    live.room("gone")
    _done(live.ask("alice", "DELETE", "/rooms/gone"))
    code, guest_key = _people_wait(live)
    live.room("zoes", owner="zoe")
    _done(live.ask("root", "DELETE", "/users/zoe", admin=True))
    return Known(
        session_id,
        alices_connection,
        jwt.decode(held, API_SECRET, algorithms=["HS256"])["connection_data"],
        running,
        code,
        guest_key,
    )


def ask_all(live: Live) -> dict[str, Any]:
    """Return the status and the body of the answer to each question."""
    answers = {}
    for user, path in QUESTIONS:
        reply = live.ask(user, "GET", f"/{path}", admin=user == "root")
        answers[f"{user}: {path}"] = {"status": reply.status, "body": reply.json}
    return answers


def invite(live: Live, code: str, guest_key: str) -> Reply:
    """Let a guest ask for a client token."""
    body = json.dumps({"code": code, "guestKey": guest_key, "name": "Greta"})
    return live.gateway.request("POST", "/invitations/tokens", body=body)


def _erin_comes_and_goes(live: Live, clock: time_machine.Traveller) -> None:
    live.room("met")
    connection = live.enter("erin", "met")
    live.publish(connection)
    live.settle()
    clock.shift(timedelta(minutes=10))
    live.leave(connection)
    live.settle()
    # What is over is counted at once. When a call is counted depends on its session's id.
    clock.shift(timedelta(minutes=2))
    live.run("reconcile_sessions")


def _people_wait(live: Live) -> tuple[str, str]:
    """Let a guest and a user wait for a room, and admit another user."""
    live.room("clinic", waitingRoom=True)
    invited = live.ask("alice", "POST", "/rooms/clinic/invitations", {"maxUses": 5})
    code, guest_key = invited.json["code"], "a-key-of-random-characters"
    assert invite(live, code, guest_key).status == HTTPStatus.ACCEPTED
    places = {}
    for user in ("walter", "wanda"):
        reply = live.ask(user, "POST", "/rooms/clinic/tokens", {})
        places[user] = reply.json["waiting"]["id"]
    _done(live.ask("alice", "POST", f"/rooms/clinic/waiting/{places['wanda']}/admission"))
    return code, guest_key


def _start(live: Live, kind: str, options: object) -> str:
    return str(_done(live.ask("alice", "POST", f"/rooms/seats/{kind}", options)).json["id"])


def _done(reply: Reply) -> Reply:
    assert reply.status < HTTPStatus.BAD_REQUEST, reply.text
    return reply
