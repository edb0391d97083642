"""SIP calls, touch tones and audio connectors, over HTTP."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.callbacks import send_callback
from tests.support.live import Live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_SECRET

pytestmark = pytest.mark.usefixtures("clock")
SIP = {"uri": "sip:bob@pbx.test;transport=tls"}
SOCKET = {"uri": "wss://audio.test/in"}
LOGIN = {"username": "roomkey", "password": "s3cret"}


def dial(live: Live, **options: object) -> Any:
    return live.ask("alice", "POST", "/rooms/standup/sip", {"sip": SIP | options})


def connect_audio(live: Live, **options: object) -> Any:
    path = "/rooms/standup/audio-connectors"
    return live.ask("alice", "POST", path, {"websocket": SOCKET | options})


def tones(live: Live, digits: object, user: str = "alice", **to_whom: object) -> Any:
    return live.ask(user, "POST", "/rooms/standup/dtmf", {"digits": digits, **to_whom})


def told_opentok(live: Live) -> Any:
    """Return the body of the only request that OpenTok got."""
    (call,) = (each for each in live.stand_ins.opentok.calls if each.method == "POST")
    return call.json


def role_of(token: str) -> str:
    return str(jwt.decode(token, API_SECRET, algorithms=["HS256"])["role"])


def test_a_call_has_all_of_opentoks_options_and_the_answer_no_login(entered: Live) -> None:
    options = {
        "from": "+15555550199",
        "headers": {"X-Room": "standup", "X-Key": "s3cret"},
        "auth": LOGIN,
        "secure": True,
        "video": False,
        "observeForceMute": True,
        "streams": ["s1"],
    }
    reply = dial(entered, **options)
    assert reply.status == 201
    told = told_opentok(entered)
    assert told["sip"] == SIP | options
    assert role_of(told["token"]) == "publisher"
    assert {"id", "connectionId", "streamId", "createdAt", "room"} <= reply.json.keys()
    assert "s3cret" not in reply.text


def test_null_counts_as_not_given(entered: Live) -> None:
    of_calls = ("from", "headers", "auth", "secure", "video", "observeForceMute", "streams")
    assert dial(entered, **dict.fromkeys(of_calls)).status == 201
    assert told_opentok(entered)["sip"] == SIP
    entered.stand_ins.opentok.clear_calls()
    of_sockets = ("streams", "headers", "audioRate", "bidirectional", "audioTransport")
    assert connect_audio(entered, **dict.fromkeys(of_sockets)).status == 201
    assert told_opentok(entered)["websocket"] == SOCKET
    assert tones(entered, "1", connectionId=None).status == 204


def test_what_opentok_might_repeat_of_a_login_is_not_passed_on(entered: Live) -> None:
    body = '{"id": "c1", "connectionId": "k1", "sip": {"auth": {"password": "s3cret"}}}'
    entered.stand_ins.opentok.faults.add(Fault("/dial", status=200, body=body))
    assert dial(entered).json == {"id": "c1", "connectionId": "k1", "room": "standup"}


def test_who_is_called_is_in_and_is_hung_up_on_like_anybody(entered: Live) -> None:
    connection_id = dial(entered).json["connectionId"]
    entered.settle()
    assert connection_id in entered.connected()
    items = entered.ask("bob", "GET", "/rooms/standup/connections").json["items"]
    (shown,) = (each for each in items if each["id"] == connection_id)
    assert (shown["userId"], shown["service"], len(shown["streams"])) == (None, "sip", 1)

    gone = entered.ask("alice", "DELETE", f"/rooms/standup/connections/{connection_id}")
    entered.settle()
    assert gone.status == 204
    assert connection_id not in entered.connected() | entered.shown().keys()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"uri": "tel:+15555550100"}, "sip.uri"),
        ({"uri": "sip:"}, "sip.uri"),
        ({"uri": "sip:bob@pbx.test\r\nX-A: b"}, "sip.uri"),
        ({"uri": "sip:" + "b" * 2048}, "sip.uri"),
        ({"uri": None}, "sip.uri"),
        ({"headers": {"Authorization": "s3cret"}}, "sip.headers"),
        ({"headers": {"x-a": "b"}}, "sip.headers"),
        ({"headers": {"X-A": "b\r\nVia: c"}}, "sip.headers"),
        ({"headers": {f"X-{number}": "a" for number in range(51)}}, "sip.headers"),
        ({"headers": {"X-A": 5}}, "sip.headers[...]"),
        ({"from": "a\nb"}, "sip.from"),
        ({"from": "a\x85b"}, "sip.from"),
        ({"auth": {"username": "u"}}, "sip.auth.password"),
        ({"auth": LOGIN | {"username": "u\r\nVia: c"}}, "sip.auth.username"),
        ({"auth": LOGIN | {"password": "s3cret\0"}}, "sip.auth.password"),
        ({"headers": {"X-A": "\0"}}, "sip.headers"),
        ({"headers": {"X-A\n": "b"}}, "sip.headers"),
        ({"streams": ["s1", "s\n2"]}, "sip.streams[1]"),
        ({"secure": "yes"}, "sip.secure"),
        ({"streams": ["s"] * 101}, "sip.streams"),
        ({"to": "bob"}, "sip.to"),
    ],
)
def test_a_call_that_opentok_forbids_is_refused_before_it_is_asked(
    entered: Live, options: dict[str, object], field: str
) -> None:
    reply = dial(entered, **options)
    assert (reply.status, reply.field) == (422, field)
    assert "s3cret" not in reply.text
    assert entered.stand_ins.opentok.calls == []


def test_tones_are_played_to_all_or_to_one(entered: Live) -> None:
    connection_id = dial(entered).json["connectionId"]
    entered.settle()
    assert tones(entered, "1713p#*").status == 204
    assert tones(entered, "5", connectionId=connection_id).status == 204
    to_all, to_one = (
        each for each in entered.stand_ins.opentok.calls if each.path.endswith("/play-dtmf")
    )
    assert to_all.json == {"digits": "1713p#*"}
    assert f"/connection/{connection_id}/" in to_one.path


@pytest.mark.parametrize("digits", ["", "12a", "1 2", "१", "1" * 256, 1713, None])
def test_tones_that_no_telephone_has_are_refused(entered: Live, digits: object) -> None:
    reply = tones(entered, digits)
    assert (reply.status, reply.field) == (422, "digits")
    assert entered.stand_ins.opentok.calls == []


def test_tones_are_for_moderators_and_those_in_the_room(entered: Live) -> None:
    entered.room("retro")
    carol = entered.enter("carol", "retro")
    assert tones(entered, "1", user="bob").code == "not_a_moderator"
    for unknown_connection in (carol, "..%2F..", "../x"):
        reply = tones(entered, "1", connectionId=unknown_connection)
        assert (reply.status, reply.code) == (404, "connection_not_found")
    empty = entered.ask("carol", "PUT", "/rooms/empty", {})
    assert empty.status == 201
    nobody = entered.ask("carol", "POST", "/rooms/empty/dtmf", {"digits": "1"})
    assert (nobody.status, nobody.code) == (409, "nobody_connected")


def test_a_room_whose_calls_opentok_does_not_see_gets_no_tones(entered: Live) -> None:
    for name, settings in (("direct", {"mediaMode": "relayed"}), ("secret", {"e2ee": True})):
        entered.ask("alice", "PUT", f"/rooms/{name}", settings)
        entered.enter("bob", name)
    assert entered.ask("alice", "DELETE", "/rooms/standup").status == 204
    entered.settle()
    entered.stand_ins.opentok.clear_calls()
    for name, code in (
        ("direct", "not_routed"),
        ("secret", "encrypted_room"),
        ("standup", "room_closed"),
    ):
        reply = entered.ask("alice", "POST", f"/rooms/{name}/dtmf", {"digits": "1"})
        assert (reply.status, reply.code) == (409, code)
    assert entered.stand_ins.opentok.calls == []


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [(400, 502, "provider_refused"), (500, 503, "provider_unavailable")],
)
def test_opentoks_failures_to_play_are_reported_and_nothing_is_played_twice(
    entered: Live, status: int, expected: int, code: str
) -> None:
    entered.stand_ins.opentok.faults.add(Fault("/play-dtmf", status=status), times=9)
    reply = tones(entered, "1")
    assert (reply.status, reply.code) == (expected, code)
    assert entered.stand_ins.opentok.count("/play-dtmf") == 1


def test_tones_are_in_no_log_whatever_opentok_answers(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.room()
    live.enter("bob")
    for status in (400, 403, 404, 500):
        told = '{"code": 1, "message": "bad: 31415926535"}'
        live.stand_ins.opentok.faults.add(Fault("/play-dtmf", status=status, body=told), times=2)
        assert "31415926535" not in tones(live, "31415926535").text
        live.stand_ins.opentok.faults.clear()
    log = capsys.readouterr().out
    assert "/rooms/{room}/dtmf" in log
    assert "31415926535" not in log


@pytest.mark.parametrize(
    ("bidirectional", "role"), [(None, "subscriber"), (False, "subscriber"), (True, "publisher")]
)
def test_audio_is_connected_with_all_of_opentoks_options_and_the_least_role(
    entered: Live, bidirectional: bool | None, role: str
) -> None:
    options = {
        "streams": ["s1"],
        "headers": {"key": "s3cret"},
        "audioRate": 16000,
        "bidirectional": bidirectional,
        "audioTransport": '{"transport":"json","encoding":"base64"}',
    }
    reply = connect_audio(entered, **options)
    assert reply.status == 201
    told = told_opentok(entered)
    given = {name: value for name, value in options.items() if value is not None}
    assert told["websocket"] == SOCKET | given
    assert role_of(told["token"]) == role
    assert reply.json.keys() == {"id", "connectionId", "room"}
    entered.settle()
    assert reply.json["connectionId"] in entered.connected()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"uri": "ws://audio.test/in"}, "websocket.uri"),
        ({"uri": "wss://a.t"}, "websocket.uri"),
        ({"uri": "wss://user:word@audio.test/in"}, "websocket.uri"),
        ({"uri": "wss://audio.test/" + "a" * 2048}, "websocket.uri"),
        ({"headers": {"key": "a" * 503}}, "websocket.headers"),
        ({"headers": {"key": "ж" * 256}}, "websocket.headers"),
        ({"headers": {"key": "a\r\nb"}}, "websocket.headers"),
        ({"headers": {"key\n": "a"}}, "websocket.headers"),
        ({"audioRate": 44100}, "websocket.audioRate"),
        ({"bidirectional": 1}, "websocket.bidirectional"),
        ({"audioTransport": {"transport": "json"}}, "websocket.audioTransport"),
        ({"audioTransport": '{"transport": "fax"}'}, "websocket.audioTransport"),
        ({"audioTransport": "json"}, "websocket.audioTransport"),
        ({"audioTransport": '{"transport":\n"json"}'}, "websocket.audioTransport"),
        ({"streams": ["s\n"]}, "websocket.streams[0]"),
    ],
)
def test_audio_that_opentok_forbids_is_refused_before_it_is_asked(
    entered: Live, options: dict[str, object], field: str
) -> None:
    reply = connect_audio(entered, **options)
    assert (reply.status, reply.field) == (422, field)
    assert entered.stand_ins.opentok.calls == []


@pytest.mark.parametrize(("make", "path"), [(dial, "/dial"), (connect_audio, "/connect")])
def test_a_lost_answer_leaves_a_connection_that_shows(entered: Live, make: Any, path: str) -> None:
    entered.stand_ins.opentok.faults.add(Fault(path, drop=True))
    reply = make(entered)
    assert (reply.status, reply.code) == (503, "start_unconfirmed")
    assert "connections" in reply.json["detail"]
    entered.settle()
    assert len(entered.connected()) == 2
    assert entered.shown().keys() == entered.connected()


def test_closing_the_room_hangs_up_and_disconnects(entered: Live) -> None:
    dial(entered)
    connect_audio(entered)
    entered.settle()
    assert entered.ask("alice", "DELETE", "/rooms/standup").status == 204
    assert entered.connected() == set()


def test_a_call_that_comes_after_the_room_has_closed_is_hung_up(
    entered: Live, clock: time_machine.Traveller
) -> None:
    entered.patch(closesAt="2026-03-01T12:05:00Z")
    connection_id = dial(entered).json["connectionId"]
    clock.shift(timedelta(minutes=6))
    session_id = entered.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    told = {
        "event": "callCreated",
        "sessionId": session_id,
        "call": {"connectionId": connection_id},
    }
    assert send_callback(entered.gateway, "sip", told).status == 200
    assert connection_id not in entered.connected()


def test_callbacks_of_calls_alone_tell_who_comes_and_goes(entered: Live) -> None:
    for lost in ("session", "sip"):
        entered.stand_ins.opentok.deliver_to(lost, None)
    session_id = entered.ask("alice", "GET", "/rooms/standup").json["sessionId"]

    def told(event: str, **call: object) -> int:
        content = {"event": event, "sessionId": session_id, "call": {"connectionId": "k1", **call}}
        return send_callback(entered.gateway, "sip", content).status

    assert told("callCreated", createdAt=int(NOON.timestamp() * 1000)) == 200
    assert "k1" in entered.shown()
    assert told("callUpdated", state="ACTIVE") == 200
    assert told("muteForced") == 200
    assert told("callDestroyed") == 200
    assert told("callCreated") == 200
    assert "k1" not in entered.shown()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", {"event": "callCreated"}, {"event": "fax", "sessionId": "s", "call": {}}],
)
def test_what_cannot_be_made_out_of_a_call_is_answered_so_that_it_is_not_repeated(
    entered: Live, content: object
) -> None:
    assert send_callback(entered.gateway, "sip", content).status == 200


def test_a_calls_callback_must_be_signed_and_of_our_project(entered: Live) -> None:
    session_id = entered.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    told = {"event": "callCreated", "sessionId": session_id, "call": {"connectionId": "k1"}}
    assert send_callback(entered.gateway, "sip", told, secret="x" * 32).status == 401
    assert send_callback(entered.gateway, "sip", told | {"projectId": "1"}).status == 401
    assert "k1" not in entered.shown()


def test_a_call_that_opentok_refused_for_now_is_not_said_to_have_been_made_perhaps(
    entered: Live,
) -> None:
    entered.stand_ins.opentok.faults.add(Fault("/dial", status=429))
    reply = entered.ask("alice", "POST", "/rooms/standup/sip", {"sip": {"uri": "sip:b@pbx.test"}})
    assert (reply.status, reply.code) == (503, "provider_unavailable")
    assert "may be connected" not in reply.json["detail"]
