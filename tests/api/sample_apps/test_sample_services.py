"""Captions and broadcasts by sample apps, and what they get for feedback."""

from collections.abc import Iterator

import jwt
import pytest
import time_machine

from tests.support.sample_app import ROOM, SampleApp, parsed, running_sample_app
from tests.support.sample_clients import (
    ANDROID_CAPTIONS,
    ANDROID_CAPTIONS_END,
    ANDROID_FEEDBACK,
    IOS_CAPTIONS,
    IOS_CAPTIONS_END,
    WEB_BROADCAST,
    WEB_CAPTIONS,
)
from tests.support.stand_ins import API_KEY, API_SECRET, APPLICATION_ID, CREDENTIALS, StandIns

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def app(stand_ins: StandIns) -> Iterator[SampleApp]:
    with running_sample_app(stand_ins) as app:
        yield app


def viewers_token(app: SampleApp) -> str:
    return str(app.get("/broadcast/session/viewer").json["token"])


def test_who_holds_a_publishers_token_captions_even_where_nothing_is_recorded(
    stand_ins: StandIns,
) -> None:
    with running_sample_app(stand_ins, SAMPLE_RECORDING="off") as app:
        start = app.about_session("/captions/start", token=app.token)
        captions_id = parsed(start, WEB_CAPTIONS)["id"]
        assert stand_ins.opentok.look("captions", captions_id)["status"] == "started"
        (asked,) = (each for each in stand_ins.opentok.calls if each.path.endswith("/captions"))
        assert asked.json["maxDuration"] == 3600

        again = app.about_session("/captions/start", token=app.token)
        assert parsed(again, WEB_CAPTIONS)["id"] == captions_id

        stop = app.post(f"/captions/{captions_id}/stop")
        assert parsed(stop, WEB_CAPTIONS)["status"] == "stopped"
        assert app.post(f"/captions/{captions_id}/stop").code == "captions_not_running"


def test_a_vonage_applications_token_captions_too(stand_ins: StandIns) -> None:
    stand_ins.put_secret(
        {
            "applicationId": APPLICATION_ID,
            "privateKey": stand_ins.vonage.private,
            "callbackSecrets": CREDENTIALS["callbackSecrets"],
        }
    )
    with running_sample_app(stand_ins) as app:
        parsed(app.about_session("/captions/start", token=app.token), WEB_CAPTIONS)


def test_who_may_only_watch_captions_nothing(app: SampleApp) -> None:
    reply = app.about_session("/captions/start", token=viewers_token(app))
    assert (reply.status, reply.code) == (403, "role_not_allowed")


def test_a_token_of_another_session_or_none_captions_nothing(app: SampleApp) -> None:
    other = app.get("/room/other").json["token"]
    forged = jwt.encode(
        jwt.decode(app.token, API_SECRET, algorithms=["HS256"], issuer=API_KEY), "0" * 40
    )
    app.live.stand_ins.opentok.clear_calls()
    for token in (other, forged, "garbage"):
        reply = app.about_session("/captions/start", token=token)
        assert (reply.status, reply.code) == (401, "unauthenticated")
        assert token not in reply.text
    assert app.about_session("/captions/start").field == "token"
    assert app.live.stand_ins.opentok.calls == []


def test_an_expired_token_captions_nothing(app: SampleApp, clock: time_machine.Traveller) -> None:
    clock.shift(3601)
    reply = app.about_session("/captions/start", token=app.token)
    assert (reply.status, reply.code) == (401, "unauthenticated")


def test_a_members_token_captions_no_other_room_through_here(app: SampleApp) -> None:
    app.live.room()
    joined = app.live.ask("alice", "POST", "/rooms/standup/tokens").json
    reply = app.post("/captions/start", sessionId=joined["sessionId"], token=joined["token"])
    assert (reply.status, reply.code) == (404, "room_not_found")
    app.live.enter("bob")
    captions = app.live.ask("alice", "POST", "/rooms/standup/captions").json["captionsId"]
    for path in (f"/captions/{captions}/stop", f"/session/{ROOM}/{captions}/disableCaptions"):
        reply = app.post(path)
        assert (reply.status, reply.code) == (404, "captions_not_found")


def test_a_reference_app_enables_and_disables_captions_with_empty_bodies(app: SampleApp) -> None:
    enabled = app.post(f"/session/{ROOM}/enableCaptions")
    captions_id = parsed(enabled, IOS_CAPTIONS)["captionsId"]
    parsed(enabled, ANDROID_CAPTIONS)
    assert app.post(f"/session/{ROOM}/enableCaptions").json["captionsId"] == captions_id
    disabled = app.post(f"/session/{ROOM}/{captions_id}/disableCaptions")
    parsed(disabled, IOS_CAPTIONS_END)
    parsed(disabled, ANDROID_CAPTIONS_END)


