"""Options of archives that Roomkey refuses by itself, and OpenTok's refusals with their codes."""

from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.callbacks import send_callback
from tests.support.live import Live
from tests.support.log_lines import log_lines

pytestmark = pytest.mark.usefixtures("clock")
ARCHIVES = "/rooms/standup/archives"
LAYOUT = {"type": "bestFit"}
INDIVIDUAL = {"outputMode": "individual"}


FORBIDDEN: list[tuple[dict[str, Any], list[str]]] = [
    ({"hasAudio": False, "hasVideo": False}, ["hasAudio", "hasVideo"]),
    ({**INDIVIDUAL, "resolution": "640x480"}, ["resolution"]),
    ({**INDIVIDUAL, "layout": LAYOUT}, ["layout"]),
    ({**INDIVIDUAL, "maxBitrate": 100_000}, ["maxBitrate"]),
    ({**INDIVIDUAL, "quantizationParameter": 20}, ["quantizationParameter"]),
    (
        {**INDIVIDUAL, "resolution": "640x480", "layout": LAYOUT},
        ["resolution", "layout"],
    ),
    ({"maxBitrate": 100_000, "quantizationParameter": 20}, ["maxBitrate"]),
    ({"maxBitrate": 99_999}, ["maxBitrate"]),
    ({"maxBitrate": 6_000_001}, ["maxBitrate"]),
    ({"quantizationParameter": 14}, ["quantizationParameter"]),
    ({"quantizationParameter": 41}, ["quantizationParameter"]),
    ({"hasTranscription": True}, ["hasTranscription"]),
    ({"hasTranscription": True, "outputMode": "composed"}, ["hasTranscription"]),
    ({**INDIVIDUAL, "transcriptionProperties": {}}, ["transcriptionProperties"]),
    (
        {**INDIVIDUAL, "hasTranscription": False, "transcriptionProperties": {}},
        ["transcriptionProperties"],
    ),
    (
        {
            **INDIVIDUAL,
            "hasTranscription": True,
            "transcriptionProperties": {"primaryLanguageCode": "e"},
        },
        ["transcriptionProperties.primaryLanguageCode"],
    ),
    (
        {
            **INDIVIDUAL,
            "hasTranscription": True,
            "transcriptionProperties": {"primaryLanguageCode": "en\n"},
        },
        ["transcriptionProperties.primaryLanguageCode"],
    ),
    ({"name": "a\nb"}, ["name"]),
    ({"multiArchiveTag": "\0"}, ["multiArchiveTag"]),
    ({"layout": {"type": "custom"}}, ["layout.stylesheet"]),
    ({"layout": {"type": "pip", "stylesheet": "x"}}, ["layout.stylesheet"]),
    ({"layout": {"type": "pip", "screenshareType": "pip"}}, ["layout.screenshareType"]),
    (
        {"layout": {"type": "custom", "stylesheet": "x", "screenshareType": "pip"}},
        ["layout.screenshareType"],
    ),
    ({"layout": {"type": "bestFit", "screenshareType": "custom"}}, ["layout.screenshareType"]),
    ({"layout": {"type": "grid"}}, ["layout.type"]),
    ({"layout": {}}, ["layout.type"]),
    ({"resolution": "800x600"}, ["resolution"]),
    ({"outputMode": "both"}, ["outputMode"]),
    ({"streamMode": "some"}, ["streamMode"]),
    ({"multiArchiveTag": ""}, ["multiArchiveTag"]),
    ({"name": 7}, ["name"]),
    ({"hasAudio": "yes"}, ["hasAudio"]),
    ({"sessionId": "1_x"}, ["sessionId"]),
    ({"token": "T1=="}, ["token"]),
]
"""Options that OpenTok forbids, each with the fields that the answer must name."""


def test_what_opentok_would_not_start_is_refused_before_it_is_asked(live: Live) -> None:
    live.room()
    live.stand_ins.opentok.clear_calls()
    for options, fields in FORBIDDEN:
        reply = live.ask("alice", "POST", ARCHIVES, options)
        assert (reply.status, reply.code) == (422, "invalid_field"), options
        assert [each["field"] for each in reply.json["errors"]] == fields
    assert live.stand_ins.opentok.calls == []


