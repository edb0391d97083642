import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote

import jwt
import pytest
import requests
import time_machine

from tests.support.gateway import Gateway, Reply
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_KEY, API_SECRET, StandIns


def join(
    gateway: Gateway,
    stand_ins: StandIns,
    user: str = "alice",
    body: object = None,
    *,
    name: str | None = None,
    admin: bool = False,
) -> Reply:
    bearer = stand_ins.identity.bearer(user, name=name, admin=admin)
    text = None if body is None else json.dumps(body)
    return gateway.request("POST", "/rooms/standup/tokens", bearer=bearer, body=text)


def claims(reply: Reply) -> dict[str, Any]:
    return jwt.decode(
        reply.json["token"], API_SECRET, algorithms=["HS256"], options={"verify_exp": False}
    )


def connect(stand_ins: StandIns, reply: Reply) -> requests.Response:
    """Connect with the token, as a client does."""
    url = f"{stand_ins.opentok_server.url}/sim/connections"
    return requests.post(url, json={"token": reply.json["token"]}, timeout=5)


def test_a_token_request_answers_with_all_that_a_client_connects_with(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    with time_machine.travel(NOON, tick=False):
        reply = join(gateway, stand_ins)

    assert reply.status == 201
    assert set(reply.json) == {
        *("apiKey", "applicationId", "sessionId", "token", "room", "role", "expiresAt"),
        *("connectBy", "serverTime"),
    }
    assert reply.json["apiKey"] == reply.json["applicationId"] == API_KEY
    assert reply.json["room"] == "standup"
    assert reply.json["serverTime"] == "2026-03-01T12:00:00Z"
    assert reply.json["expiresAt"] == "2026-03-02T12:00:00Z"
    assert reply.json["connectBy"] is None
    said = claims(reply)
    assert (said["iat"], said["exp"]) == (NOON.timestamp(), NOON.timestamp() + 86400)
    assert (said["iss"], said["ist"], said["scope"]) == (API_KEY, "project", "session.connect")


@pytest.mark.parametrize("role", ["subscriber", "publisher", "publisheronly", "moderator"])
def test_a_moderator_may_have_each_role_and_opentok_accepts_it(
    gateway: Gateway, stand_ins: StandIns, role: str
) -> None:
    reply = join(gateway, stand_ins, body={"role": role})
    connected = connect(stand_ins, reply)
    assert connected.status_code == 201, connected.text
    assert connected.json()["role"] == reply.json["role"] == role
    assert json.loads(connected.json()["data"])["role"] == role


def test_in_a_room_for_watching_only_moderators_publish(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    alice = stand_ins.identity.bearer("alice")
    gateway.request("PUT", "/rooms/standup", bearer=alice, body='{"defaultRole":"subscriber"}')
    assert join(gateway, stand_ins, "bob").json["role"] == "subscriber"
    for role in ("publisher", "publisheronly"):
        assert join(gateway, stand_ins, "bob", {"role": role}).code == "role_not_allowed"
    assert join(gateway, stand_ins, "alice", {"role": "publisher"}).status == 201


def test_a_user_who_is_no_member_gets_an_error_that_says_so(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    alice = stand_ins.identity.bearer("alice")
    gateway.request("PUT", "/rooms/standup", bearer=alice, body='{"members":["bob"]}')
    assert join(gateway, stand_ins, "bob").status == 201
    refused = join(gateway, stand_ins, "mallory")
    assert (refused.status, refused.code) == (403, "not_a_member")


@pytest.mark.usual_privacy
def test_connection_data_holds_the_bearers_user_and_the_apps_own_data(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    body = {"data": 'seat "7" \\ \u00e9\u4e2d\U0001f600', "name": "Mallory"}
    named = claims(join(gateway, stand_ins, "alice", body, name="Alice"))["connection_data"]
    assert json.loads(named) == {
        "userId": "alice",
        "name": "Alice",
        "role": "moderator",
        "data": body["data"],
    }
    unnamed = claims(join(gateway, stand_ins, "alice", body))["connection_data"]
    assert json.loads(unnamed)["name"] == "Mallory"
    assert list(json.loads(unnamed)) == ["userId", "name", "role", "data"]


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f600"])
@pytest.mark.usual_privacy
def test_connection_data_may_have_a_thousand_characters_and_not_one_more(
    gateway: Gateway, stand_ins: StandIns, letter: str
) -> None:
    without = '{"userId":"alice","name":null,"role":"moderator","data":""}'
    room_left = 1000 - len(without)
    fits = join(gateway, stand_ins, body={"data": letter * room_left})
    assert fits.status == 201
    assert len(claims(fits)["connection_data"]) == 1000
    assert connect(stand_ins, fits).status_code == 201
    stand_ins.start_anew()
    refused = join(gateway, stand_ins, body={"data": letter * (room_left + 1)})
    assert (refused.status, refused.field) == (422, "data")
    assert stand_ins.items() == []


@pytest.mark.parametrize("seconds", [60, 3600, 86400])
def test_a_token_may_last_from_a_minute_to_the_longest_allowed(
    gateway: Gateway, stand_ins: StandIns, seconds: int
) -> None:
    said = claims(join(gateway, stand_ins, body={"expiresIn": seconds}))
    assert said["exp"] - said["iat"] == seconds


def test_the_operator_may_allow_thirty_days_which_opentok_accepts(stand_ins: StandIns) -> None:
    gateway = stand_ins.gateway(MAX_TOKEN_SECONDS="2592000")
    reply = join(gateway, stand_ins)
    assert claims(reply)["exp"] - claims(reply)["iat"] == 2_592_000
    assert connect(stand_ins, reply).status_code == 201


def test_no_token_outlives_its_room(gateway: Gateway, stand_ins: StandIns) -> None:
    body = '{"closesAt":"2026-03-01T12:00:30.900Z"}'
    with time_machine.travel(NOON, tick=False) as clock:
        alice = stand_ins.identity.bearer("alice")
        gateway.request("PUT", "/rooms/standup", bearer=alice, body=body)
        reply = join(gateway, stand_ins, body={"expiresIn": 60})
        assert reply.json["expiresAt"] == "2026-03-01T12:00:30Z"
        assert claims(reply)["exp"] == NOON.timestamp() + 30
        clock.shift(30.5)
        assert join(gateway, stand_ins).code == "room_closed"


@pytest.mark.parametrize(
    ("bearer_end", "expires_at"),
    [
        (int(NOON.timestamp()) + 600, "2026-03-01T12:10:00Z"),
        (10**15, "2026-03-02T12:00:00Z"),
    ],
    ids=["a moment", "beyond the calendar"],
)
def test_an_admins_moderator_token_expires_with_the_bearer_token(
    gateway: Gateway, stand_ins: StandIns, bearer_end: int, expires_at: str
) -> None:
    with time_machine.travel(NOON, tick=False):
        join(gateway, stand_ins)
        bearer = stand_ins.identity.bearer("root", admin=True, exp=bearer_end)
        reply = gateway.request("POST", "/rooms/standup/tokens", bearer=bearer)

    assert (reply.json["role"], reply.json["expiresAt"]) == ("moderator", expires_at)


def test_layout_classes_go_into_the_token(gateway: Gateway, stand_ins: StandIns) -> None:
    reply = join(gateway, stand_ins, body={"layoutClasses": ["focus", "full"]})
    assert claims(reply)["initial_layout_class_list"] == "focus full"
    assert connect(stand_ins, reply).status_code == 201


def test_layout_classes_may_have_a_thousand_characters_joined(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    assert join(gateway, stand_ins, body={"layoutClasses": ["x" * 499, "y" * 500]}).status == 201
    refused = join(gateway, stand_ins, body={"layoutClasses": ["x" * 500, "y" * 500]})
    assert (refused.status, refused.field) == (422, "layoutClasses")


def test_null_fields_count_as_absent(gateway: Gateway, stand_ins: StandIns) -> None:
    names = ("role", "expiresIn", "name", "data", "layoutClasses")
    assert join(gateway, stand_ins, body=dict.fromkeys(names)).status == 201


def simplest(gateway: Gateway, stand_ins: StandIns, user: str, username: str) -> Reply:
    bearer = stand_ins.identity.bearer(user)
    return gateway.request("GET", f"/token?username={quote(username, safe='')}", bearer=bearer)


@pytest.mark.usual_privacy
def test_the_smallest_contract_gives_a_publisher_of_the_default_room(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    first = simplest(gateway, stand_ins, "u1", "alice")
    second = simplest(gateway, stand_ins, "u2", "bob")

    assert first.status == 200
    assert set(first.json) == {"api_key", "session_id", "token"}
    assert first.json["session_id"] == second.json["session_id"]
    assert stand_ins.opentok.count("/session/create") == 1
    said = claims(first)
    assert said["role"] == "publisher"
    assert said["connection_data"] == "username=alice&userId=u1"
    assert connect(stand_ins, first).status_code == 201


@pytest.mark.parametrize(
    "name", ["alice&userId=root", "a=b", "a b+c", "%26", "\u00e9\U0001f600", "x\r\ny", "&", "\0"]
)
@pytest.mark.usual_privacy
def test_no_name_can_smuggle_a_second_field_into_the_connection_data(
    gateway: Gateway, stand_ins: StandIns, name: str
) -> None:
    data = claims(simplest(gateway, stand_ins, "u1&admin=1", name))["connection_data"]
    assert parse_qs(data, strict_parsing=True) == {"username": [name], "userId": ["u1&admin=1"]}


def test_the_default_room_has_no_moderators_but_admins(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    simplest(gateway, stand_ins, "u1", "alice")
    u1 = stand_ins.identity.bearer("u1")
    shown = gateway.request("GET", "/rooms/lobby", bearer=u1).json
    assert (shown["moderators"], shown["createdBy"]) == ([], None)
    token = gateway.request("POST", "/rooms/lobby/tokens", bearer=u1)
    assert token.json["role"] == "publisher"
    assert gateway.request("DELETE", "/rooms/lobby", bearer=u1).code == "not_a_moderator"
    assert gateway.request("GET", "/rooms", bearer=u1).json["items"] == []


def test_nobody_but_an_admin_chooses_the_default_rooms_settings(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    u1 = stand_ins.identity.bearer("u1")
    refused = gateway.request("PUT", "/rooms/Lobby", bearer=u1, body='{"members":["u1"]}')
    assert (refused.status, refused.code) == (403, "not_a_moderator")
    root = stand_ins.identity.bearer("root", admin=True)
    body = '{"maxParticipants":9}'
    assert gateway.request("PUT", "/rooms/lobby", bearer=root, body=body).status == 201
    assert simplest(gateway, stand_ins, "u1", "alice").status == 200


def test_the_default_room_is_there_even_where_only_admins_create_rooms(
    stand_ins: StandIns,
) -> None:
    gateway = stand_ins.gateway(ROOM_CREATION="admins", DEFAULT_ROOM="Foyer")
    assert simplest(gateway, stand_ins, "u1", "alice").status == 200
    u1 = stand_ins.identity.bearer("u1")
    assert gateway.request("GET", "/rooms/foyer", bearer=u1).json["room"] == "Foyer"


@pytest.mark.parametrize(
    "query", ["", "?username=", "?username=a&username=b", "?username=a&room=b", "?name=a"]
)
def test_the_smallest_contract_wants_one_username_and_nothing_else(
    gateway: Gateway, stand_ins: StandIns, query: str
) -> None:
    reply = gateway.request("GET", f"/token{query}", bearer=stand_ins.identity.bearer("u1"))
    assert (reply.status, reply.code) == (422, "invalid_field")
    assert reply.field in {"username", "room", "name"}
    assert stand_ins.items() == []


@pytest.mark.usual_privacy
def test_a_username_that_fills_the_connection_data_is_refused(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    room_left = 1000 - len("username=&userId=u1")
    assert simplest(gateway, stand_ins, "u1", "x" * room_left).status == 200
    refused = simplest(gateway, stand_ins, "u1", "x" * (room_left + 1))
    assert (refused.status, refused.field) == (422, "username")


def test_not_even_an_admin_can_give_the_default_room_a_moderator(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    root = stand_ins.identity.bearer("root", admin=True)
    body = '{"moderators":["bob"]}'
    refused = gateway.request("PUT", "/rooms/lobby", bearer=root, body=body)
    assert (refused.status, refused.field) == (422, "moderators")
    assert gateway.request("PUT", "/rooms/lobby", bearer=root).status == 201
    body = '{"moderators":{"add":["bob"]}}'
    refused = gateway.request("PATCH", "/rooms/lobby", bearer=root, body=body)
    assert (refused.status, refused.field) == (422, "moderators")
    bob = stand_ins.identity.bearer("bob")
    assert gateway.request("POST", "/rooms/lobby/tokens", bearer=bob).json["role"] == "publisher"


def test_anybody_may_put_the_default_room_with_nothing_to_choose(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    u1 = stand_ins.identity.bearer("u1")
    assert gateway.request("PUT", "/rooms/lobby", bearer=u1).status == 201
    assert gateway.request("PUT", "/rooms/lobby", bearer=u1).status == 200


@pytest.mark.usual_privacy
def test_a_name_too_long_beside_a_long_id_gets_an_error_that_says_so(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    reply = simplest(gateway, stand_ins, "\U0001f600" * 63, "\U0001f600" * 30)
    assert (reply.status, reply.field) == (422, "username")
    assert "including the user's id" in reply.json["errors"][0]["reason"]


def test_a_token_made_after_waiting_for_the_secret_still_ends_with_its_room(
    stand_ins: StandIns,
) -> None:
    alice = stand_ins.identity.bearer("alice")
    closes_at = datetime.now(UTC) + timedelta(seconds=3)
    stand_ins.gateway().request(
        "PUT", "/rooms/standup", bearer=alice, body=json.dumps({"closesAt": closes_at.isoformat()})
    )
    cold = stand_ins.gateway()
    stand_ins.aws.slow_down("SecretsManager.GetSecretValue", delay_seconds=1.9, times=2)
    reply = cold.request("POST", "/rooms/standup/tokens", bearer=alice)
    if reply.status == 201:
        said = claims(reply)
        assert said["exp"] > said["iat"]
        assert said["exp"] <= closes_at.timestamp()
    else:
        assert reply.code == "room_closed"
