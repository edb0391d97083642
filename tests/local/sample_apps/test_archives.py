"""Recording by sample apps, and what each of them parses."""

from typing import Any

import requests
import time_machine

from tests.support.sample_apps.sample_app import SampleApp, parsed, refusal, running_sample_app
from tests.support.sample_apps.sample_clients import (
    ANDROID_ARCHIVE,
    ANDROID_ARCHIVES,
    IOS_ARCHIVE,
    IOS_ARCHIVES,
    REACT_ARCHIVES,
    WEB_ARCHIVE_STARTED,
    WEB_ARCHIVE_STOPPED,
    WEB_TRANSCRIPTION,
)
from tests.support.servers.stand_ins import StandIns

ROOM = "session"


def started(app: SampleApp) -> str:
    archive = parsed(app.about_session("/archive/start"), WEB_ARCHIVE_STARTED)
    app.live.settle()
    return str(archive["id"])


def listed(app: SampleApp, room: str = ROOM) -> Any:
    answer = app.get(f"/session/{room}/archives")
    return parsed(answer, IOS_ARCHIVES, ANDROID_ARCHIVES, REACT_ARCHIVES)["archives"]


def test_a_learning_servers_app_records_and_sees_its_film(app: SampleApp) -> None:
    archive = parsed(app.about_session("/archive/start"), WEB_ARCHIVE_STARTED)
    assert archive["name"] == ROOM
    view = f"/archive/{archive['id']}/view"
    pending = app.get(view)
    assert pending.status_code == 200
    assert pending.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "not ready yet" in pending.text

    parsed(app.post(f"/archive/{archive['id']}/stop"), WEB_ARCHIVE_STOPPED)
    app.move_archive(archive["id"], "available")
    film = app.get(view)
    assert film.status_code == 302
    assert requests.get(film.headers["Location"], timeout=5).ok


def test_a_transcription_is_asked_for_until_it_is_there(app: SampleApp) -> None:
    answer = app.about_session("/archive/start", outputMode="individual", hasTranscription=True)
    archive = parsed(answer, WEB_ARCHIVE_STARTED)
    path = f"/archive/{archive['id']}"
    app.post(f"{path}/stop")
    app.move_archive(archive["id"], "available")

    transcription = parsed(app.get(path), WEB_TRANSCRIPTION)["transcription"]
    assert transcription["status"] == "available"
    assert requests.get(transcription["url"], timeout=5).ok


def test_a_reference_app_records_and_lists(app: SampleApp) -> None:
    app.publish_in("Demo")
    archive_id = parsed(app.post("/session/Demo/startArchive"), IOS_ARCHIVE, ANDROID_ARCHIVE)[
        "archiveId"
    ]
    app.live.settle()
    (archive,) = listed(app, "Demo")
    assert (archive["id"], archive["status"], archive["name"], archive["url"]) == (
        archive_id,
        "started",
        "Demo",
        None,
    )

    stopped = app.post(f"/session/Demo/{archive_id}/stopArchive")
    assert parsed(stopped, IOS_ARCHIVE, ANDROID_ARCHIVE)["archiveId"] == archive_id
    app.move_archive(archive_id, "available")
    (archive,) = listed(app, "Demo")
    assert archive["url"] == f"{app.url}/archive/{archive_id}/view"


def test_a_film_in_the_owners_own_storage_is_available_and_no_page_waits_for_it(
    app: SampleApp,
) -> None:
    archive_id = started(app)
    app.move_archive(archive_id, "uploaded")

    (archive,) = listed(app)
    assert archive["status"] == "available"
    # There is no bucket here: OpenTok uploads to one that the API does not know.
    assert refusal(app.get(f"/archive/{archive_id}/view")) == (409, "archive_not_ready")


def test_the_list_of_all_rooms_is_newest_first(
    app: SampleApp, clock: time_machine.Traveller
) -> None:
    first = started(app)
    clock.shift(60)
    app.publish_in("other")
    second = app.post("/session/other/startArchive").json()["archiveId"]
    app.live.settle()

    found = app.get("/archive").json()
    assert found["count"] == 2
    assert [each["id"] for each in found["items"]] == [second, first]


def test_a_stop_needs_neither_body_nor_content_type(app: SampleApp) -> None:
    for body in (None, " ", "{not json"):
        for headers in ({}, {"Content-Type": "application/json"}):
            url = f"{app.url}/archive/{started(app)}/stop"
            answer = requests.post(url, data=body, headers=headers, timeout=10)
            parsed(answer, WEB_ARCHIVE_STOPPED)