def test_without_a_token_captions_take_what_recording_takes(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, SAMPLE_RECORDING="off") as app:
        reply = app.post(f"/session/{ROOM}/enableCaptions")
        assert (reply.status, reply.code) == (403, "role_not_allowed")


@pytest.mark.parametrize(("who", "role"), [("host", "publisher"), ("viewer", "subscriber")])
def test_hosts_publish_and_viewers_watch(app: SampleApp, who: str, role: str) -> None:
    joined = app.get(f"/broadcast/session/{who}").json
    assert joined["sessionId"] == app.session_id
    claims = jwt.decode(joined["token"], API_SECRET, algorithms=["HS256"], issuer=API_KEY)
    assert claims["role"] == role


def test_a_session_is_broadcast_for_an_hour_at_most_and_once_at_a_time(app: SampleApp) -> None:
    sent = {"rtmp": [], "lowLatency": False, "dvr": True, "streamMode": "auto"}
    started = parsed(app.about_session("/broadcast/session/start", **sent), WEB_BROADCAST)
    told = app.live.stand_ins.opentok.look("broadcasts", started["id"])
    assert told["maxDuration"] == 3600
    assert told["settings"]["hls"] == {"dvr": True, "lowLatency": False}
    again = parsed(
        app.about_session("/broadcast/session/start", rtmp=None, lowLatency=None, dvr=None),
        WEB_BROADCAST,
    )
    assert (again["id"], again["broadcastUrls"]) == (started["id"], started["broadcastUrls"])

    standing = parsed(app.about_session("/broadcast/session/status"), WEB_BROADCAST)
    assert (standing["id"], standing["status"]) == (started["id"], "started")
    stopped = app.about_session("/broadcast/session/stop")
    assert (stopped.status, stopped.json["status"]) == (200, "stopped")


def test_the_last_of_what_an_app_says_twice_counts(app: SampleApp) -> None:
    body = f'{{"sessionId":"{app.session_id}","dvr":false,"dvr":true}}'
    started = app.live.gateway.request("POST", "/broadcast/session/start", body=body)
    told = app.live.stand_ins.opentok.look("broadcasts", started.json["id"])
    assert told["settings"]["hls"]["dvr"] is True


@pytest.mark.parametrize("path", ["status", "stop"])
def test_where_nothing_is_broadcast_the_answer_says_so(app: SampleApp, path: str) -> None:
    reply = app.about_session(f"/broadcast/session/{path}")
    assert (reply.status, reply.code) == (404, "broadcast_not_found")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"rtmp": [{"serverUrl": "rtmps://live.test/app", "streamName": "k3y"}]}, "rtmp"),
        ({"lowLatency": True, "dvr": True}, "lowLatency"),
    ],
)
def test_sample_apps_broadcast_by_hls_alone(
    app: SampleApp, sent: dict[str, object], field: str
) -> None:
    reply = app.about_session("/broadcast/session/start", **sent)
    assert (reply.status, reply.field) == (422, field)
    assert "k3y" not in reply.text


def test_nothing_is_broadcast_where_the_stage_does_not_allow_it(stand_ins: StandIns) -> None:
    with running_sample_app(stand_ins, SAMPLE_RECORDING="off") as app:
        reply = app.about_session("/broadcast/session/start")
        assert (reply.status, reply.code) == (403, "role_not_allowed")


def test_other_rooms_are_not_broadcast_through_here(app: SampleApp) -> None:
    session_id = app.live.room()["sessionId"]
    for path in ("start", "stop", "status"):
        reply = app.post(f"/broadcast/session/{path}", sessionId=session_id)
        assert (reply.status, reply.code) == (404, "room_not_found")


def test_feedback_is_declined_honestly_and_neither_kept_nor_logged(
    app: SampleApp, capsys: pytest.CaptureFixture[str]
) -> None:
    before = app.live.stand_ins.items()
    reply = app.post("/feedback/report", title="t", name="n", issue="private", attachment="x" * 99)
    receipt = parsed(reply, ANDROID_FEEDBACK)["feedbackData"]
    assert "neither kept nor passed on" in receipt["message"]
    assert receipt["screenshotIncluded"] is False
    assert app.live.stand_ins.items() == before
    assert "private" not in "".join(capsys.readouterr())
