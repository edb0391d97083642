import base64
import time
from typing import Any

import jwt
import pytest
import requests
from opentok import Roles

from tests.stand_ins.known import (
    API_SECRET,
    OTHER_API_KEY,
    OTHER_API_SECRET,
    RunningOpenTok,
    client_jwt,
)


def connect(service: RunningOpenTok, token: str) -> requests.Response:
    return requests.post(f"{service.url}/sim/connections", json={"token": token}, timeout=5)


def reason(service: RunningOpenTok, token: str) -> tuple[int, Any]:
    answer = connect(service, token)
    return answer.status_code, answer.json().get("reason")


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("role", list(Roles))
def test_a_token_of_the_sdk_connects_in_each_role(
    opentok_service: RunningOpenTok, session_id: str, role: Roles, *, legacy: bool
) -> None:
    token = opentok_service.client().generate_token(
        session_id,
        role=role,
        data='{"user":"Zoë & co"}',
        initial_layout_class_list=["focus", "left"],
        use_jwt=not legacy,
    )

    answer = connect(opentok_service, token)

    assert answer.status_code == 201
    assert answer.json() == {
        "connectionId": answer.json()["connectionId"],
        "sessionId": session_id,
        "role": role.value,
        "data": '{"user":"Zoë & co"}',
    }


def test_a_token_of_a_vonage_application_connects_to_its_session(
    opentok_service: RunningOpenTok, vonage_key_path: str
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    session = client.create_session()

    answer = connect(opentok_service, client.generate_token(session.session_id))

    assert (answer.status_code, answer.json()["role"]) == (201, "publisher")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"acl": None}, "Invalid acl"),
        ({"acl": {"paths": {}}}, "Invalid acl"),
        ({"subject": "voice"}, "Invalid subject"),
        ({"scope": None}, "Invalid scope"),
    ],
)
def test_a_vonage_token_needs_its_acl_subject_and_scope(
    opentok_service: RunningOpenTok,
    vonage_key_path: str,
    vonage_private_pem: str,
    change: dict[str, Any],
    message: str,
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    sound = client.generate_token(client.create_session().session_id)
    claims = jwt.decode(sound, options={"verify_signature": False}) | change
    kept = {name: value for name, value in claims.items() if value is not None}

    token = jwt.encode(kept, vonage_private_pem, algorithm="RS256")

    assert reason(opentok_service, token) == (403, message)


def test_a_vonage_token_signed_by_another_key_is_refused(
    opentok_service: RunningOpenTok, vonage_key_path: str
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    token = client.generate_token(client.create_session().session_id)
    head, body, signature = token.split(".")
    forged = "A" * len(signature)

    assert reason(opentok_service, f"{head}.{body}.{forged}") == (403, "Invalid signature")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role": "admin"}, "Invalid role"),
        ({"role": None}, "Invalid role"),
        ({"scope": "session.watch"}, "Invalid scope"),
        ({"scope": None}, "Invalid scope"),
        ({"ist": "account"}, "Invalid token format"),
        ({"exp": None}, "Invalid token format"),
        ({"exp": 1_600_000_000}, "Token has expired"),
        ({"exp": 4_000_000_000}, "Token lives longer than 30 days"),
        ({"connection_data": "x" * 1001}, "Invalid connection_data"),
        ({"connection_data": {"user": "alice"}}, "Invalid connection_data"),
        ({"initial_layout_class_list": "c" * 1001}, "Invalid initial_layout_class_list"),
        ({"iss": "45999999"}, "Issuer not found"),
        ({"session_id": "1_bm93aGVyZQ"}, "Session not found"),
        ({"session_id": None}, "Session not found"),
    ],
)
def test_each_flaw_of_a_token_has_its_reason(
    opentok_service: RunningOpenTok, session_id: str, change: dict[str, Any], message: str
) -> None:
    token = client_jwt(session_id, **change)

    assert reason(opentok_service, token) == (403, message)