def test_a_start_is_read_whatever_its_content_type_and_whatever_else_it_holds(
    app: SampleApp,
) -> None:
    body = f'{{"sessionId": "{app.session_id}", "resolution": "8K", "layout": {{"type": "odd"}}}}'
    answer = requests.post(f"{app.url}/archive/start?x=1&x=2&%FF", data=body, timeout=10)

    assert parsed(answer, WEB_ARCHIVE_STARTED)["resolution"] == "640x480"


def test_a_room_has_one_recording_at_a_time(app: SampleApp) -> None:
    archive_id = started(app)
    for again in (app.about_session("/archive/start"), app.post(f"/session/{ROOM}/startArchive")):
        assert refusal(again) == (409, "already_recording")

    assert app.post(f"/archive/{archive_id}/stop").ok
    assert refusal(app.post(f"/archive/{archive_id}/stop")) == (409, "archive_not_running")
    assert app.about_session("/archive/start").ok


def test_a_recording_is_kept_for_a_day(app: SampleApp, clock: time_machine.Traveller) -> None:
    archive_id = started(app)
    app.post(f"/archive/{archive_id}/stop")
    app.move_archive(archive_id, "available")
    clock.shift(23 * 3600)
    app.live.run("delete_expired_archives")
    assert app.get("/archive").json()["count"] == 1

    clock.shift(3 * 3600)
    app.live.run("delete_expired_archives")
    assert app.get("/archive").json() == {"count": 0, "items": []}
    assert refusal(app.get(f"/archive/{archive_id}")) == (404, "archive_not_found")


def test_nothing_is_recorded_unless_it_is_allowed(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, recording=False) as app:
        stand_ins.opentok.clear_calls()
        for answer in (
            app.about_session("/archive/start"),
            app.post(f"/session/{ROOM}/startArchive"),
        ):
            assert refusal(answer) == (403, "role_not_allowed")
            assert "SAMPLE_RECORDING=on" in answer.json()["message"]
        assert stand_ins.opentok.calls == []


def test_archives_of_rooms_that_no_app_has_been_in_are_not_there(app: SampleApp) -> None:
    app.live.room()
    app.live.enter("bob")
    archive_id = app.live.ask("alice", "POST", "/rooms/standup/archives").json["id"]
    session_id = app.live.ask("alice", "GET", "/rooms/standup").json["sessionId"]

    for answer in (
        app.get(f"/archive/{archive_id}"),
        app.get(f"/archive/{archive_id}/view"),
        app.post(f"/archive/{archive_id}/stop"),
        app.post(f"/session/{ROOM}/{archive_id}/stopArchive"),
    ):
        assert refusal(answer) == (404, "archive_not_found")
    assert app.get("/archive").json() == {"count": 0, "items": []}
    again = app.post("/archive/start", sessionId=session_id)
    assert refusal(again) == (404, "room_not_found")


def test_a_start_that_cannot_be_is_refused_and_the_field_named(app: SampleApp) -> None:
    here = {"sessionId": app.session_id}
    refused: dict[str, dict[str, Any]] = {
        "sessionId": {"sessionId": 7},
        "outputMode": here | {"outputMode": "loud"},
        "hasTranscription": here | {"hasTranscription": True},
    }
    for field, body in refused.items():
        answer = app.post("/archive/start", **body)
        assert refusal(answer) == (422, "invalid_field")
        assert answer.json()["errors"][0]["field"] == field
    assert app.post("/archive/start").json()["errors"][0]["field"] == "sessionId"


def test_a_body_that_is_no_json_is_refused(app: SampleApp) -> None:
    answer = requests.post(f"{app.url}/archive/start", data="{", timeout=10)

    assert refusal(answer) == (400, "malformed_json")


def test_nobody_is_recorded_where_nobody_is(app: SampleApp) -> None:
    assert refusal(app.post("/session/other/startArchive")) == (404, "room_not_found")
    app.get("/session/other")
    assert refusal(app.post("/session/other/startArchive")) == (409, "nobody_connected")


def test_a_room_that_was_made_anew_has_another_session(app: SampleApp) -> None:
    app.live.ask("admin", "DELETE", f"/rooms/{ROOM}", admin=True)
    session_id = app.get("/session").json()["sessionId"]

    assert session_id != app.session_id
    assert refusal(app.about_session("/archive/start")) == (404, "room_not_found")
