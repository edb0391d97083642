"""Recording by sample apps: what each of them parses, and what none of them may."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import time_machine

from tests.support.sample_app import ROOM, SampleApp, parsed, running_sample_app
from tests.support.sample_clients import (
    ANDROID_ARCHIVE,
    ANDROID_ARCHIVES,
    IOS_ARCHIVE,
    IOS_ARCHIVES,
    WEB_ARCHIVE_STARTED,
    WEB_ARCHIVE_STOPPED,
    WEB_TRANSCRIPTION,
)
from tests.support.stand_ins import StandIns

pytestmark = pytest.mark.usefixtures("clock")
NOBODYS = "30b3ebf1-ba36-4f5b-8def-6f70d9986fe9"


@pytest.fixture
def app(stand_ins: StandIns) -> Iterator[SampleApp]:
    with running_sample_app(stand_ins) as app:
        yield app


def started(app: SampleApp) -> str:
    reply = app.about_session("/archive/start")
    assert reply.status == 200, reply.text
    app.live.settle()
    return str(reply.json["id"])


def members_archive(app: SampleApp) -> str:
    """An archive of a room that is no sample app's."""
    app.live.room()
    app.live.enter("bob")
    reply = app.live.ask("alice", "POST", "/rooms/standup/archives")
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def test_a_learning_servers_app_records_and_sees_its_film(app: SampleApp) -> None:
    archive = parsed(app.about_session("/archive/start"), WEB_ARCHIVE_STARTED)
    assert archive["name"] == ROOM
    view = f"/archive/{archive['id']}/view"
    pending = app.get(view)
    assert pending.status == 200
    assert pending.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "not ready yet" in pending.text

    parsed(app.post(f"/archive/{archive['id']}/stop"), WEB_ARCHIVE_STOPPED)
    app.move_archive(archive["id"], "available")
    film = app.get(view)
    assert (film.status, film.text) == (302, "")
    assert requests.get(film.headers["Location"], timeout=5).ok


def test_a_transcription_is_asked_for_until_it_is_there(app: SampleApp) -> None:
    archive = app.about_session("/archive/start", outputMode="individual", hasTranscription=True)
    path = f"/archive/{archive.json['id']}"
    app.post(f"{path}/stop")
    app.move_archive(archive.json["id"], "available")
    transcription = parsed(app.get(path), WEB_TRANSCRIPTION)["transcription"]
    assert transcription["status"] == "available"
    assert requests.get(transcription["url"], timeout=5).ok


def test_a_reference_app_records_and_lists(app: SampleApp) -> None:
    start = app.post(f"/session/{ROOM}/startArchive")
    archive = parsed(start, IOS_ARCHIVE)
    parsed(start, ANDROID_ARCHIVE)
    app.live.settle()
    listing = app.get(f"/session/{ROOM}/archives")
    (listed,) = parsed(listing, IOS_ARCHIVES)["archives"]
    parsed(listing, ANDROID_ARCHIVES)
    assert (listed["id"], listed["status"], listed["url"]) == (
        archive["archiveId"],
        "started",
        None,
    )

    stop = app.post(f"/session/{ROOM}/{archive['archiveId']}/stopArchive")
    parsed(stop, IOS_ARCHIVE)
    parsed(stop, ANDROID_ARCHIVE)
    app.move_archive(archive["archiveId"], "available")
    listing = app.get(f"/session/{ROOM}/archives")
    (listed,) = parsed(listing, IOS_ARCHIVES)["archives"]
    parsed(listing, ANDROID_ARCHIVES)
    assert listed["url"].endswith(f"/archive/{listed['id']}/view")


def test_a_film_in_the_owners_own_storage_is_available_and_no_page_waits_for_it(
    app: SampleApp,
) -> None:
    archive_id = started(app)
    app.move_archive(archive_id, "uploaded")
    (listed,) = parsed(app.get(f"/session/{ROOM}/archives"), ANDROID_ARCHIVES)["archives"]
    assert listed["status"] == "available"
    # This stage has no bucket: OpenTok uploads to one that it does not know.
    reply = app.get(f"/archive/{archive_id}/view")
    assert (reply.status, reply.code) == (409, "archive_not_ready")


def test_a_room_that_nobody_has_joined_yet_has_no_archives_and_others_are_not_there(
    app: SampleApp,
) -> None:
    assert parsed(app.get("/session/Other/archives"), IOS_ARCHIVES)["archives"] == []
    assert app.get("/session/elsewhere/archives").code == "room_not_found"


def test_a_listed_archives_url_keeps_the_stage_of_api_gateway(app: SampleApp) -> None:
    archive_id = started(app)
    app.move_archive(archive_id, "available")
    event = app.live.gateway.event("GET", f"/session/{ROOM}/archives")
    event["requestContext"]["domainName"] = "rooms.example"
    (listed,) = app.live.gateway.send(event).json["archives"]
    assert listed["url"] == f"https://rooms.example/api/archive/{archive_id}/view"


