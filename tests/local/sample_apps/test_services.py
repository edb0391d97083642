"""Captions and broadcasts by sample apps, and what they get for feedback."""

from http import HTTPStatus

import jwt
import pytest
import requests
import time_machine

from stand_ins.http.faults import Fault
from tests.support.sample_apps.sample_app import SampleApp, parsed, refusal, running_sample_app
from tests.support.sample_apps.sample_clients import (
    ANDROID_CAPTIONS,
    ANDROID_CAPTIONS_END,
    ANDROID_FEEDBACK,
    IOS_CAPTIONS,
    IOS_CAPTIONS_END,
    WEB_BROADCAST,
    WEB_CAPTIONS,
)
from tests.support.servers.stand_ins import API_KEY, API_SECRET, StandIns

ROOM = "session"
NO_CAPTIONS = "30b3ebf1-ba36-4f5b-8def-6f70d9986fe9"


def status_of(app: SampleApp, captions_id: str) -> str:
    return str(app.live.stand_ins.opentok.inspect("captions", captions_id)["status"])


def enabled(app: SampleApp) -> str:
    answer = app.post(f"/session/{ROOM}/enableCaptions")
    return str(parsed(answer, IOS_CAPTIONS, ANDROID_CAPTIONS)["captionsId"])


def disabled(app: SampleApp, captions_id: str) -> str:
    answer = app.post(f"/session/{ROOM}/{captions_id}/disableCaptions")
    return str(parsed(answer, IOS_CAPTIONS_END, ANDROID_CAPTIONS_END)["disableResponse"])


def test_a_publishers_token_captions_even_where_nothing_is_recorded(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, recording=False) as app:
        start = app.about_session("/captions/start", token=app.token)
        captions_id = parsed(start, WEB_CAPTIONS)["id"]
        (asked,) = (each for each in stand_ins.opentok.calls if each.path.endswith("/captions"))
        assert asked.json["maxDuration"] == 3600

        again = app.about_session("/captions/start", token=app.token)
        assert parsed(again, WEB_CAPTIONS)["id"] == captions_id
        stop = app.post(f"/captions/{captions_id}/stop")
        assert parsed(stop, WEB_CAPTIONS)["status"] == "stopped"
        again = app.post(f"/captions/{captions_id}/stop")
        assert refusal(again) == (409, "captions_not_running")


def test_without_a_token_captions_take_what_recording_takes(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, recording=False) as app:
        answer = app.post(f"/session/{ROOM}/enableCaptions")
        assert refusal(answer) == (403, "role_not_allowed")


def test_captions_go_on_until_the_last_user_disables_them(app: SampleApp) -> None:
    captions_id = enabled(app)
    assert enabled(app) == captions_id

    assert disabled(app, captions_id) == "Captions go on for the others."
    assert status_of(app, captions_id) == "started"
    assert disabled(app, captions_id) == "Captions are stopped."
    assert status_of(app, captions_id) == "stopped"

    assert enabled(app) != captions_id


def test_captions_of_two_tokens_go_on_until_both_stop(app: SampleApp) -> None:
    other = app.get("/session").json()["token"]
    captions_id = app.about_session("/captions/start", token=app.token).json()["id"]
    app.about_session("/captions/start", token=other)

    path = f"/captions/{captions_id}/stop"
    assert parsed(app.post(path), WEB_CAPTIONS)["status"] == "started"
    assert status_of(app, captions_id) == "started"
    assert parsed(app.post(path), WEB_CAPTIONS)["status"] == "stopped"


def test_captions_that_a_moderator_started_are_not_ended_by_an_app(app: SampleApp) -> None:
    started = app.live.ask("admin", "POST", f"/rooms/{ROOM}/captions", {}, admin=True)
    captions_id = started.json["captionsId"]

    assert enabled(app) == captions_id
    for _ in range(2):
        disabled(app, captions_id)
    assert status_of(app, captions_id) == "started"


def test_a_stop_that_fails_may_be_repeated(app: SampleApp) -> None:
    captions_id = enabled(app)
    app.live.stand_ins.opentok.faults.add(
        Fault(f"{captions_id}/stop", HTTPStatus.INTERNAL_SERVER_ERROR), times=9
    )

    again = app.post(f"/session/{ROOM}/{captions_id}/disableCaptions")
    assert refusal(again) == (503, "provider_unavailable")
    app.live.stand_ins.opentok.faults.clear()
    assert disabled(app, captions_id) == "Captions are stopped."


@pytest.mark.parametrize("path", ["/captions/{id}/stop", f"/session/{ROOM}/{{id}}/disableCaptions"])
def test_a_captions_id_that_is_none_is_a_bad_request_and_an_unknown_one_is_not_found(
    app: SampleApp, path: str
) -> None:
    assert refusal(app.post(path.format(id="none"))) == (400, "invalid_captions_id")
    assert refusal(app.post(path.format(id=NO_CAPTIONS))) == (404, "captions_not_found")


