"""Rules that every start of media shares: the caller, the room, and OpenTok's answers."""

from typing import Any

import pytest

from stand_ins.http.faults import Fault
from stand_ins.opentok.calls import Call
from tests.support.live import Live
from tests.support.media_starts import AUDIO, BROADCAST, CAPTIONS, EVERY, RENDER, SIP, Start
from tests.support.servers.stand_ins import APPLICATION_ID, CREDENTIALS

pytestmark = pytest.mark.usefixtures("clock")
every = pytest.mark.parametrize("start", EVERY, ids=[each.path for each in EVERY])


def asked(live: Live, start: Start, user: str = "alice", room: str = "standup", **more: Any) -> Any:
    return live.ask(user, "POST", f"/rooms/{room}/{start.path}", start.body | more)


def started(live: Live, start: Start) -> Any:
    reply = asked(live, start)
    assert reply.status == start.status, reply.text
    live.settle()
    return reply.json


def told_opentok(live: Live, start: Start) -> list[Call]:
    """Return the requests to OpenTok that started this kind of media."""
    calls = live.stand_ins.opentok.calls
    return [
        each for each in calls if each.method == "POST" and each.path.endswith(start.at_opentok)
    ]


def somebody_enters(live: Live) -> None:
    live.room()
    live.enter("bob")
    live.stand_ins.opentok.clear_calls()


@every
def test_it_is_started_with_opentoks_own_answer_and_the_rooms_name(
    entered: Live, start: Start
) -> None:
    reply = started(entered, start)

    (call,) = told_opentok(entered, start)
    assert call.json["sessionId"] == entered.ask("alice", "GET", "/rooms/standup").json["sessionId"]
    assert start.body.items() <= call.json.items()
    if start is CAPTIONS:
        assert reply.keys() == {"captionsId"}
    else:
        assert reply["room"] == "standup"
        assert reply["id"]
    assert "token" not in reply


@every
def test_each_refusal_has_its_status_and_code_before_opentok_is_asked(
    entered: Live, start: Start
) -> None:
    entered.patch(members={"add": ["bob"]})
    entered.room("relayed", mediaMode="relayed")
    entered.room("encrypted", e2ee=True)
    entered.room("closed")
    entered.ask("alice", "DELETE", "/rooms/closed")
    entered.stand_ins.opentok.clear_calls()
    for user, room, status, code in (
        ("bob", "standup", 403, "not_a_moderator"),
        ("mallory", "standup", 404, "room_not_found"),
        ("alice", "relayed", 409, "not_routed"),
        ("alice", "encrypted", 409, "encrypted_room"),
        ("alice", "closed", 409, "room_closed"),
    ):
        reply = asked(entered, start, user, room)
        assert (reply.status, reply.code) == (status, code)
    assert entered.stand_ins.opentok.calls == []


@every
def test_what_no_field_is_known_for_is_refused(entered: Live, start: Start) -> None:
    for unknown_connection in ("sessionId", "token", "statusCallbackUrl"):
        reply = asked(entered, start, **{unknown_connection: "https://mallory.test/callback"})
        assert (reply.status, reply.field) == (422, unknown_connection)
    assert not told_opentok(entered, start)


@every
@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 502, "provider_refused"),
        (403, 502, "provider_refused"),
        (404, 409, "nobody_connected"),
        (408, 503, "provider_unavailable"),
        (429, 503, "provider_unavailable"),
        (500, 503, "start_unconfirmed"),
    ],
)
def test_opentoks_failures_are_reported_for_what_they_are_and_it_is_asked_once(
    entered: Live, start: Start, status: int, expected: int, code: str
) -> None:
    entered.stand_ins.opentok.faults.add(Fault(start.at_opentok, status=status), times=9)
    reply = asked(entered, start)
    assert (reply.status, reply.code) == (expected, code)
    # With fresh credentials once more: a refusal has started nothing.
    assert len(told_opentok(entered, start)) == (2 if status == 403 else 1)


@every
@pytest.mark.parametrize("message", ["Only routed sessions are allowed", "Already"])
def test_a_conflict_at_opentok_is_reported_for_what_it_is(
    entered: Live, start: Start, message: str
) -> None:
    body = f'{{"code": 1, "message": "{message}"}}'
    entered.stand_ins.opentok.faults.add(Fault(start.at_opentok, status=409, body=body))
    reply = asked(entered, start)
    other = {RENDER.path: "nobody_connected"}.get(start.path, "not_routed")
    expected = "not_routed" if "routed" in message else (start.already or other)
    assert (reply.status, reply.code) == (409, expected)


@every
def test_an_answer_without_what_was_started_is_none(entered: Live, start: Start) -> None:
    for body in ("{}", "[]", "<html>", '{"id": "..%2F", "connectionId": 5}'):
        fault = Fault(start.at_opentok, status=start.status, body=body)
        entered.stand_ins.opentok.faults.add(fault)
        reply = asked(entered, start)
        assert (reply.status, reply.code) == (503, "start_unconfirmed")
        entered.stand_ins.opentok.faults.clear()