@pytest.mark.parametrize(
    ("body", "headers"),
    [(None, {}), ("", {"Content-Type": "application/json"}), (" ", {}), ("{not json", {})],
)
def test_a_stop_needs_neither_body_nor_content_type(
    app: SampleApp, body: str | None, headers: dict[str, str]
) -> None:
    path = f"/archive/{started(app)}/stop"
    reply = app.live.gateway.request("POST", path, body=body, headers=headers)
    parsed(reply, WEB_ARCHIVE_STOPPED)


def test_a_start_is_read_whatever_its_content_type_and_whatever_else_it_holds(
    app: SampleApp,
) -> None:
    body = f'{{"sessionId": "{app.session_id}", "resolution": "8K", "layout": {{"type": "odd"}}}}'
    reply = app.live.gateway.request("POST", "/archive/start?x=1&x=2&%FF", body=body)
    assert parsed(reply, WEB_ARCHIVE_STARTED)["resolution"] == "640x480"


def test_a_room_has_one_recording_at_a_time(app: SampleApp) -> None:
    archive_id = started(app)
    again = app.about_session("/archive/start")
    assert (again.status, again.code) == (409, "already_recording")
    assert again.json["detail"].endswith("stop that archive first.")
    again = app.post(f"/session/{ROOM}/startArchive")
    assert (again.status, again.code) == (409, "already_recording")
    assert app.post(f"/archive/{archive_id}/stop").status == 200
    again = app.post(f"/archive/{archive_id}/stop")
    assert (again.status, again.code) == (409, "archive_not_running")
    assert app.about_session("/archive/start").status == 200


def test_a_recording_is_kept_for_a_day(app: SampleApp, clock: time_machine.Traveller) -> None:
    archive_id = started(app)
    app.post(f"/archive/{archive_id}/stop")
    app.move_archive(archive_id, "available")
    clock.shift(23 * 3600)
    app.live.run("delete_expired_archives")
    assert app.get("/archive").json["count"] == 1
    clock.shift(3 * 3600)
    app.live.run("delete_expired_archives")
    assert app.get("/archive").json == {"count": 0, "items": []}
    assert app.get(f"/archive/{archive_id}").code == "archive_not_found"


def test_nothing_is_recorded_where_the_stage_does_not_allow_it(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, SAMPLE_RECORDING="off") as app:
        stand_ins.opentok.clear_calls()
        for reply in (
            app.about_session("/archive/start"),
            app.post(f"/session/{ROOM}/startArchive"),
        ):
            assert (reply.status, reply.code) == (403, "role_not_allowed")
            assert "SAMPLE_RECORDING" in reply.json["detail"]
        assert stand_ins.opentok.calls == []


def test_archives_of_other_rooms_are_not_there(app: SampleApp) -> None:
    archive_id = members_archive(app)
    app.live.stand_ins.opentok.clear_calls()
    for reply in (
        app.get(f"/archive/{archive_id}"),
        app.get(f"/archive/{archive_id}/view"),
        app.post(f"/archive/{archive_id}/stop"),
        app.post(f"/session/{ROOM}/{archive_id}/stopArchive"),
    ):
        assert (reply.status, reply.code) == (404, "archive_not_found")
    assert app.get("/archive").json == {"count": 0, "items": []}
    assert app.live.stand_ins.opentok.calls == []
    session_id = app.live.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    reply = app.post("/archive/start", sessionId=session_id)
    assert (reply.status, reply.code) == (404, "room_not_found")


def test_a_sample_rooms_archive_is_stopped_by_the_room_that_has_it(app: SampleApp) -> None:
    archive_id = started(app)
    app.get("/session/other")
    reply = app.post(f"/session/other/{archive_id}/stopArchive")
    assert (reply.status, reply.code) == (404, "archive_not_found")
    assert app.get(f"/archive/{archive_id}").json["status"] == "started"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/session/standup/startArchive"),
        ("GET", "/session/standup/archives"),
        ("POST", f"/session/standup/{NOBODYS}/stopArchive"),
    ],
)
def test_rooms_that_the_operator_has_not_named_have_no_archives(
    app: SampleApp, method: str, path: str
) -> None:
    reply = app.live.gateway.request(method, path)
    assert (reply.status, reply.code) == (404, "room_not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "sessionId"),
        ({"sessionId": 7}, "sessionId"),
        ({"sessionId": "a b"}, "sessionId"),
        ({"sessionId": "1_x", "outputMode": "loud"}, "outputMode"),
        ({"sessionId": "1_x", "hasTranscription": True}, "hasTranscription"),
    ],
)
def test_a_start_that_cannot_be_is_refused_and_changes_nothing(
    app: SampleApp, body: dict[str, Any], field: str
) -> None:
    before = app.live.stand_ins.items()
    reply = app.post("/archive/start", **body)
    assert (reply.status, reply.field) == (422, field)
    assert app.live.stand_ins.items() == before


def test_nobody_is_recorded_where_nobody_is(app: SampleApp) -> None:
    reply = app.post("/session/other/startArchive")
    assert (reply.status, reply.code) == (404, "room_not_found")
    app.get("/session/other")
    reply = app.post("/session/other/startArchive")
    assert (reply.status, reply.code) == (409, "nobody_connected")
