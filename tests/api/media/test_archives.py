"""Archives over HTTP, from the start to the download of the file."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine

from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.noon import NOON

pytestmark = pytest.mark.usefixtures("clock")
ARCHIVES = "/rooms/standup/archives"
EVERY_OPTION: dict[str, Any] = {
    "name": "Stand-up",
    "hasAudio": True,
    "hasVideo": True,
    "outputMode": "composed",
    "resolution": "1280x720",
    "layout": {"type": "bestFit", "screenshareType": "pip"},
    "streamMode": "manual",
    "multiArchiveTag": "first",
    "quantizationParameter": 20,
}


@pytest.fixture
def recorded(live: Live) -> Live:
    """Return the service with a room in which bob publishes."""
    live.room()
    live.publish(live.enter("bob"))
    live.settle()
    live.stand_ins.opentok.clear_calls()
    return live


def start(live: Live, room: str = "standup", **options: object) -> Any:
    reply = live.ask("alice", "POST", f"/rooms/{room}/archives", options)
    assert reply.status == 201, reply.text
    live.settle()
    return reply.json


def at_opentok(live: Live, archive_id: str, status: str) -> None:
    """Give the archive this status at OpenTok, and deliver the callback."""
    live.stand_ins.opentok.move_archive(archive_id, status)
    live.settle()


def listed(live: Live, user: str = "bob", room: str = "standup") -> list[Any]:
    return list(live.ask(user, "GET", f"/rooms/{room}/archives").json["items"])


def test_an_archive_from_its_start_to_its_file(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    started = start(recorded, name="Stand-up")
    assert (started["room"], started["status"], started["name"]) == (
        "standup",
        "started",
        "Stand-up",
    )
    path = f"{ARCHIVES}/{started['id']}"
    assert recorded.ask("bob", "GET", f"{path}/media").code == "archive_not_ready"

    clock.shift(60)
    stopped = recorded.ask("alice", "POST", f"{path}/stop")
    assert stopped.status == 200
    assert (stopped.json["status"], stopped.json["reason"]) == ("stopped", "user initiated")
    assert recorded.ask("bob", "GET", f"{path}/media").code == "archive_not_ready"

    clock.shift(60)
    media = recorded.ask("bob", "GET", f"{path}/media")
    assert (media.status, media.text) == (302, "")
    assert requests.get(media.headers["Location"], timeout=5).ok
    (shown,) = listed(recorded)
    assert (shown["status"], shown["duration"], shown["url"]) == ("available", 60, None)
    assert shown["size"] > 0
    assert "stoppedAt" not in shown  # the record's own

    assert recorded.ask("alice", "DELETE", path).status == 204
    assert recorded.ask("bob", "GET", path).code == "archive_not_found"
    assert recorded.ask("alice", "DELETE", path).code == "archive_not_found"
    assert listed(recorded) == []


def test_every_option_reaches_opentok_and_every_field_comes_back(recorded: Live) -> None:
    started = start(recorded, **EVERY_OPTION)
    (call,) = recorded.stand_ins.opentok.calls
    session_id = recorded.ask("bob", "GET", "/rooms/standup").json["sessionId"]
    assert call.json == EVERY_OPTION | {"sessionId": session_id}
    assert started["quantizationParameter"] == 20
    theirs = recorded.stand_ins.opentok.move_archive(started["id"], "started")
    assert {name: value for name, value in started.items() if name != "room"} == theirs | {
        "createdAt": started["createdAt"],
        "updatedAt": started["updatedAt"],
    }
    assert recorded.ask("bob", "GET", f"{ARCHIVES}/{started['id']}").json == started


def test_an_individual_archive_is_transcribed_and_its_addresses_are_fresh(recorded: Live) -> None:
    properties = {"primaryLanguageCode": "pt-BR", "hasSummary": True}
    started = start(
        recorded,
        outputMode="individual",
        hasTranscription=True,
        transcriptionProperties=properties,
        resolution=None,
        layout=None,
    )
    assert started["transcription"]["primaryLanguageCode"] == "pt-BR"
    path = f"{ARCHIVES}/{started['id']}"
    recorded.ask("alice", "POST", f"{path}/stop")
    at_opentok(recorded, started["id"], "available")

    (shown,) = listed(recorded)
    assert (shown["url"], shown["transcription"]["url"]) == (None, None)
    first, second = (recorded.ask("bob", "GET", path).json for _ in range(2))
    assert requests.get(first["url"], timeout=5).ok
    assert requests.get(first["transcription"]["url"], timeout=5).ok
    assert first["url"] != second["url"]
    assert "Signature" not in str(recorded.stand_ins.items())


def test_a_list_and_a_running_archive_are_read_without_opentok(recorded: Live) -> None:
    archive_id = start(recorded)["id"]
    recorded.stand_ins.opentok.clear_calls()
    assert [each["id"] for each in listed(recorded)] == [archive_id]
    assert recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}").status == 200
    assert recorded.stand_ins.opentok.calls == []


def test_an_archive_is_read_from_the_record_while_opentok_is_away(recorded: Live) -> None:
    archive_id = start(recorded)["id"]
    at_opentok(recorded, archive_id, "available")
    recorded.stand_ins.opentok.faults.add(Fault("/archive", status=500), times=9)
    reply = recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}")
    assert (reply.status, reply.json["status"], reply.json["url"]) == (200, "available", None)
    media = recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}/media")
    assert (media.status, media.code) == (503, "provider_unavailable")


def test_one_that_opentok_says_it_has_not_is_not_found_and_its_record_stays(
    recorded: Live,
) -> None:
    archive_id = start(recorded)["id"]
    at_opentok(recorded, archive_id, "available")
    fault = Fault("/archive/", status=404, body='{"message":"Not found"}')
    recorded.stand_ins.opentok.faults.add(fault, times=2)
    for path in (f"{ARCHIVES}/{archive_id}", f"{ARCHIVES}/{archive_id}/media"):
        assert recorded.ask("bob", "GET", path).code == "archive_not_found"
    assert len(listed(recorded)) == 1
    assert recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}/media").status == 302


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("paused", (409, "archive_not_ready")),
        ("failed", (409, "archive_failed")),
        ("expired", (410, "archive_expired")),
        ("deleted", (404, "archive_not_found")),
        ("uploaded", (409, "archive_not_ready")),
    ],
)
def test_where_there_is_no_file_the_answer_says_why(
    recorded: Live, status: str, answer: tuple[int, str]
) -> None:
    archive_id = start(recorded)["id"]
    at_opentok(recorded, archive_id, status)
    reply = recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}/media")
    assert (reply.status, reply.code) == answer


def test_that_an_archive_has_expired_is_asked_of_opentok_if_it_was_not_reported(
    recorded: Live,
) -> None:
    archive_id = start(recorded)["id"]
    at_opentok(recorded, archive_id, "available")
    recorded.stand_ins.opentok.plan_callbacks(drop=1)
    at_opentok(recorded, archive_id, "expired")
    reply = recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}/media")
    assert (reply.status, reply.code) == (410, "archive_expired")
    assert listed(recorded)[0]["status"] == "expired"


def test_automatic_archives_appear_by_callbacks_alone(live: Live) -> None:
    live.room(archiveMode="always", archiveName="minutes", archiveResolution="1280x720")
    live.publish(live.enter("bob"))
    live.settle()
    live.stand_ins.opentok.clear_calls()
    (shown,) = listed(live)
    assert (shown["name"], shown["resolution"], shown["status"]) == (
        "minutes",
        "1280x720",
        "started",
    )
    assert live.stand_ins.opentok.calls == []
    tagged = live.ask("alice", "POST", ARCHIVES, {"multiArchiveTag": "mine"})
    assert tagged.status == 201
    untagged = live.ask("alice", "POST", ARCHIVES, {})
    assert (untagged.status, untagged.code) == (409, "already_recording")
    assert "multiArchiveTag" in untagged.json["detail"]
    assert untagged.json["archiveId"] == shown["id"]


def test_a_stop_does_not_pretend_to_end_an_automatic_archive(live: Live) -> None:
    live.room(archiveMode="always")
    bob = live.enter("bob")
    (running,) = listed(live)
    reply = live.ask("alice", "POST", f"{ARCHIVES}/{running['id']}/stop")
    assert (reply.status, reply.code, reply.field) == (409, "immutable", "archiveMode")
    assert "everybody has left" in reply.json["detail"]
    mine = live.ask("alice", "POST", ARCHIVES, {"multiArchiveTag": "mine"}).json["id"]
    assert live.ask("alice", "POST", f"{ARCHIVES}/{mine}/stop").json["status"] == "stopped"

    live.leave(bob)
    live.settle()
    assert not [each for each in listed(live) if each["status"] == "started"]


def test_several_archives_run_at_once_by_tag(recorded: Live) -> None:
    ids = {tag: start(recorded, multiArchiveTag=tag)["id"] for tag in ("a", "b")}
    again = recorded.ask("alice", "POST", ARCHIVES, {"multiArchiveTag": "a"})
    assert (again.status, again.code) == (409, "already_recording")
    assert again.json["archiveId"] == ids["a"]
    assert {each["multiArchiveTag"] for each in listed(recorded)} == {"a", "b"}


def test_layout_and_streams_of_a_running_archive(recorded: Live) -> None:
    (stream,) = recorded.at_opentok()["streams"]
    archive_id = start(recorded, streamMode="manual")["id"]
    path = f"{ARCHIVES}/{archive_id}"
    layout = {"type": "custom", "stylesheet": "stream.instructor {width: 100%}"}
    reply = recorded.ask("alice", "PUT", f"{path}/layout", layout)
    assert (reply.status, reply.json["id"]) == (200, archive_id)
    stream_id = stream["streamId"]
    for change in ({"addStream": stream_id, "hasVideo": False}, {"removeStream": stream_id}):
        reply = recorded.ask("alice", "PATCH", f"{path}/streams", change)
        assert (reply.status, reply.text) == (204, "")
    sent = [call.json for call in recorded.stand_ins.opentok.calls[-3:]]
    assert sent == [
        layout,
        {"addStream": stream_id, "hasVideo": False},
        {"removeStream": stream_id},
    ]


def test_the_list_goes_on_page_by_page_for_this_caller_alone(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    begun = []
    for number in range(5):
        begun.append(start(recorded, multiArchiveTag=str(number))["id"])
        clock.shift(1)
    found: list[str] = []
    query = "?limit=2"
    for size in (2, 2, 1):
        page = recorded.ask("bob", "GET", ARCHIVES + query).json
        assert len(page["items"]) == size
        found += [each["id"] for each in page["items"]]
        query = f"?limit=2&cursor={page['cursor']}"
    assert found == begun[::-1]
    assert page["cursor"] is None
    for user, cursor in (
        ("carol", recorded.ask("bob", "GET", f"{ARCHIVES}?limit=1")),
        ("bob", None),
    ):
        asked = "damaged" if cursor is None else cursor.json["cursor"]
        reply = recorded.ask(user, "GET", f"{ARCHIVES}?cursor={asked}")
        assert (reply.code, reply.field) == ("invalid_field", "cursor")


def test_another_rooms_archive_is_not_found_whatever_opentok_knows(recorded: Live) -> None:
    archive_id = start(recorded)["id"]
    recorded.room("retro")
    recorded.stand_ins.opentok.clear_calls()
    path = f"/rooms/retro/archives/{archive_id}"
    for method, below, body in (
        ("GET", "", None),
        ("GET", "/media", None),
        ("POST", "/stop", None),
        ("PUT", "/layout", {"type": "pip"}),
        ("PATCH", "/streams", {"addStream": "s"}),
        ("DELETE", "", None),
    ):
        reply = recorded.ask("alice", method, path + below, body)
        assert (reply.status, reply.code) == (404, "archive_not_found")
    assert recorded.stand_ins.opentok.calls == []
    for strange in ("x" * 2000, "..", "a%20b"):
        assert recorded.ask("alice", "GET", f"{ARCHIVES}/{strange}").status == 404


def test_archives_survive_a_change_of_session_and_the_closing_of_the_room_but_not_its_name(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    archive_id = start(recorded)["id"]
    at_opentok(recorded, archive_id, "available")
    closes_at = NOON + timedelta(minutes=1)
    recorded.patch(closesAt=closes_at.isoformat())
    clock.shift(120)
    reopened = recorded.patch(closesAt=None)
    assert [each["id"] for each in listed(recorded)] == [archive_id]
    assert listed(recorded)[0]["sessionId"] != reopened["sessionId"]

    assert recorded.ask("alice", "DELETE", "/rooms/standup").status == 204
    assert [each["id"] for each in listed(recorded)] == [archive_id]
    assert recorded.ask("bob", "GET", f"{ARCHIVES}/{archive_id}/media").status == 302

    recorded.room()
    assert listed(recorded) == []
    assert recorded.ask("alice", "GET", f"{ARCHIVES}/{archive_id}").code == "archive_not_found"


def test_a_room_whose_time_is_over_is_not_recorded_on(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    start(recorded)
    recorded.patch(closesAt=(NOON + timedelta(minutes=5)).isoformat())
    clock.shift(timedelta(minutes=6))
    recorded.run("enforce_closing_times")
    assert listed(recorded)[0]["reason"] == "user initiated"
    reply = recorded.ask("alice", "POST", ARCHIVES, {})
    assert (reply.status, reply.code) == (409, "room_closed")


@pytest.mark.parametrize(("method", "below"), [("GET", ""), ("GET", "/media"), ("POST", "/stop")])
def test_an_answer_about_another_rooms_archive_is_none(
    recorded: Live, method: str, below: str
) -> None:
    recorded.room("retro")
    recorded.enter("carol", "retro")
    others = recorded.ask("alice", "POST", "/rooms/retro/archives", {"name": "secret"}).json
    archive_id = start(recorded)["id"]
    if method == "GET":
        at_opentok(recorded, archive_id, "available")
    body = json.dumps({key: others[key] for key in others if key != "room"})
    fault = Fault(f"/archive/{archive_id}", status=200, body=body)
    recorded.stand_ins.opentok.faults.add(fault)
    reply = recorded.ask("alice", method, f"{ARCHIVES}/{archive_id}{below}")
    assert "secret" not in reply.text
    assert [each["id"] for each in listed(recorded)] == [archive_id]