@every
def test_a_start_whose_answer_is_lost_is_unconfirmed_and_requested_once(
    entered: Live, start: Start
) -> None:
    entered.stand_ins.opentok.faults.add(Fault(start.at_opentok, drop=True))
    reply = asked(entered, start)
    assert (reply.status, reply.code) == (503, "start_unconfirmed")
    assert "before you retry" in reply.json["detail"]
    assert reply.headers["Retry-After"] == "5"
    assert len(told_opentok(entered, start)) == 1


@every
def test_secrets_are_in_no_log_whatever_opentok_answers(
    live: Live, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets: dict[str, Any] = {
        BROADCAST.path: {
            "outputs": {
                "rtmp": [{"serverUrl": "rtmp://u:s3cret@live.test/a", "streamName": "s3cret"}]
            }
        },
        SIP.path: {
            "sip": {
                "uri": "sip:bob@pbx.test",
                "auth": {"username": "u", "password": "s3cret"},
                "headers": {"X-Key": "s3cret"},
            }
        },
        AUDIO.path: {"websocket": {"uri": "wss://a.test/in", "headers": {"key": "s3cret"}}},
        RENDER.path: {"url": "https://page.test/?key=s3cret"},
    }
    somebody_enters(live)
    body = secrets.get(start.path, {})
    for status in (400, 409, 500):
        told = '{"code": 1, "message": "bad: s3cret eyJ0", "token": "eyJ0"}'
        live.stand_ins.opentok.faults.add(Fault(start.at_opentok, status=status, body=told))
        reply = live.ask("alice", "POST", f"/rooms/standup/{start.path}", body)
        assert "s3cret" not in reply.text
    log = capsys.readouterr().out
    assert f"/rooms/{{room}}/{start.path}" in log
    assert "s3cret" not in log
    assert "eyJ0" not in log


@pytest.mark.parametrize("start", [BROADCAST, CAPTIONS, RENDER], ids=lambda each: each.path)
def test_what_cannot_be_recorded_is_stopped_again(entered: Live, start: Start) -> None:
    entered.stand_ins.aws.fail("DynamoDB.UpdateItem", error="InternalServerError", times=4)
    reply = asked(entered, start)
    assert (reply.status, reply.code) == (503, "store_unavailable")
    last = entered.stand_ins.opentok.calls[-1]
    assert last.path.endswith("/stop") or last.method == "DELETE"
    assert last.status in {200, 202}


@every
def test_a_vonage_application_starts_it_too(live: Live, start: Start) -> None:
    credentials = {
        "applicationId": APPLICATION_ID,
        "privateKey": live.stand_ins.vonage.private,
        "callbackSecrets": CREDENTIALS["callbackSecrets"],
        "privacyKeys": CREDENTIALS["privacyKeys"],
    }
    live.stand_ins.put_secret(credentials)
    somebody_enters(live)
    started(live, start)
    (call,) = told_opentok(live, start)
    assert call.path == f"/v2/project/{APPLICATION_ID}{start.at_opentok}"


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 502, "provider_refused"),
        (403, 502, "provider_refused"),
        (500, 503, "provider_unavailable"),
    ],
)
def test_opentoks_failures_to_look_or_stop_are_reported_and_change_nothing(
    entered: Live, status: int, expected: int, code: str
) -> None:
    captions_id = started(entered, CAPTIONS)["captionsId"]
    render_id = started(entered, RENDER)["id"]
    for method, path in (
        ("POST", f"captions/{captions_id}/stop"),
        ("GET", f"renders/{render_id}"),
        ("DELETE", f"renders/{render_id}"),
    ):
        entered.stand_ins.opentok.faults.add(Fault("/v2/project", status=status), times=9)
        reply = entered.ask("alice", method, f"/rooms/standup/{path}")
        assert (reply.status, reply.code) == (expected, code)
        entered.stand_ins.opentok.faults.clear()
    assert entered.ask("alice", "POST", f"/rooms/standup/captions/{captions_id}/stop").status == 202
    (render,) = entered.ask("alice", "GET", "/rooms/standup/renders").json["items"]
    assert render["status"] == "started"


def test_an_id_that_is_none_of_opentoks_is_not_looked_up(entered: Live) -> None:
    # DynamoDB refuses keys of more than 1024 bytes.
    unlikely = "x" * 2000
    entered.ask("alice", "GET", "/rooms/standup")
    entered.stand_ins.aws.clear_calls()
    for method, path in (
        ("GET", f"broadcasts/{unlikely}"),
        ("GET", f"renders/{unlikely}"),
        ("POST", f"captions/{unlikely}/stop"),
    ):
        assert entered.ask("alice", method, f"/rooms/standup/{path}").status == 404
    assert entered.stand_ins.aws.calls == ["DynamoDB.GetItem"] * 3
