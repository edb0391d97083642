"""Renders of web pages into a room, over HTTP."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_SECRET

pytestmark = pytest.mark.usefixtures("clock")
RENDERS = "/rooms/standup/renders"
PAGE = {"url": "https://page.test/board?room=standup"}


def start(live: Live, **options: object) -> Any:
    reply = live.ask("alice", "POST", RENDERS, PAGE | options)
    assert reply.status == 202, reply.text
    live.settle()
    return reply.json


def listed(live: Live) -> list[Any]:
    return list(live.ask("alice", "GET", RENDERS).json["items"])


def test_every_option_is_opentoks_and_the_answer_is_opentoks(entered: Live) -> None:
    options = {"maxDuration": 60, "resolution": "720x1280", "properties": {"name": "Board"}}
    shown = start(entered, **options)
    (call,) = (each for each in entered.stand_ins.opentok.calls if each.method == "POST")
    assert (PAGE | options).items() <= call.json.items()
    assert (shown["status"], shown["url"]) == ("starting", PAGE["url"])
    claims = jwt.decode(call.json["token"], API_SECRET, algorithms=["HS256"])
    assert (claims["role"], claims["exp"]) == (
        "publisher",
        int((NOON + timedelta(minutes=5)).timestamp()),
    )
    assert json.loads(claims["connection_data"])["service"] == "render"


def test_it_is_shown_as_it_stands_with_its_stream(entered: Live) -> None:
    render_id = start(entered)["id"]
    entered.stand_ins.opentok.move("renders", render_id, "started")
    entered.settle()
    shown = entered.ask("alice", "GET", f"{RENDERS}/{render_id}").json
    assert (shown["status"], shown["room"]) == ("started", "standup")
    (on_list,) = listed(entered)
    assert on_list["streamId"] == shown["streamId"]
    # The callback tells neither; what was told before stays.
    assert (on_list["url"], on_list["status"]) == (PAGE["url"], "started")


@pytest.mark.parametrize("status", [200, 204])
def test_it_is_stopped_again_and_again_whatever_opentok_answers_with(
    entered: Live, status: int
) -> None:
    entered.stand_ins.opentok.render_stop_status = status
    try:
        render_id = start(entered)["id"]
        for _ in range(2):
            reply = entered.ask("alice", "DELETE", f"{RENDERS}/{render_id}")
            assert (reply.status, reply.text) == (204, "")
    finally:
        entered.stand_ins.opentok.render_stop_status = 200
    assert [each["status"] for each in listed(entered)] == ["stopped"]
    # One that has ended as far as is known may run all the same.
    deletes = [each for each in entered.stand_ins.opentok.calls if each.method == "DELETE"]
    assert len(deletes) == 2


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"url": "http://page.test/board"}, "url"),
        ({"url": "https://a.test"}, "url"),
        ({"url": "https://" + "a" * 2048}, "url"),
        ({"url": "https://user:word@page.test/"}, "url"),
        ({"url": "https://page.test/a b"}, "url"),
        ({"url": "https://page.test:port/board"}, "url"),
        ({"url": None}, "url"),
        ({"maxDuration": 59}, "maxDuration"),
        ({"maxDuration": 36_001}, "maxDuration"),
        ({"resolution": "1x1"}, "resolution"),
        ({"properties": {"name": ""}}, "properties.name"),
        ({"properties": {"name": "n" * 201}}, "properties.name"),
        ({"properties": {"name": "n\r\n"}}, "properties.name"),
        ({"properties": {"title": "n"}}, "properties.title"),
    ],
)
def test_what_opentok_forbids_is_refused_before_it_is_asked(
    entered: Live, options: dict[str, object], field: str
) -> None:
    reply = entered.ask("alice", "POST", RENDERS, PAGE | options)
    assert (reply.status, reply.field) == (422, field)
    assert entered.stand_ins.opentok.calls == []


def test_another_rooms_render_is_404_and_only_moderators_may(entered: Live) -> None:
    render_id = start(entered)["id"]
    entered.room("retro")
    entered.stand_ins.opentok.clear_calls()
    for method in ("GET", "DELETE"):
        for path in (f"retro/renders/{render_id}", "standup/renders/x", "standup/renders/..%2F"):
            reply = entered.ask("alice", method, f"/rooms/{path}")
            assert (reply.status, reply.code) == (404, "render_not_found")
        refused = entered.ask("bob", method, f"{RENDERS}/{render_id}")
        assert (refused.status, refused.code) == (403, "not_a_moderator")
    assert entered.ask("bob", "GET", RENDERS).code == "not_a_moderator"
    assert entered.ask("alice", "GET", "/rooms/retro/renders").json["items"] == []
    assert entered.stand_ins.opentok.calls == []


def test_one_among_more_than_opentok_lists_at_once_is_not_taken_for_ended(
    entered: Live, clock: time_machine.Traveller
) -> None:
    start(entered)
    clock.shift(timedelta(minutes=2))
    others = '{"items": [], "count": 1001}'
    entered.stand_ins.opentok.faults.add(Fault("/render", status=200, body=others))
    entered.run("reconcile_sessions")
    assert [each["status"] for each in listed(entered)] == ["started"]