def test_captions_are_disabled_by_the_room_that_has_them(app: SampleApp) -> None:
    captions_id = enabled(app)

    answer = app.post(f"/session/other/{captions_id}/disableCaptions")
    assert refusal(answer) == (404, "captions_not_found")
    assert app.post(f"/session/SESSION/{captions_id}/disableCaptions").ok


def test_a_viewer_captions_nothing(app: SampleApp) -> None:
    token = app.get("/broadcast/session/viewer").json()["token"]

    answer = app.about_session("/captions/start", token=token)
    assert refusal(answer) == (403, "role_not_allowed")


def test_a_token_of_another_session_or_none_captions_nothing(app: SampleApp) -> None:
    other = app.get("/room/other").json()["token"]
    forged = jwt.encode(
        jwt.decode(app.token, API_SECRET, algorithms=["HS256"], issuer=API_KEY), "0" * 40
    )
    for token in (other, forged, "garbage"):
        answer = app.about_session("/captions/start", token=token)
        assert refusal(answer) == (401, "unauthenticated")
        assert token not in answer.text


def test_an_expired_token_captions_nothing(app: SampleApp, clock: time_machine.Traveller) -> None:
    clock.shift(3601)

    answer = app.about_session("/captions/start", token=app.token)
    assert refusal(answer) == (401, "unauthenticated")


def test_a_session_is_broadcast_for_an_hour_at_most_and_once_at_a_time(app: SampleApp) -> None:
    sent = {"rtmp": [], "lowLatency": False, "dvr": True, "streamMode": "auto"}
    started = parsed(app.about_session("/broadcast/session/start", **sent), WEB_BROADCAST)
    at_opentok = app.live.stand_ins.opentok.inspect("broadcasts", started["id"])
    assert at_opentok["maxDuration"] == 3600
    assert at_opentok["settings"]["hls"] == {"dvr": True, "lowLatency": False}

    again = app.about_session("/broadcast/session/start", rtmp=None, lowLatency=None, dvr=None)
    assert parsed(again, WEB_BROADCAST) == started
    status = app.about_session("/broadcast/session/status")
    assert parsed(status, WEB_BROADCAST) == started
    stopped = app.about_session("/broadcast/session/stop")
    assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")


def test_the_last_of_two_values_counts(app: SampleApp) -> None:
    body = f'{{"sessionId":"{app.session_id}","dvr":false,"dvr":true}}'
    started = requests.post(f"{app.url}/broadcast/session/start", data=body, timeout=10).json()

    at_opentok = app.live.stand_ins.opentok.inspect("broadcasts", started["id"])
    assert at_opentok["settings"]["hls"]["dvr"] is True


def test_where_nothing_is_broadcast_the_answer_says_so(app: SampleApp) -> None:
    for path in ("status", "stop"):
        answer = app.about_session(f"/broadcast/session/{path}")
        assert refusal(answer) == (404, "broadcast_not_found")


def test_rtmp_is_refused_and_its_key_not_repeated(app: SampleApp) -> None:
    rtmp = [{"serverUrl": "rtmps://live.test/app", "streamName": "k3y"}]
    answer = app.about_session("/broadcast/session/start", rtmp=rtmp)

    assert refusal(answer) == (422, "invalid_field")
    assert answer.json()["errors"][0]["field"] == "rtmp"
    assert "k3y" not in answer.text


def test_nothing_is_broadcast_unless_it_is_allowed(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, recording=False) as app:
        answer = app.about_session("/broadcast/session/start")
        assert refusal(answer) == (403, "role_not_allowed")


def test_rooms_that_no_app_has_been_in_are_not_broadcast(app: SampleApp) -> None:
    session_id = app.live.room()["sessionId"]

    for path in ("start", "stop", "status"):
        answer = app.post(f"/broadcast/session/{path}", sessionId=session_id)
        assert refusal(answer) == (404, "room_not_found")


def test_feedback_is_declined_honestly_and_neither_kept_nor_logged(
    app: SampleApp, capsys: pytest.CaptureFixture[str]
) -> None:
    before = app.live.stand_ins.items()
    answer = app.post("/feedback/report", title="t", name="n", issue="private", attachment="x" * 99)

    receipt = parsed(answer, ANDROID_FEEDBACK)["feedbackData"]
    assert "neither kept nor passed on" in receipt["message"]
    assert receipt["screenshotIncluded"] is False
    assert app.live.stand_ins.items() == before
    assert "private" not in "".join(capsys.readouterr())
