"""Invitations and guests over HTTP: answers, log lines, and codes that are not good."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import time_machine

from tests.support.gateway import Gateway, Reply
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON
from tests.support.servers.stand_ins import StandIns

KEY = "a-key-of-random-characters"
INVITATIONS = "/rooms/standup/invitations"


def invite(live: Live, **asked: object) -> Any:
    reply = live.ask("alice", "POST", INVITATIONS, asked)
    assert reply.status == 201, reply.text
    return reply.json


def come(gateway: Gateway, code: object, key: str = KEY, **asked: object) -> Reply:
    body = json.dumps({"code": code, "guestKey": key, **asked})
    return gateway.request("POST", "/invitations/tokens", body=body)


def test_an_invitation_is_made_listed_used_and_revoked(live: Live) -> None:
    live.room()
    with time_machine.travel(NOON, tick=False):
        made = invite(live, name="Patient", maxUses=1, skipsWaitingRoom=True)
    code, url = made.pop("code"), made.pop("url")
    assert (len(code), url) == (27, None)
    assert made == {
        "id": made["id"],
        "role": "publisher",
        "name": "Patient",
        "maxUses": 1,
        "uses": 0,
        "skipsWaitingRoom": True,
        "expiresAt": "2026-03-08T12:00:00Z",
        "createdAt": "2026-03-01T12:00:00Z",
        "createdBy": "alice",
    }
    with time_machine.travel(NOON, tick=False):
        assert live.ask("alice", "GET", INVITATIONS).json == {"items": [made]}
        joined = come(live.gateway, code)
        assert live.ask("alice", "GET", INVITATIONS).json == {"items": [made | {"uses": 1}]}

    assert joined.status == 201
    assert joined.json.keys() == live.ask("bob", "POST", "/rooms/standup/tokens").json.keys()
    assert (joined.json["room"], joined.json["role"]) == ("standup", "publisher")


def test_a_guest_is_shown_as_one_and_sent_away_by_a_revocation(live: Live) -> None:
    live.room()
    made = invite(live)
    connection = live.connect(come(live.gateway, made["code"], name="Ann").json["token"])
    live.settle()
    ((shown, user_id),) = live.shown().items()
    assert (shown, str(user_id)[:6]) == (connection, "guest:")

    path = f"{INVITATIONS}/{made['id']}"
    assert live.ask("alice", "DELETE", path).status == 204
    live.settle()

    assert live.connected() == set()
    assert live.ask("alice", "DELETE", path).status == 204
    missing = live.ask("alice", "DELETE", f"{INVITATIONS}/{'0' * 24}")
    assert (missing.status, missing.code) == (404, "invitation_not_found")


def asked(live: Live, code: str) -> tuple[int, Mapping[str, str], str, list[str]]:
    """Return all that a guest sees of an answer, and the calls to AWS that it cost."""
    live.stand_ins.aws.clear_calls()
    reply = come(live.gateway, code)
    return reply.status, dict(reply.headers), reply.text, list(live.stand_ins.aws.calls)


def test_every_code_that_is_not_good_gets_the_same_answer_by_the_same_calls(live: Live) -> None:
    live.room()
    live.room("gone")
    with time_machine.travel(NOON, tick=False) as clock:
        used_up, revoked, expired = (invite(live, maxUses=1) for _ in range(3))
        expired = invite(live, expiresAt="2026-03-01T12:10:00Z")
        of_gone = live.ask("alice", "POST", "/rooms/gone/invitations").json
        come(live.gateway, used_up["code"], "another-guests-random-key")
        live.ask("alice", "DELETE", f"{INVITATIONS}/{revoked['id']}")
        live.ask("alice", "DELETE", "/rooms/gone")
        clock.shift(601)
        good = used_up["code"]
        codes = [each["code"] for each in (used_up, revoked, expired, of_gone)]
        codes += ["", good[:-1], f"{good} ", good.swapcase(), used_up["id"], "x" * 60_000]
        answers = [asked(live, code) for code in codes]

    status, _, text, calls = answers[0]
    assert (status, json.loads(text)["code"]) == (404, "invitation_invalid")
    assert calls == ["DynamoDB.BatchGetItem", "DynamoDB.GetItem"]
    assert all(each == answers[0] for each in answers)


def test_a_guests_first_token_costs_two_reads_and_a_transaction_and_the_next_less(
    live: Live,
) -> None:
    live.room(maxParticipants=2)
    code = invite(live)["code"]
    reads = ["DynamoDB.BatchGetItem", "DynamoDB.GetItem"]
    for write in ("DynamoDB.TransactWriteItems", "DynamoDB.UpdateItem"):
        _, _, _, calls = asked(live, code)
        assert [each for each in calls if each.startswith("DynamoDB")] == [*reads, write]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "x"}, "guestKey"),
        ({"code": 7, "guestKey": KEY}, "code"),
        ({"code": "x", "guestKey": "short"}, "guestKey"),
        ({"code": "x", "guestKey": f"{KEY}\n"}, "guestKey"),
        ({"code": "x", "guestKey": KEY, "name": ""}, "name"),
        ({"code": "x", "guestKey": KEY, "role": "moderator"}, "role"),
    ],
)
def test_a_guests_malformed_request_names_the_field_and_costs_no_call(
    gateway: Gateway, stand_ins: StandIns, body: object, field: str
) -> None:
    reply = gateway.request("POST", "/invitations/tokens", body=json.dumps(body))
    assert (reply.status, reply.field) == (422, field)
    assert stand_ins.aws.calls == []


@pytest.mark.parametrize("key", ["short", "a" * 129, "a key of random characters", "ü" * 22])
def test_a_malformed_key_of_a_guest_is_told_the_whole_rule(gateway: Gateway, key: str) -> None:
    (problem,) = come(gateway, "x", key).json["errors"]
    assert problem["reason"] == "must be 22 to 128 of the characters A-Z, a-z, 0-9, _ and -"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "king"}, "role"),
        ({"maxUses": 0}, "maxUses"),
        ({"maxUses": 1001}, "maxUses"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"code": "my own code"}, "code"),
    ],
)
def test_a_malformed_invitation_names_the_field(live: Live, body: object, field: str) -> None:
    live.room()
    reply = live.ask("alice", "POST", INVITATIONS, body)
    assert (reply.status, reply.field) == (422, field)


def test_no_log_line_has_a_code_or_a_guests_key(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.room()
    made = invite(live, maxUses=1)
    joined = come(live.gateway, made["code"])
    come(live.gateway, made["code"], "another-guests-random-key")
    lines = log_lines(capsys)

    assert [line["code"] for line in lines[-2:]] == ["ok", "invitation_invalid"]
    assert lines[-2]["user"].startswith("hash:")
    assert lines[-2]["room"] == "standup"
    for secret in (made["code"], KEY, "another-guests-random-key", joined.json["token"]):
        assert secret not in json.dumps(lines)


def test_the_address_of_an_invitation_is_the_call_page_or_the_operators(
    stand_ins: StandIns,
) -> None:
    alice = f"Bearer {stand_ins.identity.bearer('alice')}"
    gateway = stand_ins.gateway()
    gateway.request("PUT", "/rooms/standup", headers={"Authorization": alice})
    event = gateway.event("POST", INVITATIONS, headers={"Authorization": [alice]})
    event["requestContext"]["domainName"] = "api.example.com"
    made = gateway.send(event).json
    assert made["url"] == f"https://api.example.com/api/call#invitation={made['code']}"

    own = stand_ins.gateway(INVITATION_URL="clinic://join#{code}")
    made = own.send(event).json
    assert made["url"] == f"clinic://join#{made['code']}"


def test_where_invitations_are_off_none_is_made_and_nobody_comes(stand_ins: StandIns) -> None:
    live = Live(stand_ins.gateway(INVITATIONS="off"), stand_ins)
    live.room()
    refused = live.ask("alice", "POST", INVITATIONS, {})
    assert (refused.status, refused.code) == (403, "feature_disabled")
    assert refused.json["setting"] == "INVITATIONS"
    stand_ins.aws.clear_calls()
    assert come(live.gateway, "x").code == "feature_disabled"
    assert stand_ins.aws.calls == []


def test_a_guest_waits_where_members_wait(live: Live) -> None:
    live.room(waitingRoom=True)
    code = invite(live)["code"]
    reply = come(live.gateway, code, name="Ann")
    assert (reply.status, reply.headers["Retry-After"]) == (202, "5")
    (shown,) = live.ask("alice", "GET", "/rooms/standup/waiting").json["items"]
    assert (shown["id"], shown["guest"]) == (reply.json["waiting"]["id"], True)
    assert (
        live.ask("alice", "POST", f"/rooms/standup/waiting/{shown['id']}/admission").status == 204
    )
    assert come(live.gateway, code).status == 201
