from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import time_machine
from opentok import BroadcastStreamModes
from opentok.exceptions import BroadcastError

from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, leave, publish, rest
from tests.stand_ins.known import API_KEY, RunningOpenTok

UNKNOWN = "11111111-2222-4333-8444-555555555555"
HLS: dict[str, Any] = {"hls": {}}
RTMP = {"id": "main", "serverUrl": "rtmps://live.test/app", "streamName": "stream-key"}


def start(service: RunningOpenTok, session_id: str, **wanted: Any) -> dict[str, Any]:
    body = {"sessionId": session_id, "outputs": HLS} | wanted
    answer = rest(service, "POST", "broadcast", json=body)
    assert answer.status_code == 200, answer.text
    started: dict[str, Any] = answer.json()
    return started


def found(service: RunningOpenTok, broadcast_id: str) -> dict[str, Any]:
    got: dict[str, Any] = rest(service, "GET", f"broadcast/{broadcast_id}").json()
    return got


def test_the_sdk_starts_finds_and_stops_a_broadcast(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    client = opentok_service.client()

    started = client.start_broadcast(entered, {"outputs": {"hls": {}, "rtmp": [RTMP]}})
    same = client.get_broadcast(started.id)
    stopped = client.stop_broadcast(started.id)

    assert (started.status, started.projectId) == ("started", int(API_KEY))
    assert same.broadcastUrls == started.broadcastUrls
    assert (stopped.status, stopped.broadcastUrls) == ("stopped", None)


def test_a_new_broadcast_is_returned_in_full(opentok_service: RunningOpenTok, entered: str) -> None:
    started = start(
        opentok_service,
        entered,
        outputs={"hls": {"dvr": True}, "rtmp": [RTMP]},
        maxDuration=3600,
        maxBitrate=1_000_000,
        resolution="1280x720",
        multiBroadcastTag="wide",
    )

    hls = started["broadcastUrls"]["hls"]
    assert hls.endswith("/playlist.m3u8?DVR")
    assert started == {
        "id": started["id"],
        "sessionId": entered,
        "projectId": int(API_KEY),
        "partnerId": int(API_KEY),
        "createdAt": started["createdAt"],
        "updatedAt": started["createdAt"],
        "broadcastUrls": {
            "hls": hls,
            "hlsStatus": "ready",
            "rtmp": [{"status": "connecting", **RTMP}],
        },
        "status": "started",
        "streamMode": "auto",
        "hasAudio": True,
        "hasVideo": True,
        "maxDuration": 3600,
        "maxBitrate": 1_000_000,
        "multiBroadcastTag": "wide",
        "settings": {"hls": {"lowLatency": False, "dvr": True}},
        "event": "broadcast",
        "resolution": "1280x720",
    }


@pytest.mark.parametrize(
    "wanted",
    [
        {"sessionId": None},
        {"sessionId": "no session id"},
        {"outputs": None},
        {"outputs": {}},
        {"outputs": {"rtmp": []}},
        {"outputs": {"rtmp": [RTMP] * 6}},
        {"outputs": {"rtmp": [{"serverUrl": "rtmp://live.test"}]}},
        {"outputs": {"hls": {"dvr": True, "lowLatency": True}}},
        {"maxDuration": 59},
        {"maxDuration": 36_001},
        {"maxBitrate": 99_999},
        {"resolution": "800x600"},
        {"layout": {"type": "custom"}},
        {"hasAudio": False, "hasVideo": False},
    ],
)
def test_what_opentok_forbids_is_400_and_starts_nothing(
    opentok_service: RunningOpenTok, entered: str, wanted: dict[str, Any]
) -> None:
    body = {"sessionId": entered, "outputs": HLS} | wanted

    assert rest(opentok_service, "POST", "broadcast", json=body).status_code == 400
    assert rest(opentok_service, "GET", "broadcast").json() == {"count": 0, "items": []}


def test_each_tag_is_broadcast_once_at_a_time(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    first = start(opentok_service, entered)
    start(opentok_service, entered, multiBroadcastTag="wide")
    body = {"sessionId": entered, "outputs": HLS}

    refused = rest(opentok_service, "POST", "broadcast", json=body)
    with pytest.raises(BroadcastError):
        opentok_service.client().start_broadcast(entered, {"outputs": HLS})

    message = "Session is already composed for given tag with code 409"
    assert (refused.status_code, refused.json()) == (409, {"message": message})
    rest(opentok_service, "POST", f"broadcast/{first['id']}/stop")
    start(opentok_service, entered)


def test_a_relayed_session_is_409_and_a_deserted_one_404(
    opentok_service: RunningOpenTok, session_id: str, routed_id: str
) -> None:
    join(opentok_service, session_id)
    asked = [{"sessionId": each, "outputs": HLS} for each in (session_id, routed_id)]

    relayed, deserted = (rest(opentok_service, "POST", "broadcast", json=each) for each in asked)

    assert (relayed.status_code, deserted.status_code) == (409, 404)


def test_what_has_stopped_cannot_be_stopped(opentok_service: RunningOpenTok, entered: str) -> None:
    path = f"broadcast/{start(opentok_service, entered)['id']}/stop"

    assert rest(opentok_service, "POST", path).status_code == 200
    assert rest(opentok_service, "POST", path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/stop"), ("GET", ""), ("PUT", "/layout"), ("PATCH", "/streams")]
)
def test_an_unknown_broadcast_is_404(
    opentok_service: RunningOpenTok, method: str, path: str
) -> None:
    body = {"type": "pip", "addStream": UNKNOWN}

    answer = rest(opentok_service, method, f"broadcast/{UNKNOWN}{path}", json=body)

    assert answer.status_code == 404


def test_broadcasts_are_listed_newest_first(opentok_service: RunningOpenTok, entered: str) -> None:
    ids = [start(opentok_service, entered, multiBroadcastTag=tag)["id"] for tag in "abc"]

    page = rest(opentok_service, "GET", f"broadcast?sessionId={entered}&offset=1").json()

    assert page["count"] == 3
    assert [each["id"] for each in page["items"]] == [ids[1], ids[0]]


def test_the_sdk_sets_layout_and_streams(opentok_service: RunningOpenTok, entered: str) -> None:
    client = opentok_service.client()
    camera = publish(opentok_service, join(opentok_service, entered))
    options = {"outputs": HLS}
    broadcast_id = client.start_broadcast(entered, options, BroadcastStreamModes.manual).id

    client.set_broadcast_layout(broadcast_id, "bestFit", screenshare_type="pip")
    client.add_broadcast_stream(broadcast_id, camera, has_audio=False)

    taken = [{"streamId": camera, "hasAudio": False, "hasVideo": True}]
    assert client.get_broadcast(broadcast_id).streams == taken
    layout = opentok_service.stand_in.inspect("broadcasts", broadcast_id)["layout"]
    assert layout == {"type": "bestFit", "screenshareType": "pip"}
    client.remove_broadcast_stream(broadcast_id, camera)
    assert client.get_broadcast(broadcast_id).streams == []


def test_a_broadcast_goes_on_air_and_ends_in_time(
    opentok_service: RunningOpenTok, entered: str, receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("broadcast", receiver.url)
    outputs = {"hls": {}, "rtmp": [RTMP]}
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        broadcast_id = start(opentok_service, entered, outputs=outputs, maxDuration=60)["id"]
        clock.shift(20)
        urls = found(opentok_service, broadcast_id)["broadcastUrls"]
        clock.shift(40)
        ended = found(opentok_service, broadcast_id)

    assert (urls["hlsStatus"], urls["rtmp"][0]["status"]) == ("live", "live")
    assert (ended["status"], ended["broadcastUrls"]) == ("stopped", None)
    assert opentok_service.stand_in.settle(5)
    callbacks = [each for each in receiver.received if each.event == "broadcast"]
    assert [each.content["status"] for each in callbacks] == ["started", "started", "stopped"]
    assert callbacks[-1].content == ended
    assert callbacks[0].verified_claims(opentok_service.stand_in.callback_secrets["broadcast"])


def test_a_broadcast_ends_a_minute_after_the_last_has_left(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        alice = join(opentok_service, routed_id)
        broadcast_id = start(opentok_service, routed_id)["id"]
        leave(opentok_service, alice)
        clock.shift(59)
        assert found(opentok_service, broadcast_id)["status"] == "started"
        clock.shift(1)
        assert found(opentok_service, broadcast_id)["status"] == "stopped"


def test_a_test_lets_a_broadcast_fail(opentok_service: RunningOpenTok, entered: str) -> None:
    broadcast_id = start(opentok_service, entered)["id"]
    url = f"{opentok_service.url}/sim/broadcasts/{broadcast_id}"

    assert requests.post(url, json={"status": "failed"}, timeout=5).json()["status"] == "failed"
    assert requests.get(url, timeout=5).json()["layout"] is None
    assert requests.post(url, json={"status": "paused"}, timeout=5).status_code == 400
