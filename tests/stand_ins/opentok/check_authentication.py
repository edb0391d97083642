import time
from typing import Any

import jwt
import pytest
import requests
from opentok.exceptions import RequestError

from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.stand_ins.known import (
    API_KEY,
    API_SECRET,
    OTHER_API_SECRET,
    RunningOpenTok,
    application_jwt,
    project_jwt,
)


def refusal(url: str, **headers: str) -> tuple[int, object]:
    sent = {"Accept": "application/json"} | headers
    answer = requests.post(f"{url}/session/create", headers=sent, timeout=5)
    return answer.status_code, answer.json()


def triplet(message: str) -> dict[str, object]:
    return {"code": -1, "message": message, "description": message}


def signed_with_none() -> str:
    return jwt.encode({"iss": API_KEY, "ist": "project"}, "", algorithm="none")


def test_no_auth_header_is_refused_as_opentok_does(opentok_service: RunningOpenTok) -> None:
    assert refusal(opentok_service.url) == (403, triplet("No suitable authentication found"))


def test_the_refusal_is_xml_where_json_is_not_asked_for(opentok_service: RunningOpenTok) -> None:
    answer = requests.post(f"{opentok_service.url}/session/create", timeout=5)

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/xml")
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><errorPayload><code>-1</code>'
        "<message>No suitable authentication found</message>"
        "<description>No suitable authentication found</description></errorPayload>"
    )


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"iss": "45999999"}, "Issuer not found"),
        ({"iss": "undefined"}, "Invalid issuer format"),
        ({"iss": ""}, "Invalid issuer format"),
        ({"iss": None}, "Invalid issuer format"),
        ({"ist": "account"}, "Invalid token format"),
        ({"ist": None}, "Invalid token format"),
        ({"exp": None}, "Invalid token format"),
        ({"exp": "soon"}, "Invalid token format"),
        ({"iat": "now"}, "Invalid token format"),
    ],
)
def test_each_flaw_of_the_claims_has_its_message(
    opentok_service: RunningOpenTok, claims: dict[str, Any], message: str
) -> None:
    token = project_jwt(**claims)

    assert refusal(opentok_service.url, **{"X-OPENTOK-AUTH": token}) == (403, triplet(message))


@pytest.mark.parametrize(
    ("issued_in", "expires_in", "message"),
    [
        (0, 310, "Invalid token format"),
        (-300, -1, "Invalid token format"),
        (170, 290, "issued time cannot be greater than current time"),
    ],
)
def test_a_token_too_long_expired_or_from_the_future_is_refused(
    opentok_service: RunningOpenTok, issued_in: int, expires_in: int, message: str
) -> None:
    now = int(time.time())
    token = project_jwt(iat=now + issued_in, exp=now + expires_in)

    assert refusal(opentok_service.url, **{"X-OPENTOK-AUTH": token}) == (403, triplet(message))


def test_a_wrong_secret_is_an_invalid_signature(opentok_service: RunningOpenTok) -> None:
    token = project_jwt(OTHER_API_SECRET)

    answer = refusal(opentok_service.url, **{"X-OPENTOK-AUTH": token})

    assert answer == (403, triplet("Invalid signature"))


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("no-jwt", "Invalid token format"),
        ("", "Invalid token format"),
        (signed_with_none(), "Invalid signature"),
    ],
)
def test_a_token_that_nobody_signed_is_refused(
    opentok_service: RunningOpenTok, token: str, message: str
) -> None:
    assert refusal(opentok_service.url, **{"X-OPENTOK-AUTH": token}) == (403, triplet(message))


def test_the_sdk_with_a_wrong_secret_learns_of_invalid_credentials(
    opentok_service: RunningOpenTok,
) -> None:
    with pytest.raises(RequestError, match="invalid credentials"):
        opentok_service.client(API_KEY, OTHER_API_SECRET).create_session()


def test_the_key_of_vonage_credentials_means_nothing_to_the_opentok_host(
    vonage_private_pem: str,
) -> None:
    bearer = application_jwt(vonage_private_pem)
    with HttpServer(OpenTokStandIn(projects={API_KEY: API_SECRET}).wsgi_app) as server:
        answer = refusal(server.url, Authorization=f"Bearer {bearer}")

    assert answer == (403, triplet("No suitable authentication found"))


@pytest.mark.parametrize(
    "claims",
    [
        {"application_id": "66666666-2222-4333-8444-555555555555"},
        {"application_id": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"acl": {"paths": {"/session/**": {}}}},
    ],
)
def test_vonage_answers_401_to_a_flawed_bearer(
    opentok_service: RunningOpenTok, vonage_private_pem: str, claims: dict[str, Any]
) -> None:
    bearer = application_jwt(vonage_private_pem, **claims)

    status, _ = refusal(opentok_service.url, Authorization=f"Bearer {bearer}")

    assert status == 401


def test_vonage_answers_401_to_a_bearer_that_is_no_jwt(opentok_service: RunningOpenTok) -> None:
    status, _ = refusal(opentok_service.url, Authorization="Bearer nonsense")

    assert status == 401


def test_vonage_accepts_a_sound_bearer(
    opentok_service: RunningOpenTok, vonage_private_pem: str
) -> None:
    bearer = application_jwt(vonage_private_pem)

    status, _ = refusal(opentok_service.url, Authorization=f"Bearer {bearer}")

    assert status == 200
