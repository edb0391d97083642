"""Session callbacks: only OpenTok may send them, and none is lost."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.callbacks import event, send_callback
from tests.support.gateway import Gateway, Reply
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_KEY, CALLBACK_SECRET, CREDENTIALS, StandIns

OLDER = "0lder" * 10
PATH_SECRET = "a-path-that-nobody-guesses-0123456789"


def send_session_callback(gateway: Gateway, content: object, **changed: Any) -> Reply:
    return send_callback(gateway, "session", content, **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another secret" * 3},
        {"payload_hash": hashlib.sha256(b"{}").hexdigest()},
        {"payload_hash": None},
        {"payload_hash": 7},
        {"iat": None},
        {"iat": "yesterday"},
        {"iat": (NOON - timedelta(hours=25, minutes=1)).timestamp()},
        {"iat": (NOON + timedelta(minutes=10)).timestamp()},
    ],
)
@pytest.mark.usefixtures("clock")
def test_a_callback_with_a_wrong_signature_is_401_and_changes_nothing(
    live: Live, changed: dict[str, Any]
) -> None:
    session_id = live.room()["sessionId"]
    before = live.stand_ins.items()

    reply = send_session_callback(
        live.gateway, event(session_id, connection={"id": "c1"}), **changed
    )

    assert (reply.status, reply.code) == (401, "unauthenticated")
    assert live.stand_ins.items() == before


@pytest.mark.parametrize("header", [None, "", "Basic abc"])
def test_a_callback_without_a_signature_is_503_and_counted(
    live: Live, header: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {} if header is None else {"Authorization": header}
    reply = live.gateway.request("POST", "/callbacks/session", body=b"{}", headers=headers)
    assert (reply.status, reply.code) == (503, "callback_unsigned")
    assert "CallbackUnsigned" in log_lines(capsys)[-1]


def test_the_secret_before_is_still_accepted(stand_ins: StandIns) -> None:
    stand_ins.put_secret(CREDENTIALS | {"callbackSecrets": {"session": ["n3wer" * 10, OLDER]}})
    for secret, status in ((OLDER, 200), ("n3wer" * 10, 200), (CALLBACK_SECRET, 401)):
        assert (
            send_session_callback(stand_ins.gateway(), event("1_x"), secret=secret).status == status
        )


@pytest.mark.parametrize("secrets", [None, {}, {"session": []}, {"session": "x"}, {"archive": []}])
def test_without_secrets_callbacks_are_not_configured_and_joins_go_on(
    stand_ins: StandIns, secrets: object
) -> None:
    stand_ins.put_secret(CREDENTIALS | {"callbackSecrets": secrets})
    gateway = stand_ins.gateway()
    reply = send_session_callback(gateway, event("1_x"))
    assert (reply.status, reply.code) == (503, "not_configured")
    alice = stand_ins.identity.bearer("alice")
    assert gateway.request("POST", "/rooms/standup/tokens", bearer=alice).status == 201


def test_another_projects_callback_is_refused(live: Live) -> None:
    assert (
        send_session_callback(
            live.gateway, {"sessionId": "1_x", "event": "e", "projectId": "9"}
        ).status
        == 401
    )
    assert (
        send_session_callback(
            live.gateway, {"sessionId": "1_x", "event": "e", "projectId": int(API_KEY)}
        ).status
        == 200
    )


def test_an_unsigned_callback_comes_in_by_the_secret_path_alone(stand_ins: StandIns) -> None:
    body = json.dumps(event("1_x"))
    opted_in = stand_ins.gateway(CALLBACK_PATH_SECRET=PATH_SECRET)
    for gateway, secret, status in (
        (opted_in, PATH_SECRET, 200),
        (opted_in, "guessed", 401),
        (stand_ins.gateway(), PATH_SECRET, 401),
    ):
        reply = gateway.request("POST", f"/callbacks/session/{secret}", body=body)
        assert reply.status == status


@pytest.mark.parametrize("connection_id", ["../../{other}/connection/{victim}", "a?b", "a%2Fb", ""])
def test_an_id_that_would_be_another_address_at_opentok_is_never_part_of_one(
    live: Live, connection_id: str
) -> None:
    session_id = live.room(maxParticipants=1)["sessionId"]
    other = live.room("other")["sessionId"]
    victim = live.enter("victim", "other")
    live.stand_ins.opentok.clear_calls()
    lie = {"id": connection_id.format(other=other, victim=victim), "data": "nobody"}
    assert send_session_callback(live.gateway, event(session_id, connection=lie)).status == 200
    call = {"id": "k1", "connectionId": lie["id"]}
    for_sip = event(session_id, "callCreated", call=call)
    assert send_callback(live.gateway, "sip", for_sip).status == 200
    assert live.stand_ins.opentok.calls == []
    assert live.shown() == {}


def test_a_path_secret_that_could_be_guessed_is_not_configured(stand_ins: StandIns) -> None:
    reply = stand_ins.gateway(CALLBACK_PATH_SECRET="short").request("POST", "/callbacks/session")
    assert reply.code == "not_configured"


def test_a_session_that_is_unknown_is_asked_for_again_until_it_is_a_minute_old(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room()["sessionId"]
        live.stand_ins.start_anew()
        connected = event(session_id, connection={"id": "c1"})
        clock.shift(59)
        assert send_session_callback(live.gateway, connected).code == "session_unknown"
        clock.shift(1)
        assert send_session_callback(live.gateway, connected).status == 200
    for unknown in ("1_x", "", "1_" + "A" * 60):
        assert (
            send_session_callback(live.gateway, event(unknown, connection={"id": "c1"})).status
            == 200
        )
    assert live.stand_ins.items() == []


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[]",
        b"7",
        b'{"event":7}',
        b"\xff",
        {"event": "sessionNotification", "sessionId": "1_x", "projectId": API_KEY},
        {"event": "connectionCreated", "sessionId": "1_x"},
        {"event": "connectionCreated", "sessionId": "1_x", "connection": "c1"},
        {"event": "streamCreated", "sessionId": "1_x", "stream": {"id": {}}},
        {"event": "whatIsThis", "sessionId": "1_x", "connection": {"id": "c1"}},
    ],
)
def test_a_callback_without_usable_content_is_accepted_and_changes_nothing(
    live: Live, content: object
) -> None:
    assert send_session_callback(live.gateway, content).status == 200
    assert live.stand_ins.items() == []


@pytest.mark.parametrize(
    "odd",
    [
        {"createdAt": "1470257688143"},
        {"createdAt": None},
        {"createdAt": 10**30},
        {"data": None},
        {"data": {"userId": "bob"}},
        {"data": "\ud800"},
        {"more": ["of", "this"]},
    ],
)
def test_an_unusual_field_loses_no_event(live: Live, odd: dict[str, object]) -> None:
    session_id = live.room()["sessionId"]
    content = event(
        session_id, connection={"id": "c1", "createdAt": 1470257688143, "data": ""} | odd
    )
    assert send_session_callback(live.gateway, content).status == 200
    assert set(live.shown()) == {"c1"}


_READ, _WRITE, _WRITE_ALL = "GetItem", "UpdateItem", "TransactWriteItems"
"""Attendance is part of these writes: the calls are those of the time before there was any."""
_UNCAPPED = [_READ, _WRITE, _READ], [_READ, _WRITE, _WRITE]
_CAPPED = [_READ, _READ, _WRITE_ALL], [_READ, _READ, _WRITE_ALL]


@pytest.mark.parametrize(
    ("limits", "arrival", "end"),
    [({}, *_UNCAPPED), ({"maxParticipants": 5}, *_CAPPED)],
    ids=["uncapped", "capped"],
)
def test_every_callback_is_at_most_three_calls(
    live: Live, limits: dict[str, Any], arrival: list[str], end: list[str]
) -> None:
    live.room(**limits)
    token = live.token("bob")
    calls = live.stand_ins.aws

    def made() -> list[str]:
        live.settle()
        names = [call.partition(".") for call in calls.calls]
        calls.clear_calls()
        return [name for service, _, name in names if service == "DynamoDB"]

    calls.clear_calls()
    connection_id = live.connect(token)
    assert made() == arrival
    stream_id = live.publish(connection_id)
    assert made() == [_READ, _WRITE]
    live.unpublish(stream_id)
    assert made() == [_READ, _WRITE]
    live.leave(connection_id)
    assert made() == end


def test_who_is_sent_away_comes_and_goes_in_three_calls_each(live: Live) -> None:
    live.room(maxParticipants=5)
    token = live.token("bob")
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    live.stand_ins.aws.clear_calls()
    live.connect(token)
    live.settle()
    asked = [call for call in live.stand_ins.aws.calls if call.startswith("DynamoDB")]
    assert len(asked) == 6
    assert live.connected() == set()


def test_a_callback_that_cannot_be_written_down_is_repeated_and_then_kept(live: Live) -> None:
    live.room(maxParticipants=2)
    token = live.token("bob")
    live.stand_ins.aws.fail("DynamoDB.TransactWriteItems", error="InternalServerError", times=4)
    connection_id = live.connect(token)
    live.settle()
    assert live.shown() == {connection_id: "bob"}


@pytest.mark.parametrize("name", ["streamCreated", "streamDestroyed"])
def test_a_streams_callback_that_cannot_be_written_down_is_503(live: Live, name: str) -> None:
    session_id = live.room()["sessionId"]
    live.stand_ins.aws.fail("DynamoDB.UpdateItem", error="AccessDeniedException", times=9)
    content = event(session_id, name, stream={"id": "s1", "connection": {"id": "c1"}})
    assert send_session_callback(live.gateway, content).code == "store_unavailable"


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_callback_whose_disconnect_opentok_refuses_is_503(live: Live, status: int) -> None:
    session_id = live.room()["sessionId"]
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    live.stand_ins.opentok.faults.add(Fault("/connection/", status=status), times=9)
    content = event(session_id, connection={"id": "c1", "data": json.dumps({"userId": "bob"})})
    reply = send_session_callback(live.gateway, content)
    assert (reply.status, reply.code) == (503, "provider_unavailable")