def test_layouts_and_streams_that_cannot_be_are_refused_before_opentok_is_asked(
    recorded: Live,
) -> None:
    path = started(recorded, streamMode="manual")
    recorded.stand_ins.opentok.clear_calls()
    changes: list[tuple[dict[str, object], str]] = [
        ({}, "type"),
        ({"type": "custom"}, "stylesheet"),
        ({"type": "pip", "stylesheet": "x"}, "stylesheet"),
        ({"type": "pip", "screenshareType": "pip"}, "screenshareType"),
        ({"type": "nothing"}, "type"),
    ]
    for layout, field in changes:
        reply = recorded.ask("alice", "PUT", f"{path}/layout", layout)
        assert (reply.status, reply.field) == (422, field), layout
    changes = [
        ({}, "addStream"),
        ({"addStream": "a", "removeStream": "a"}, "removeStream"),
        ({"removeStream": "a", "hasAudio": True}, "hasAudio"),
        ({"removeStream": "a", "hasVideo": True}, "hasVideo"),
        ({"addStream": "a", "hasAudio": False, "hasVideo": False}, "hasAudio"),
        ({"addStream": 7}, "addStream"),
    ]
    for change, field in changes:
        reply = recorded.ask("alice", "PATCH", f"{path}/streams", change)
        assert (reply.status, reply.field) == (422, field), change
    assert recorded.stand_ins.opentok.calls == []


def test_only_what_takes_its_streams_by_hand_has_them_changed(recorded: Live) -> None:
    path = started(recorded)
    reply = recorded.ask("alice", "PATCH", f"{path}/streams", {"addStream": "a"})
    assert (reply.status, reply.code) == (409, "streams_not_manual")
    assert recorded.stand_ins.opentok.count("/streams") == 0


def test_an_individual_archive_has_no_layout(recorded: Live) -> None:
    path = started(recorded, outputMode="individual")
    reply = recorded.ask("alice", "PUT", f"{path}/layout", LAYOUT)
    assert (reply.status, reply.field) == (422, "type")
    assert recorded.stand_ins.opentok.count("/layout") == 0


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"mediaMode": "relayed"}, "not_routed"), ({"e2ee": True}, "encrypted_room")],
)
def test_a_room_that_cannot_be_recorded_is_refused_before_opentok_is_asked(
    live: Live, settings: dict[str, Any], code: str
) -> None:
    live.room(**settings)
    live.enter("bob")
    live.stand_ins.opentok.clear_calls()
    reply = live.ask("alice", "POST", ARCHIVES, {})
    assert (reply.status, reply.code) == (409, code)
    assert live.stand_ins.opentok.calls == []


def test_a_room_with_nobody_in_it_is_not_recorded(live: Live) -> None:
    live.room()
    reply = live.ask("alice", "POST", ARCHIVES, {})
    assert (reply.status, reply.code) == (409, "nobody_connected")


OPENTOKS = [
    ("POST", "", 400, "bad", 502, "provider_refused"),
    ("POST", "", 403, "Invalid signature", 502, "provider_refused"),
    ("POST", "", 404, "Session not found", 409, "nobody_connected"),
    ("POST", "", 404, None, 503, "start_unconfirmed"),
    ("POST", "", 409, "Session is already recorded", 409, "already_recording"),
    ("POST", "", 500, "System error", 503, "start_unconfirmed"),
    ("POST", "/stop", 400, "bad", 502, "provider_refused"),
    ("POST", "/stop", 403, "Invalid signature", 502, "provider_refused"),
    ("POST", "/stop", 404, "You passed in an invalid archive ID.", 409, "archive_not_running"),
    ("POST", "/stop", 409, "You can only stop", 409, "archive_not_running"),
    ("POST", "/stop", 500, "System error", 503, "provider_unavailable"),
    ("PUT", "/layout", 400, "bad", 502, "provider_refused"),
    ("PUT", "/layout", 403, "Invalid signature", 502, "provider_refused"),
    ("PUT", "/layout", 404, "No such archive", 409, "archive_not_running"),
    ("PUT", "/layout", 500, "System error", 503, "provider_unavailable"),
    ("PATCH", "/streams", 400, "bad", 502, "provider_refused"),
    ("PATCH", "/streams", 403, "Invalid signature", 502, "provider_refused"),
    ("PATCH", "/streams", 404, "No such stream", 404, "stream_not_found"),
    ("PATCH", "/streams", 405, "streamMode auto", 409, "streams_not_manual"),
    ("PATCH", "/streams", 500, "System error", 503, "provider_unavailable"),
]
"""OpenTok's documented errors, each with the status and code that Roomkey answers."""


