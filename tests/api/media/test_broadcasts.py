"""Broadcasts over HTTP, from start to stop."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.noon import NOON

pytestmark = pytest.mark.usefixtures("clock")
BROADCASTS = "/rooms/standup/broadcasts"
HLS: dict[str, Any] = {"outputs": {"hls": {}}}
RTMP = {
    "id": "tube",
    "serverUrl": "rtmps://me:s3cret@live.test:443/app?key=s3cret",
    "streamName": "s3cret",
}
EVERY_OPTION = {
    "outputs": {"hls": {"dvr": True, "lowLatency": False}, "rtmp": [RTMP]},
    "layout": {"type": "custom", "stylesheet": "stream { float: left }"},
    "maxDuration": 60,
    "maxBitrate": 6_000_000,
    "resolution": "1920x1080",
    "streamMode": "manual",
    "multiBroadcastTag": "first",
    "hasAudio": True,
    "hasVideo": False,
}


def somebody_publishes(live: Live) -> None:
    live.room()
    live.publish(live.enter("bob"))
    live.settle()
    live.stand_ins.opentok.clear_calls()


@pytest.fixture
def entered(live: Live) -> Live:
    somebody_publishes(live)
    return live


def start(live: Live, **options: object) -> Any:
    reply = live.ask("alice", "POST", BROADCASTS, HLS | options)
    assert reply.status == 201, reply.text
    live.settle()
    return reply.json


def control(live: Live, method: str, path: str, body: object = None, user: str = "alice") -> Any:
    return live.ask(user, method, f"{BROADCASTS}/{path}", body)


def listed(live: Live) -> list[Any]:
    return list(live.ask("alice", "GET", BROADCASTS).json["items"])


def test_every_option_is_opentoks_and_the_answer_is_opentoks_without_keys(entered: Live) -> None:
    shown = start(entered, **EVERY_OPTION)

    (call,) = (each for each in entered.stand_ins.opentok.calls if each.method == "POST")
    session_id = entered.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    assert call.json == EVERY_OPTION | {"sessionId": session_id}
    assert shown["room"] == "standup"
    assert shown["sessionId"] == session_id
    assert shown["broadcastUrls"]["hls"].endswith("?DVR")
    assert shown["broadcastUrls"]["rtmp"] == [
        {"id": "tube", "serverUrl": "rtmps://live.test:443/app", "status": "connecting"}
    ]
    assert (shown["maxDuration"], shown["resolution"], shown["hasVideo"]) == (
        60,
        "1920x1080",
        False,
    )


def test_null_counts_as_not_given(entered: Live) -> None:
    nulls = dict.fromkeys(EVERY_OPTION.keys() - {"outputs"})
    start(entered, **nulls, outputs={"hls": {"dvr": None, "lowLatency": None}, "rtmp": None})
    (call,) = (each for each in entered.stand_ins.opentok.calls if each.method == "POST")
    assert call.json.keys() == {"sessionId", "outputs", "maxDuration"}
    assert call.json["outputs"] == {"hls": {}}
    (rtmp,) = start(
        entered,
        multiBroadcastTag="second",
        outputs={"hls": None, "rtmp": [RTMP | {"id": None}]},
    )["broadcastUrls"]["rtmp"]
    assert rtmp["serverUrl"] == "rtmps://live.test:443/app"
    nothing = entered.ask("alice", "POST", BROADCASTS, {"outputs": {"hls": None, "rtmp": None}})
    assert (nothing.status, nothing.field) == (422, "outputs")


def test_a_streams_key_is_in_no_answer_no_record_and_no_log(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody_publishes(live)
    broadcast_id = start(live, outputs={"rtmp": [RTMP]})["id"]
    replies = [
        control(live, "GET", broadcast_id),
        live.ask("alice", "GET", BROADCASTS),
        control(live, "PUT", f"{broadcast_id}/layout", {"type": "pip"}),
        control(live, "POST", f"{broadcast_id}/stop"),
        control(live, "GET", broadcast_id),
    ]
    live.settle()
    assert {reply.status for reply in replies} == {200}
    for told in (*(reply.text for reply in replies), str(live.stand_ins.items())):
        assert "s3cret" not in told
    log = capsys.readouterr().out
    assert "/rooms/{room}/broadcasts/{broadcast_id}/stop" in log
    assert "s3cret" not in log


def test_a_streams_key_that_opentok_repeats_when_asked_to_stop_is_in_no_log(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody_publishes(live)
    broadcast_id = start(live, outputs={"rtmp": [RTMP]})["id"]
    for status in (400, 403, 409, 500):
        told = '{"code": 1, "message": "bad: s3cret"}'
        fault = Fault(f"{broadcast_id}/stop", status=status, body=told)
        live.stand_ins.opentok.faults.add(fault, times=2)
        assert "s3cret" not in control(live, "POST", f"{broadcast_id}/stop").text
        live.stand_ins.opentok.faults.clear()
    log = capsys.readouterr().out
    assert "/rooms/{room}/broadcasts/{broadcast_id}/stop" in log
    assert "s3cret" not in log


def test_it_is_listed_newest_first_page_by_page_and_shown_as_it_stands(
    entered: Live, clock: time_machine.Traveller
) -> None:
    ids = []
    for tag in "abc":
        ids.append(start(entered, multiBroadcastTag=tag)["id"])
        clock.shift(2)
    first = entered.ask("alice", "GET", f"{BROADCASTS}?limit=2").json
    rest = entered.ask("alice", "GET", f"{BROADCASTS}?limit=2&cursor={first['cursor']}").json
    assert [each["id"] for each in (*first["items"], *rest["items"])] == ids[::-1]
    assert rest["cursor"] is None
    assert {each["room"] for each in first["items"]} == {"standup"}

    clock.shift(30)
    entered.stand_ins.opentok.deliver_to("broadcast", None)
    assert control(entered, "GET", ids[0]).json["broadcastUrls"]["hlsStatus"] == "live"


def test_it_is_stopped_once(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    stopped = control(entered, "POST", f"{broadcast_id}/stop")
    assert (stopped.status, stopped.json["status"]) == (200, "stopped")
    assert stopped.json["broadcastUrls"] is None
    again = control(entered, "POST", f"{broadcast_id}/stop")
    assert (again.status, again.code) == (409, "broadcast_not_running")


def test_one_that_has_ended_is_shown_from_the_record(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    control(entered, "POST", f"{broadcast_id}/stop")
    entered.settle()
    entered.stand_ins.opentok.clear_calls()
    assert control(entered, "GET", broadcast_id).json["status"] == "stopped"
    assert entered.stand_ins.opentok.calls == []


def test_one_that_has_ended_by_itself_unheard_is_found_to_have(
    entered: Live, clock: time_machine.Traveller
) -> None:
    entered.stand_ins.opentok.deliver_to("broadcast", None)
    ids = [start(entered, multiBroadcastTag=tag, maxDuration=60)["id"] for tag in "abc"]
    clock.shift(timedelta(minutes=5))
    assert control(entered, "GET", ids[0]).json["status"] == "stopped"
    assert control(entered, "POST", f"{ids[1]}/stop").json["status"] == "stopped"
    absent = '{"message": "Broadcast not found"}'
    entered.stand_ins.opentok.faults.add(Fault("/layout", status=404, body=absent))
    late = control(entered, "PUT", f"{ids[2]}/layout", {"type": "pip"})
    assert (late.status, late.code) == (409, "broadcast_not_running")
    assert {each["status"] for each in listed(entered)} == {"stopped"}


NOT_THERE = '{"message": "Not found."}'
CONFLICT = '{"message": "Not in a state for this."}'


def test_one_that_opentok_wrongly_said_has_ended_is_stopped_all_the_same(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    fault = Fault(f"/broadcast/{broadcast_id}/stop", status=404, body=NOT_THERE)
    entered.stand_ins.opentok.faults.add(fault)
    stopped = control(entered, "POST", f"{broadcast_id}/stop")
    assert (stopped.status, stopped.json["status"]) == (200, "stopped")
    assert stopped.json["broadcastUrls"] is None
    assert entered.stand_ins.opentok.inspect("broadcasts", broadcast_id)["status"] == "started"

    stopped = control(entered, "POST", f"{broadcast_id}/stop")
    assert (stopped.status, stopped.json["status"]) == (200, "stopped")
    assert entered.stand_ins.opentok.inspect("broadcasts", broadcast_id)["status"] == "stopped"


def test_a_conflict_at_opentok_does_not_end_one_on_record(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    faults = entered.stand_ins.opentok.faults
    faults.add(Fault(f"/broadcast/{broadcast_id}/stop", status=409, body=CONFLICT))
    assert control(entered, "POST", f"{broadcast_id}/stop").json["status"] == "started"
    faults.add(Fault(f"/broadcast/{broadcast_id}/layout", status=409, body=CONFLICT))
    layout = control(entered, "PUT", f"{broadcast_id}/layout", {"type": "pip"})
    assert (layout.status, layout.code) == (502, "provider_refused")
    assert [each["status"] for each in listed(entered)] == ["started"]


@pytest.mark.parametrize(
    "body",
    ['{"items": [], "count": 0}', '{"items": [{"id": 7}], "count": 1}'],
    ids=["not listed", "unreadable"],
)
def test_one_that_is_not_listed_is_asked_about_before_it_counts_as_ended(
    entered: Live, clock: time_machine.Traveller, body: str
) -> None:
    start(entered)
    clock.shift(timedelta(minutes=2))
    entered.stand_ins.opentok.faults.add(Fault("/broadcast", status=200, body=body))
    entered.run("reconcile_sessions")
    assert [each["status"] for each in listed(entered)] == ["started"]


def test_what_opentok_tells_of_its_end_is_kept_though_it_was_known_to_have_ended(
    entered: Live, clock: time_machine.Traveller
) -> None:
    broadcast_id = start(entered)["id"]
    clock.shift(60)
    entered.stand_ins.opentok.plan_callbacks(order="hold")
    entered.stand_ins.opentok.move("broadcasts", broadcast_id, "stopped", "by itself")
    clock.shift(60)
    fault = Fault(f"/broadcast/{broadcast_id}/stop", status=404, body=NOT_THERE)
    entered.stand_ins.opentok.faults.add(fault)
    assert control(entered, "POST", f"{broadcast_id}/stop").json["broadcastUrls"] is None
    entered.stand_ins.opentok.plan_callbacks(order="forward")
    entered.settle()
    (shown,) = listed(entered)
    assert (shown["status"], shown["updatedAt"]) == (
        "stopped",
        int((NOON + timedelta(seconds=60)).timestamp() * 1000),
    )


def test_its_layout_is_changed(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    layout = {"type": "bestFit", "screenshareType": "pip"}
    reply = control(entered, "PUT", f"{broadcast_id}/layout", layout)
    assert (reply.status, reply.json["id"]) == (200, broadcast_id)
    assert entered.stand_ins.opentok.inspect("broadcasts", broadcast_id)["layout"] == layout


def test_streams_are_taken_in_and_left_out_of_a_manual_one(entered: Live) -> None:
    stream_id = entered.at_opentok()["streams"][0]["streamId"]
    broadcast_id = start(entered, streamMode="manual")["id"]
    path = f"{broadcast_id}/streams"
    added = control(entered, "PATCH", path, {"addStream": stream_id, "hasVideo": False})
    assert (added.status, added.text) == (204, "")
    assert control(entered, "GET", broadcast_id).json["streams"] == [
        {"streamId": stream_id, "hasAudio": True, "hasVideo": False}
    ]
    assert control(entered, "PATCH", path, {"removeStream": stream_id}).status == 204
    assert control(entered, "GET", broadcast_id).json["streams"] == []
    strange = control(entered, "PATCH", path, {"addStream": "no-such-stream"})
    assert (strange.status, strange.code) == (404, "stream_not_found")


def test_one_that_takes_its_streams_by_itself_is_sent_none(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    entered.stand_ins.opentok.clear_calls()
    reply = control(entered, "PATCH", f"{broadcast_id}/streams", {"addStream": "s1"})
    assert (reply.status, reply.code) == (409, "streams_not_manual")
    assert entered.stand_ins.opentok.calls == []

    manual = start(entered, streamMode="manual", multiBroadcastTag="m")["id"]
    entered.stand_ins.opentok.faults.add(Fault("/streams", status=405))
    reply = control(entered, "PATCH", f"{manual}/streams", {"addStream": "s1"})
    assert (reply.status, reply.code) == (409, "streams_not_manual")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"outputs": {}}, "outputs"),
        ({"outputs": {"rtmp": []}}, "outputs"),
        ({"outputs": None}, "outputs"),
        ({"outputs": {"hls": {"dvr": True, "lowLatency": True}}}, "outputs.hls.lowLatency"),
        ({"outputs": {"hls": {"quality": 1}}}, "outputs.hls.quality"),
        ({"outputs": {"rtmp": [{**RTMP, "id": str(n)} for n in range(6)]}}, "outputs.rtmp"),
        ({"outputs": {"rtmp": [RTMP, RTMP]}}, "outputs.rtmp"),
        ({"outputs": {"rtmp": [{"serverUrl": "rtmp://h/a"}]}}, "outputs.rtmp[0].streamName"),
        (
            {"outputs": {"rtmp": [RTMP | {"id": "b"}, RTMP | {"serverUrl": "http://h/a"}]}},
            "outputs.rtmp[1].serverUrl",
        ),
        (
            {"outputs": {"rtmp": [RTMP | {"serverUrl": "rtmp://h/" + "a" * 2048}]}},
            "outputs.rtmp[0].serverUrl",
        ),
        (
            {"outputs": {"rtmp": [RTMP | {"streamName": "s3cret\n"}]}},
            "outputs.rtmp[0].streamName",
        ),
        ({"outputs": {"rtmp": [RTMP | {"id": "a\0"}]}}, "outputs.rtmp[0].id"),
        (
            # Its author means a password, and urlsplit() a port and a path.
            {"outputs": {"rtmp": [RTMP | {"serverUrl": "rtmp://me:12/s3cret@live.test/app"}]}},
            "outputs.rtmp[0].serverUrl",
        ),
        (
            {"outputs": {"rtmp": [RTMP | {"serverUrl": "rtmp://live.test/app?key=s3cret@b"}]}},
            "outputs.rtmp[0].serverUrl",
        ),
        ({"multiBroadcastTag": "a\tb"}, "multiBroadcastTag"),
        ({"layout": {"type": "custom", "stylesheet": "a\0"}}, "layout.stylesheet"),
        (
            {"outputs": {"rtmp": [RTMP | {"streamName": "key socks=10.0.0.1:1080"}]}},
            "outputs.rtmp[0].streamName",
        ),
        (
            {"outputs": {"rtmp": [RTMP | {"streamName": "rtmp://10.0.0.1/app"}]}},
            "outputs.rtmp[0].streamName",
        ),
        ({"layout": {"type": "grid"}}, "layout.type"),
        ({"layout": {"type": "custom"}}, "layout.stylesheet"),
        ({"layout": {"type": "pip", "stylesheet": "a"}}, "layout.stylesheet"),
        ({"layout": {"type": "pip", "screenshareType": "pip"}}, "layout.screenshareType"),
        ({"maxDuration": 59}, "maxDuration"),
        ({"maxDuration": 36_001}, "maxDuration"),
        ({"maxBitrate": 99_999}, "maxBitrate"),
        ({"maxBitrate": 6_000_001}, "maxBitrate"),
        ({"resolution": "100x100"}, "resolution"),
        ({"streamMode": "some"}, "streamMode"),
        ({"multiBroadcastTag": ""}, "multiBroadcastTag"),
        ({"hasAudio": False, "hasVideo": False}, "hasAudio"),
    ],
)
def test_what_opentok_forbids_is_refused_before_it_is_asked(
    entered: Live, options: dict[str, object], field: str
) -> None:
    reply = entered.ask("alice", "POST", BROADCASTS, HLS | options)
    assert (reply.status, reply.field) == (422, field)
    assert "s3cret" not in reply.text
    assert entered.stand_ins.opentok.calls == []


@pytest.mark.parametrize(
    ("path", "method", "body", "field"),
    [
        ("layout", "PUT", {}, "type"),
        ("layout", "PUT", {"type": "custom"}, "stylesheet"),
        ("streams", "PATCH", {}, "addStream"),
        ("streams", "PATCH", {"addStream": "a", "removeStream": "b"}, "removeStream"),
        ("streams", "PATCH", {"removeStream": "b", "hasAudio": True}, "hasAudio"),
        ("streams", "PATCH", {"addStream": "a", "hasAudio": False, "hasVideo": False}, "hasAudio"),
    ],
)
def test_changes_that_opentok_forbids_are_refused_before_it_is_asked(
    entered: Live, path: str, method: str, body: dict[str, object], field: str
) -> None:
    broadcast_id = start(entered, streamMode="manual")["id"]
    entered.stand_ins.opentok.clear_calls()
    reply = control(entered, method, f"{broadcast_id}/{path}", body)
    assert (reply.status, reply.field) == (422, field)
    assert entered.stand_ins.opentok.calls == []


def test_a_second_one_needs_a_tag_of_its_own(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    refused = entered.ask("alice", "POST", BROADCASTS, HLS)
    assert (refused.status, refused.code) == (409, "already_broadcasting")
    assert refused.json["broadcastId"] == broadcast_id
    start(entered, multiBroadcastTag="second")


def test_another_rooms_broadcast_is_404_and_only_moderators_may(entered: Live) -> None:
    broadcast_id = start(entered)["id"]
    entered.room("retro")
    entered.stand_ins.opentok.clear_calls()
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/stop", None),
        ("PUT", "/layout", {"type": "pip"}),
        ("PATCH", "/streams", {"addStream": "s1"}),
    ):
        for room, wrong in (("retro", broadcast_id), ("standup", "..%2F.."), ("standup", "x")):
            reply = entered.ask("alice", method, f"/rooms/{room}/broadcasts/{wrong}{path}", body)
            assert (reply.status, reply.code) == (404, "broadcast_not_found")
        refused = control(entered, method, f"{broadcast_id}{path}", body, user="bob")
        assert (refused.status, refused.code) == (403, "not_a_moderator")
    assert entered.ask("bob", "GET", BROADCASTS).code == "not_a_moderator"
    assert entered.ask("alice", "GET", "/rooms/retro/broadcasts").json["items"] == []
    assert entered.stand_ins.opentok.calls == []


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 502, "provider_refused"),
        (403, 502, "provider_refused"),
        (408, 503, "provider_unavailable"),
        (500, 503, "provider_unavailable"),
    ],
)
def test_opentoks_failures_while_it_runs_are_reported_for_what_they_are(
    entered: Live, status: int, expected: int, code: str
) -> None:
    broadcast_id = start(entered, streamMode="manual")["id"]
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/stop", None),
        ("PUT", "/layout", {"type": "pip"}),
        ("PATCH", "/streams", {"addStream": "s1"}),
    ):
        entered.stand_ins.opentok.faults.add(Fault("/broadcast", status=status), times=9)
        reply = control(entered, method, f"{broadcast_id}{path}", body)
        assert (reply.status, reply.code) == (expected, code)
        entered.stand_ins.opentok.faults.clear()
    assert [each["status"] for each in listed(entered)] == ["started"]
