"""What the official sample apps call first, without credentials, in both their dialects."""

import json
from typing import Any

import jwt
import pytest

from tests.support.gateway import Gateway, Reply
from tests.support.log_lines import log_lines
from tests.support.sample_app import parsed
from tests.support.sample_clients import ANDROID_SESSION, VONAGE_WEB_SESSION
from tests.support.stand_ins import API_KEY, API_SECRET, StandIns

PATHS = ["/session", "/room/demo", "/session/demo", "/room/DEMO?e2ee=true", "/session?e2ee=true"]


@pytest.fixture
def gateway(stand_ins: StandIns) -> Gateway:
    return stand_ins.gateway(SAMPLE_APPS="on", SAMPLE_ROOMS="demo,other")


def claims(reply: Reply) -> dict[str, Any]:
    token: str = reply.json["token"]
    claims: dict[str, Any] = jwt.decode(token, API_SECRET, algorithms=["HS256"], issuer=API_KEY)
    return claims


@pytest.mark.parametrize("path", PATHS)
def test_a_sample_app_gets_a_publishers_token_for_an_hour(gateway: Gateway, path: str) -> None:
    reply = gateway.request("GET", path)

    assert reply.status == 200
    assert all(isinstance(value, str) for value in reply.json.values())
    assert reply.json["apiKey"] == reply.json["applicationId"] == API_KEY
    token = claims(reply)
    assert token["role"] == "publisher"
    assert token["session_id"] == reply.json["sessionId"]
    assert token["exp"] - token["iat"] == 3600
    assert json.loads(token["connection_data"])["userId"] == "anonymous"


def test_no_sample_token_lives_longer_than_the_stage_allows(stand_ins: StandIns) -> None:
    reply = stand_ins.gateway(SAMPLE_APPS="on", MAX_TOKEN_SECONDS="600").request("GET", "/session")
    token = claims(reply)
    assert token["exp"] - token["iat"] == 600


def test_both_dialects_share_a_room_and_other_rooms_have_sessions_of_their_own(
    gateway: Gateway,
) -> None:
    sessions = [gateway.request("GET", path).json["sessionId"] for path in PATHS]
    assert len(set(sessions)) == 1
    other = gateway.request("GET", "/room/other").json["sessionId"]
    assert other not in sessions


@pytest.mark.parametrize("path", ["/room/standup", "/session/standup"])
def test_rooms_that_the_operator_has_not_named_are_not_there(gateway: Gateway, path: str) -> None:
    reply = gateway.request("GET", path)
    assert (reply.status, reply.code) == (404, "room_not_found")


def test_sample_rooms_and_other_rooms_never_meet(stand_ins: StandIns, gateway: Gateway) -> None:
    sample = gateway.request("GET", "/room/demo").json["sessionId"]
    alice = stand_ins.identity.bearer("alice", admin=True)

    ours = gateway.request("POST", "/rooms/demo/tokens", bearer=alice).json["sessionId"]
    assert ours != sample
    assert gateway.request("GET", "/room/demo").json["sessionId"] == sample
    reached = gateway.request("GET", "/rooms/sample:demo", bearer=alice)
    assert (reached.status, reached.code) == (422, "invalid_field")
    listed = gateway.request("GET", "/rooms", bearer=alice).json["items"]
    assert [each["room"] for each in listed] == ["demo"]


def test_a_bearer_changes_nothing(stand_ins: StandIns, gateway: Gateway) -> None:
    admin = stand_ins.identity.bearer("alice", admin=True)
    assert claims(gateway.request("GET", "/session", bearer=admin))["role"] == "publisher"


@pytest.mark.parametrize("path", PATHS)
def test_every_app_finds_what_it_parses(gateway: Gateway, path: str) -> None:
    reply = gateway.request("GET", path)
    parsed(reply, ANDROID_SESSION)
    parsed(reply, VONAGE_WEB_SESSION)
    assert "Location" not in reply.headers


def test_a_cold_start_with_sample_apps_is_warned_of(
    stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    in_lambda = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"}
    stand_ins.gateway(**in_lambda)
    assert log_lines(capsys) == []
    stand_ins.gateway(**in_lambda, SAMPLE_APPS="on")
    (line,) = log_lines(capsys)
    assert line["level"] == "WARNING"
    assert "SAMPLE_APPS is on" in line["message"]


def test_looking_for_what_is_not_there_makes_no_session(
    stand_ins: StandIns, gateway: Gateway
) -> None:
    assert gateway.request("GET", "/archive").json == {"count": 0, "items": []}
    assert gateway.request("GET", "/session/demo/archives").json["archives"] == []
    assert gateway.request("GET", "/archive/a1/view").code == "archive_not_found"
    assert stand_ins.items() == []
    assert stand_ins.opentok.calls == []