def test_each_of_opentoks_refusals_is_reported_by_a_code_of_ours(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    path, faults = started(recorded, streamMode="manual"), recorded.stand_ins.opentok.faults
    clock.shift(30)
    bodies = {"/layout": LAYOUT, "/streams": {"addStream": "a"}}
    for method, below, status, message, ours, code in OPENTOKS:
        said = f'{{"code":-1,"message":"{message}"}}' if message else "<html>no such page</html>"
        faults.add(Fault(below or "/archive", status, body=said), times=2)
        url = path + below if below else ARCHIVES
        reply = recorded.ask("alice", method, url, bodies.get(below))
        assert (reply.status, reply.code) == (ours, code), (below, status, reply.text)
        assert message is None or message not in reply.json["detail"]
        faults.clear()


def test_opentoks_own_word_that_a_session_is_relayed_is_not_routed(recorded: Live) -> None:
    body = '{"code":15008,"message":"Only routed sessions are allowed to initiate archives."}'
    recorded.stand_ins.opentok.faults.add(Fault("/archive", 409, body=body))
    assert recorded.ask("alice", "POST", ARCHIVES, {}).code == "not_routed"


def test_what_has_ended_is_neither_stopped_nor_changed_again(recorded: Live) -> None:
    path = started(recorded, streamMode="manual")
    assert recorded.ask("alice", "POST", f"{path}/stop").status == 200
    recorded.stand_ins.opentok.clear_calls()
    for method, below, body in (
        ("POST", "/stop", None),
        ("PUT", "/layout", LAYOUT),
        ("PATCH", "/streams", {"addStream": "a"}),
    ):
        reply = recorded.ask("alice", method, path + below, body)
        assert (reply.status, reply.code) == (409, "archive_not_running")
    assert recorded.stand_ins.opentok.calls == []


def test_a_stop_that_opentok_refuses_brings_the_record_up_to_date(recorded: Live) -> None:
    path = started(recorded)
    recorded.stand_ins.opentok.plan_callbacks(drop=1)
    recorded.stand_ins.opentok.move_archive(path.rpartition("/")[2], "failed", "failure")
    assert recorded.ask("alice", "POST", f"{path}/stop").code == "archive_not_running"
    (shown,) = recorded.ask("bob", "GET", ARCHIVES).json["items"]
    assert (shown["status"], shown["reason"]) == ("failed", "failure")


def test_one_that_is_being_recorded_is_not_deleted_and_opentok_is_not_asked_to(
    recorded: Live,
) -> None:
    path = started(recorded)
    recorded.stand_ins.opentok.clear_calls()
    reply = recorded.ask("alice", "DELETE", path)
    assert (reply.status, reply.code) == (409, "archive_not_ready")
    assert "Stop it first" in reply.json["detail"]
    assert recorded.stand_ins.opentok.calls == []


def test_one_that_opentok_says_twice_it_has_not_when_it_is_to_be_stopped_is_gone(
    recorded: Live,
) -> None:
    path = started(recorded)
    archive_id = path.rpartition("/")[2]
    absent = '{"message": "Not found. You passed in an invalid archive ID."}'
    fault = Fault(f"/archive/{archive_id}", status=404, body=absent)
    recorded.stand_ins.opentok.faults.add(fault, times=2)
    assert recorded.ask("alice", "POST", f"{path}/stop").code == "archive_not_running"
    assert recorded.ask("bob", "GET", ARCHIVES).json["items"] == []


def test_what_is_not_finished_is_not_deleted_and_what_is_finished_is(recorded: Live) -> None:
    for status in ("paused", "stopped", "available", "failed", "expired"):
        path = started(recorded, multiArchiveTag=status)
        recorded.stand_ins.opentok.move_archive(path.rpartition("/")[2], status)
        recorded.settle()
        reply = recorded.ask("alice", "DELETE", path)
        if status in ("paused", "stopped"):
            assert (reply.status, reply.code) == (409, "archive_not_ready")
            assert recorded.ask("bob", "GET", path).status == 200
        else:
            assert reply.status == 204, status
            assert recorded.ask("bob", "GET", path).code == "archive_not_found"


@pytest.mark.parametrize("heard", [True, False])
def test_one_whose_file_is_not_reached_is_not_said_to_be_deleted(
    live: Live, capsys: pytest.CaptureFixture[str], *, heard: bool
) -> None:
    live.room()
    live.enter("bob")
    path = started(live)
    assert live.ask("alice", "POST", f"{path}/stop").status == 200
    live.settle()
    live.stand_ins.opentok.plan_callbacks(drop=0 if heard else 1)
    live.stand_ins.opentok.move_archive(path.rpartition("/")[2], "uploaded")
    live.settle()
    reply = live.ask("alice", "DELETE", path)
    assert (reply.status, reply.code) == (409, "archive_not_ready")
    assert "bucket that this service cannot access" in reply.json["detail"]
    (note,) = [line["note"] for line in log_lines(capsys) if "note" in line]
    assert "set ARCHIVE_BUCKET" in note
    assert live.ask("bob", "GET", path).status == 200
    assert not [each for each in live.stand_ins.opentok.calls if each.method == "DELETE"]


def test_one_of_a_status_unknown_here_is_stopped(recorded: Live) -> None:
    path = started(recorded)
    content = dict(recorded.ask("alice", "GET", path).json)
    assert send_callback(recorded.gateway, "archive", content | {"status": "pausing"}).status == 200
    assert recorded.ask("bob", "GET", path).json["status"] == "pausing"
    assert recorded.ask("alice", "POST", f"{path}/stop").json["status"] == "stopped"


def test_a_deletion_that_opentok_does_not_answer_may_be_repeated(recorded: Live) -> None:
    path = started(recorded)
    archive_id = path.rpartition("/")[2]
    recorded.stand_ins.opentok.move_archive(archive_id, "available")
    recorded.settle()
    recorded.stand_ins.opentok.faults.add(Fault(f"/archive/{archive_id}", status=500), times=2)
    assert recorded.ask("alice", "DELETE", path).code == "provider_unavailable"
    assert recorded.ask("alice", "DELETE", path).status == 204


def test_only_moderators_rule_over_archives(live: Live) -> None:
    live.room(members=["bob"])
    live.enter("bob")
    path = started(live)
    live.stand_ins.opentok.clear_calls()
    routes: list[tuple[str, str, object]] = [
        ("POST", ARCHIVES, {}),
        ("POST", f"{path}/stop", None),
        ("PUT", f"{path}/layout", LAYOUT),
        ("PATCH", f"{path}/streams", {"addStream": "a"}),
        ("DELETE", path, None),
    ]
    for method, url, body in routes:
        reply = live.ask("bob", method, url, body)
        assert (reply.status, reply.code) == (403, "not_a_moderator")
        reply = live.ask("mallory", method, url, body)
        assert (reply.status, reply.code) == (404, "room_not_found")
    assert live.stand_ins.opentok.calls == []


@pytest.mark.parametrize("archives_for", ["members", "moderators"])
def test_who_sees_archives_is_the_rooms_to_say(live: Live, archives_for: str) -> None:
    live.room(members=["bob"], archivesFor=archives_for)
    live.enter("bob")
    path = started(live)
    live.stand_ins.opentok.move_archive(path.rpartition("/")[2], "available")
    live.settle()
    for member_path, status in ((ARCHIVES, 200), (path, 200), (f"{path}/media", 302)):
        assert live.ask("alice", "GET", member_path).status == status
        assert live.ask("root", "GET", member_path, admin=True).status == status
        assert live.ask("mallory", "GET", member_path).code == "room_not_found"
        reply = live.ask("bob", "GET", member_path)
        if archives_for == "members":
            assert reply.status == status
        else:
            assert (reply.status, reply.code) == (403, "not_a_moderator")


@pytest.fixture
def recorded(live: Live) -> Live:
    """Return the service with a room that bob is in."""
    live.room()
    live.enter("bob")
    return live


def started(live: Live, **options: object) -> str:
    """Start an archive and return its path."""
    reply = live.ask("alice", "POST", ARCHIVES, options)
    assert reply.status == 201, reply.text
    live.settle()
    return f"{ARCHIVES}/{reply.json['id']}"