def test_connection_data_of_1000_characters_is_accepted(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    token = client_jwt(session_id, connection_data="é" * 1000)

    assert connect(opentok_service, token).status_code == 201


def test_a_token_signed_with_another_secret_is_refused(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    token = client_jwt(session_id, OTHER_API_SECRET)

    assert reason(opentok_service, token) == (403, "Invalid signature")


def test_an_unsigned_token_is_refused(opentok_service: RunningOpenTok, session_id: str) -> None:
    claims = jwt.decode(client_jwt(session_id), options={"verify_signature": False})

    token = jwt.encode(claims, "", algorithm="none")

    assert reason(opentok_service, token) == (403, "Invalid signature")


def test_a_token_of_one_project_does_not_open_a_session_of_another(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    token = client_jwt(session_id, OTHER_API_SECRET, iss=OTHER_API_KEY)

    assert reason(opentok_service, token) == (403, "Session belongs to another project")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"partner_id=45999999&sig={'0' * 40}:session_id=1", "Issuer not found"),
        (f"partner_id={OTHER_API_KEY}&sig={'0' * 40}:session_id=1", "Invalid signature"),
        (f"partner_id={OTHER_API_KEY}&sig=ü:session_id=1", "Invalid signature"),
        (f"partner_id={OTHER_API_KEY}:session_id=1", "Invalid token format"),
        ("no colon", "Invalid token format"),
    ],
)
def test_a_flawed_legacy_token_is_refused(
    opentok_service: RunningOpenTok, text: str, message: str
) -> None:
    token = "T1==" + base64.b64encode(text.encode()).decode()

    assert reason(opentok_service, token) == (403, message)


@pytest.mark.parametrize("token", ["T1==", "T1==%%%", "", "a.b.c", "é"])
def test_what_is_no_token_at_all_is_refused(opentok_service: RunningOpenTok, token: str) -> None:
    assert reason(opentok_service, token) == (403, "Invalid token format")


def test_an_expired_legacy_token_is_refused(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    client = opentok_service.client()
    now = int(time.time())
    token = client.generate_token(session_id, expire_time=now + 1, use_jwt=False)
    aged = base64.b64decode(token.removeprefix("T1==")).decode()
    signed = aged.partition(":")[2].replace(f"expire_time={now + 1}", f"expire_time={now - 1}")
    signature = client._sign_string(signed, API_SECRET)  # noqa: SLF001 - to sign what it would not
    text = f"partner_id={client.api_key}&sig={signature}:{signed}"

    token = "T1==" + base64.b64encode(text.encode()).decode()

    assert reason(opentok_service, token) == (403, "Token has expired")


def test_a_session_shows_who_is_connected_until_they_leave(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    shown = f"{opentok_service.url}/sim/sessions/{session_id}"
    token = opentok_service.client().generate_token(session_id)
    connection = connect(opentok_service, token).json()
    left = f"{opentok_service.url}/sim/connections/{connection['connectionId']}"

    assert requests.get(shown, timeout=5).json() == {
        "connections": [connection],
        "streams": [],
        "signals": [],
        "mutes": [],
        "tones": [],
    }
    assert requests.delete(left, timeout=5).status_code == 204
    assert requests.get(shown, timeout=5).json()["connections"] == []
    assert requests.delete(left, timeout=5).status_code == 404


def test_a_session_that_was_never_created_is_404(opentok_service: RunningOpenTok) -> None:
    answer = requests.get(f"{opentok_service.url}/sim/sessions/1_none", timeout=5)

    assert (answer.status_code, answer.json()) == (404, {"reason": "Session not found"})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"token":1}', b'{"token":"\xff"}'])
def test_connecting_with_a_bad_body_is_400_with_the_reason(
    opentok_service: RunningOpenTok, body: bytes
) -> None:
    answer = requests.post(f"{opentok_service.url}/sim/connections", data=body, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["reason"]


def test_as_many_tokens_as_planned_count_as_expired(
    opentok_service: RunningOpenTok, session_id: str
) -> None:
    token = client_jwt(session_id)
    plan = f"{opentok_service.url}/sim/tokens"
    assert requests.post(plan, json={"expired": 1}, timeout=5).status_code == 204

    assert reason(opentok_service, token) == (403, "Token has expired")
    assert connect(opentok_service, token).status_code == 201

    requests.post(plan, json={"expired": 5}, timeout=5)
    requests.post(plan, json={"expired": 0}, timeout=5)
    assert connect(opentok_service, token).status_code == 201
    assert requests.post(plan, json={"expired": -1}, timeout=5).status_code == 400
