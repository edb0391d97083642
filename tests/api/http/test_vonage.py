"""A live room with Vonage's credentials: an application in place of a project."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine

from tests.support.live import Live, running_live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON
from tests.support.servers.stand_ins import (
    API_KEY,
    APPLICATION_ID,
    CALLBACK_SECRET,
    PRIVACY_KEY,
    StandIns,
)


@pytest.fixture
def live(stand_ins: StandIns) -> Iterator[Live]:
    stand_ins.put_secret(
        {
            "applicationId": APPLICATION_ID,
            "privateKey": stand_ins.vonage.private,
            "callbackSecrets": {"session": [CALLBACK_SECRET]},
            "privacyKeys": [PRIVACY_KEY],
        }
    )
    with running_live(stand_ins) as running:
        yield running


def test_signed_callbacks_report_connections_and_streams(live: Live) -> None:
    live.room(maxParticipants=1)
    bob = live.enter("bob")
    stream = live.publish(bob)
    live.settle()

    (shown,) = live.ask("carol", "GET", "/rooms/standup/connections").json["items"]
    assert (shown["id"], shown["userId"]) == (bob, "bob")
    assert [each["id"] for each in shown["streams"]] == [stream]
    assert live.refusal("carol") == "room_full"

    live.leave(bob)
    live.settle()
    assert live.shown() == {}
    record = live.stand_ins.opentok.callback_record()["delivered"]
    assert {each["status"] for each in record} == {200}


def test_moderators_signal_mute_and_disconnect(live: Live) -> None:
    live.room()
    bob, carol = live.enter("bob"), live.enter("carol")
    stream = live.publish(bob)
    for method, path, body in (
        ("POST", "signals", {"type": "chat", "data": "hello"}),
        ("POST", "signals", {"data": "psst", "connectionId": bob}),
        ("POST", f"streams/{stream}/mute", None),
        ("PUT", "mute", {"active": True, "excludedStreamIds": [stream]}),
        ("DELETE", f"connections/{bob}", None),
    ):
        reply = live.ask("alice", method, f"/rooms/standup/{path}", body)
        assert reply.status == 204, reply.text
    live.settle()

    known = live.at_opentok()
    assert [each["connectionId"] for each in known["connections"]] == [carol]
    assert [set(each["recipients"]) for each in known["signals"]] == [{bob, carol}, {bob}]
    assert known["mutes"] == [
        {"streamId": stream},
        {"active": True, "excludedStreamIds": [stream]},
    ]
    gone = live.ask("alice", "DELETE", f"/rooms/standup/connections/{bob}")
    assert (gone.status, gone.code) == (404, "connection_not_found")


def test_who_is_banned_is_out_and_stays_out(live: Live) -> None:
    live.room()
    old = live.token("bob")
    live.connect(old)
    live.settle()
    assert live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"}).status == 201
    live.connect(old)
    live.settle()
    assert live.connected() == set()


def test_what_callbacks_lose_is_reconciled_and_a_deleted_room_is_emptied(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        stale_record, publisher = live.enter("bob"), live.enter("carol")
        kept, ended = live.publish(publisher), live.publish(publisher)
        live.settle()
        clock.shift(timedelta(minutes=2))
        live.stand_ins.opentok.plan_callbacks(drop=3)
        live.leave(stale_record)
        live.unpublish(ended)
        unknown_connection = live.connect(live.token("dora"))
        clock.shift(timedelta(minutes=2))

        live.run("reconcile_sessions")

        assert live.shown() == {publisher: "carol", unknown_connection: None}
        items = live.ask("alice", "GET", "/rooms/standup/connections").json["items"]
        assert [each["id"] for item in items for each in item["streams"]] == [kept]

        assert live.ask("alice", "DELETE", "/rooms/standup").status == 204
        live.settle()
        assert live.connected() == set()


def test_a_session_that_is_young_and_unknown_is_asked_for_again(live: Live) -> None:
    young = live.room()["sessionId"]
    live.stand_ins.dynamodb().delete_item(
        TableName=live.stand_ins.environment["ROOMS_TABLE"],
        Key={"pk": {"S": f"session#{young}"}, "sk": {"S": "session"}},
    )
    body = {"sessionId": young, "applicationId": APPLICATION_ID, "event": "connectionCreated"}
    assert send_vonage_callback(live, body | {"connection": {"id": "c1"}}) == 503


@pytest.mark.parametrize(
    ("owner", "status"),
    [
        ({"applicationId": APPLICATION_ID}, 200),
        ({"projectId": APPLICATION_ID}, 200),
        ({"applicationId": APPLICATION_ID, "projectId": API_KEY}, 200),
        ({"applicationId": APPLICATION_ID.replace("beef", "cafe")}, 401),
        ({"projectId": API_KEY}, 401),
        ({}, 200),
    ],
)
def test_a_callback_is_of_our_application_by_whichever_name(
    live: Live, owner: dict[str, str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        send_vonage_callback(live, {"sessionId": "1_x", "event": "sessionCreated", **owner})
        == status
    )
    assert ("CallbackSessionCreated" in log_lines(capsys)[-1]) == (status == 200)


def send_vonage_callback(live: Live, content: object) -> int:
    """Return the status of the answer to a callback, signed as Vonage signs it."""
    body = json.dumps(content).encode()
    claims = {
        "iat": int(datetime.now(UTC).timestamp()),
        "jti": "1",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": "a1b2c3d4",
        "application_id": APPLICATION_ID,
    }
    bearer = jwt.encode(claims, CALLBACK_SECRET)
    return live.gateway.request("POST", "/callbacks/session", body=body, bearer=bearer).status
