"""Strict privacy over HTTP: hashes in the log, opaque ids in tokens, and who may resolve them."""

import json
from typing import Any

import jwt
import pytest

from chalicelib.adapters.pseudonyms import log_hash
from chalicelib.api.http.request_log import HIDDEN
from tests.support.live import Live
from tests.support.log_lines import audit_lines, log_lines
from tests.support.nameless import watching
from tests.support.servers.stand_ins import CREDENTIALS, PRIVACY_KEY, StandIns

KEY = "a-random-key-of-a-guests-device"
ALICE, BOB = log_hash("alice", PRIVACY_KEY), log_hash("bob", PRIVACY_KEY)


def data_of(token: str) -> dict[str, Any]:
    claims = jwt.decode(token, options={"verify_signature": False})
    content: dict[str, Any] = json.loads(claims["connection_data"])
    return content


def test_lines_have_the_same_hash_of_a_user_wherever_they_stand(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.room()
    live.enter("bob")
    live.patch(members={"add": ["bob"]})
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    live.settle()
    audits = audit_lines(capsys)
    by_action = {each["action"]: each for each in audits}
    assert by_action["admission"]["actor"] == by_action["admission"]["subject"] == BOB
    assert (by_action["ban"]["actor"], by_action["ban"]["subject"]) == (ALICE, BOB)
    assert by_action["departure"]["subject"] == BOB
    assert by_action["rule_change"]["members_added"] == [BOB]
    live.token("alice")
    assert log_lines(capsys)[-1]["user"] == ALICE


def test_a_warm_join_still_costs_one_read(live: Live) -> None:
    live.room()
    live.token("bob")
    live.stand_ins.aws.clear_calls()
    live.stand_ins.opentok.clear_calls()
    live.token("bob")
    assert live.stand_ins.aws.calls == ["DynamoDB.GetItem"]
    assert live.stand_ins.opentok.calls == []


def test_a_user_is_hidden_even_while_the_key_cannot_be_read(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.stand_ins.put_secret({name: CREDENTIALS[name] for name in ("apiKey", "apiSecret")})
    gateway = live.stand_ins.gateway()
    bearer = live.stand_ins.identity.bearer("alice")
    assert gateway.request("GET", "/rooms", bearer=bearer).status == 200
    assert log_lines(capsys)[-1]["user"] == HIDDEN
    refused = gateway.request("POST", "/rooms/standup/tokens", bearer=bearer)
    assert refused.code == "not_configured"
    assert "privacyKeys" in log_lines(capsys)[-1]["note"]


def test_those_in_the_room_learn_who_is_behind_an_opaque_id(live: Live) -> None:
    live.room()
    token = live.token("bob")
    opaque = data_of(token)["participant"]
    path = f"/rooms/standup/participants?ids={opaque},nonsense"
    refused = live.ask("bob", "GET", path)
    assert (refused.status, refused.code) == (403, "not_in_room")
    live.connect(token)
    live.settle()
    known = {"items": [{"id": opaque, "userId": "bob", "name": None}]}
    assert live.ask("bob", "GET", path).json == known
    assert live.ask("alice", "GET", path).json == known


def test_a_guest_in_the_room_resolves_ids_by_code_and_key(live: Live) -> None:
    live.room()
    bob = data_of(live.token("bob"))["participant"]
    code = live.ask("alice", "POST", "/rooms/standup/invitations", {}).json["code"]
    body = json.dumps({"code": code, "guestKey": KEY, "name": "Ann"})
    came = live.gateway.request("POST", "/invitations/tokens", body=body)
    live.connect(came.json["token"])
    live.settle()
    path = f"/rooms/standup/participants?ids={bob}"
    proof = {"Authorization": f"Guest {code}.{KEY}"}
    reply = live.gateway.request("GET", path, headers=proof)
    assert [each["userId"] for each in reply.json["items"]] == ["bob"]
    wrong = {"Authorization": f"Guest {code}.another-key-of-another-device"}
    assert live.gateway.request("GET", path, headers=wrong).status == 401


@pytest.mark.parametrize("ids", ["", "a,,b", "a b", ",".join("a" * 21), "\u00e9", "a" * 1001])
def test_ids_are_up_to_twenty_with_commas_between_them(live: Live, ids: str) -> None:
    live.room()
    reply = live.ask("alice", "GET", f"/rooms/standup/participants?ids={ids}")
    assert (reply.status, reply.field) == (422, "ids")


@pytest.mark.parametrize("wanted", ["", "?ids=" + ",".join("b" * 20)])
def test_the_ids_must_be_given_and_unknown_ones_are_left_out(live: Live, wanted: str) -> None:
    live.room()
    reply = live.ask("alice", "GET", f"/rooms/standup/participants{wanted}")
    assert reply.status == (200 if wanted else 422)


def test_a_value_that_privacy_does_not_have_is_named_in_the_log(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = stand_ins.gateway(PRIVACY="strickt")
    bearer = stand_ins.identity.bearer("alice")
    assert gateway.request("GET", "/rooms", bearer=bearer).code == "not_configured"
    assert log_lines(capsys)[-1]["note"] == "PRIVACY must be usual or strict"


@pytest.mark.usual_privacy
def test_the_watch_over_these_tests_sees_names_in_lines_and_tokens(live: Live) -> None:
    with watching() as watch:
        gateway = live.stand_ins.gateway(PRIVACY="usual")
        bearer = live.stand_ins.identity.bearer("dora", name="Dora Example")
        gateway.request("PUT", "/rooms/retro", bearer=bearer, body="{}")
        gateway.request("POST", "/rooms/retro/tokens", bearer=bearer, body="{}")
    found = watch.named()
    assert any("connection_data" not in each and "dora" in each for each in found)
    assert any('"name":"Dora Example"' in each for each in found)
