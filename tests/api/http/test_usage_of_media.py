"""The minutes of media, each from its start over HTTP to the sum that admins see."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.support.live import Live
from tests.support.servers.stand_ins import CALLBACKS

pytestmark = pytest.mark.usefixtures("clock")
MINUTES = {
    "composedArchiveMinutes": 1,
    "individualArchiveMinutes": 2,
    "broadcastMinutes": 3,
    "captionMinutes": 4,
    "renderMinutes": 5,
    "sipMinutes": 6,
}


def start(live: Live, path: str, body: object) -> Any:
    reply = live.ask("alice", "POST", f"/rooms/standup/{path}", body)
    assert reply.status in {201, 202}, reply.text
    live.settle()
    return reply.json


def total(live: Live) -> dict[str, float]:
    reply = live.ask("root", "GET", "/usage", admin=True)
    assert reply.status == 200
    return {name: reply.json["total"][name] for name in MINUTES}


@pytest.mark.parametrize("reported", [True, False], ids=["callbacks", "reconciliation"])
def test_every_kind_counts_its_minutes_from_callbacks_or_from_reconciliation_alone(
    entered: Live, clock: time_machine.Traveller, reported: bool
) -> None:
    live = entered
    (bob,) = live.connected()
    live.publish(bob)
    live.settle()
    if not reported:
        for kind in CALLBACKS:
            live.stand_ins.opentok.deliver_to(kind, None)
    whole = start(live, "archives", {"multiArchiveTag": "whole"})["id"]
    parts = start(live, "archives", {"multiArchiveTag": "parts", "outputMode": "individual"})["id"]
    shown = start(live, "broadcasts", {"outputs": {"hls": {}}})["id"]
    captions = start(live, "captions", {})["captionsId"]
    render = start(live, "renders", {"url": "https://page.test/board"})["id"]
    live.stand_ins.opentok.move("renders", render, "started")
    call = start(live, "sip", {"sip": {"uri": "sip:bob@pbx.test;transport=tls"}})["connectionId"]
    ends = {
        1: ("POST", f"archives/{whole}/stop"),
        2: ("POST", f"archives/{parts}/stop"),
        3: ("POST", f"broadcasts/{shown}/stop"),
        4: ("POST", f"captions/{captions}/stop"),
        5: ("DELETE", f"renders/{render}"),
        6: ("DELETE", f"connections/{call}"),
    }
    for minute, (method, path) in ends.items():
        clock.shift(timedelta(minutes=1))
        assert live.ask("alice", method, f"/rooms/standup/{path}").status < 300
        for each in (whole, parts) if minute == 2 else ():
            live.stand_ins.opentok.move("archives", each, "available")
        live.settle()
        live.run("reconcile_sessions")
        live.settle()
    live.leave(bob)
    for _ in range(2):
        clock.shift(timedelta(minutes=2))
        live.run("reconcile_sessions")
    counted = total(live)
    if not reported:
        # A telephone is on no list but that of connections, which has no ends.
        assert 6 <= counted["sipMinutes"] <= 6 + 2.5
        counted["sipMinutes"] = 6
    assert counted == MINUTES
