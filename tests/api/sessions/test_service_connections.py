"""OpenTok's services in rooms with access limits: they stay, take no seat, and cannot be faked."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.support.live import Live
from tests.support.media_starts import SERVICES, Start
from tests.support.servers.stand_ins import API_KEY

pytestmark = pytest.mark.usefixtures("clock")
GUARDS: dict[str, dict[str, Any]] = {
    "capped": {"maxParticipants": 1},
    "members-only": {"members": ["bob"]},
    "locked": {},
}
CLOSING: dict[str, dict[str, Any]] = {
    "capped": {"maxParticipants": 1},
    "members-only": {"members": {"remove": ["mallory"]}},
    "locked": {"locked": True},
}
"""Changes that reject users who already have a token."""
services = pytest.mark.parametrize("start", SERVICES, ids=[each.path for each in SERVICES])
guards = pytest.mark.parametrize("guard", GUARDS)


def room_with_limits(live: Live, guard: str) -> str:
    """Make a room that is full, locked or members-only; return the connection of its one user."""
    live.room(**GUARDS[guard])
    bob = live.enter("bob")
    if guard == "locked":
        live.patch(locked=True)
    return bob


def started(live: Live, start: Start) -> str:
    """Start a service as a moderator, and return its connection."""
    before = live.connected()
    reply = live.ask("alice", "POST", f"/rooms/standup/{start.path}", start.body)
    assert reply.status == start.status, reply.text
    if start.path == "renders":
        live.stand_ins.opentok.move("renders", reply.json["id"], "started")
    live.settle()
    (connection_id,) = live.connected() - before
    return connection_id


@guards
@services
def test_it_stays_and_takes_nobodys_seat(
    live: Live, clock: time_machine.Traveller, start: Start, guard: str
) -> None:
    bob = room_with_limits(live, guard)
    service = started(live, start)
    assert live.connected() == {bob, service} == live.shown().keys()
    assert live.refusal("carol") in {"room_full", "room_locked", "not_a_member"}
    clock.shift(timedelta(seconds=6))
    counts = live.ask("bob", "GET", "/rooms/standup").json["counts"]
    assert (counts["connections"], counts["seatsHeld"]) == (2, 0)
    items = live.ask("bob", "GET", "/rooms/standup/connections").json["items"]
    assert {each["id"]: each.get("service") for each in items} == {
        bob: None,
        service: start.service,
    }


@guards
@services
def test_reconciliation_lets_it_stay(
    live: Live, clock: time_machine.Traveller, start: Start, guard: str
) -> None:
    bob = room_with_limits(live, guard)
    service = started(live, start)
    for _ in range(2):
        clock.shift(timedelta(minutes=2))
        live.run("reconcile_sessions")
        live.settle()
    assert live.connected() == {bob, service} == live.shown().keys()


@pytest.mark.parametrize("start", [each for each in SERVICES if each.path != "renders"])
@guards
def test_it_stays_though_all_callbacks_were_lost(
    live: Live, clock: time_machine.Traveller, start: Start, guard: str
) -> None:
    bob = room_with_limits(live, guard)
    for kind in ("session", "sip"):
        live.stand_ins.opentok.deliver_to(kind, None)
    service = started(live, start)
    clock.shift(timedelta(minutes=2))
    live.run("reconcile_sessions")
    assert live.connected() == {bob, service} == live.shown().keys()


def test_an_unknown_connection_is_rejected_beside_a_service_too(
    live: Live, clock: time_machine.Traveller
) -> None:
    bob = room_with_limits(live, "capped")
    service = started(live, SERVICES[0])
    session_id = live.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    live.stand_ins.opentok.send_callback(
        "session",
        API_KEY,
        {
            "sessionId": session_id,
            "event": "connectionCreated",
            "connection": {"id": "k1", "data": '{"userId":null,"service":"fax"}'},
        },
    )
    live.settle()
    clock.shift(timedelta(minutes=2))
    live.run("reconcile_sessions")
    assert live.connected() == {bob, service} == live.shown().keys()


@guards
def test_a_user_cannot_pass_for_a_service(live: Live, guard: str) -> None:
    fake = json.dumps({"userId": None, "service": "sip"})
    live.room(members=["bob", "mallory"])
    old = {
        live.token("mallory", data=fake),
        live.token("mallory", data=f'","userId":null,"service":"sip","x":"{fake}'),
        live.token("mallory", name=fake),
    }
    bob = live.enter("bob")
    live.patch(**CLOSING[guard])
    for token in old:
        live.connect(token)
    live.settle()
    assert live.connected() == {bob}


def test_a_retired_sessions_service_is_sent_away(live: Live) -> None:
    room_with_limits(live, "locked")
    started(live, SERVICES[0])
    session_id = live.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    (call,) = (each for each in live.stand_ins.opentok.calls if each.path.endswith("/dial"))
    live.ask("alice", "DELETE", "/rooms/standup")
    live.settle()
    live.stand_ins.opentok.connect(call.json["token"])
    live.settle()
    assert live.stand_ins.opentok.session(session_id)["connections"] == []
