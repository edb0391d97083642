"""Client tokens that come back: whose, for which session, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import pytest
import time_machine

from chalicelib.adapters.opentok.client_tokens import OpenTokClientTokens
from chalicelib.adapters.opentok.sdk_client import Projects
from chalicelib.core.model.user import Role
from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials, VonageCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import Unauthenticated
from tests.support.stand_ins import API_KEY, API_SECRET, APPLICATION_ID, new_vonage_keys

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SESSION: Final = "1_MX40NzAwMDAwMX5-MTc2OTg2MDgwMDAwMH5leGFtcGxlfn4"
KEYS: Final = new_vonage_keys()
OPENTOK: Final = OpenTokCredentials(API_KEY, API_SECRET)
VONAGE: Final = VonageCredentials(APPLICATION_ID, KEYS.private)
CLAIMS: Final[dict[str, Any]] = {
    "iat": int(NOON.timestamp()),
    "exp": int((NOON + timedelta(hours=1)).timestamp()),
    "scope": "session.connect",
    "session_id": SESSION,
    "role": "publisher",
}
OF_OPENTOK: Final = CLAIMS | {"iss": API_KEY, "ist": "project"}
OF_VONAGE: Final = CLAIMS | {"application_id": APPLICATION_ID}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@dataclass(frozen=True)
class Fixed:
    """Credentials that never change."""

    credentials: Credentials

    def current(self, deadline: Deadline) -> Credentials:
        del deadline
        return self.credentials

    def after_refusal(self, refused: Credentials, deadline: Deadline) -> Credentials:
        del refused
        return self.current(deadline)


def role(credentials: Credentials, token: str) -> Role:
    return OpenTokClientTokens(Projects(Fixed(credentials))).role(token, SESSION, Deadline(5))


def of_opentok(key: str = API_SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(_changed(OF_OPENTOK, changed), key, algorithm)


def of_vonage(key: str = KEYS.private, algorithm: str = "RS256", **changed: Any) -> str:
    return jwt.encode(_changed(OF_VONAGE, changed), key, algorithm)


def _changed(claims: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (claims | changed).items() if value is not None}


@pytest.mark.parametrize("granted", list(Role))
def test_a_genuine_token_tells_its_role(granted: Role) -> None:
    assert role(OPENTOK, of_opentok(role=granted.value)) is granted
    assert role(VONAGE, of_vonage(role=granted.value)) is granted


@pytest.mark.parametrize(
    "changed",
    [
        {"session_id": "1_another"},
        {"session_id": None},
        {"exp": int(NOON.timestamp()) - 1},
        {"exp": None},
        {"role": "king"},
        {"role": None},
        {"scope": "project"},
        {"scope": None},
    ],
)
def test_no_token_for_something_else_or_some_other_time_is_taken(changed: dict[str, Any]) -> None:
    for credentials, token in ((OPENTOK, of_opentok(**changed)), (VONAGE, of_vonage(**changed))):
        with pytest.raises(Unauthenticated):
            role(credentials, token)


@pytest.mark.parametrize(
    "token",
    [
        of_opentok(key="0" * 40),
        of_opentok(iss="47000002"),
        of_opentok(key="", algorithm="none"),
        of_vonage(),
        "T1==cGFydG5lcl9pZD00NzAwMDAwMQ",
        "",
        "\ud800",
    ],
)
def test_nobody_elses_token_is_taken_for_an_opentok_projects(token: str) -> None:
    with pytest.raises(Unauthenticated):
        role(OPENTOK, token)


@pytest.mark.parametrize(
    "token",
    [
        of_vonage(key=new_vonage_keys().private),
        of_vonage(application_id="3f1c2b4a-0000-4000-8000-00000000dead"),
        of_vonage(application_id=None),
        of_vonage(key="", algorithm="none"),
        of_vonage(algorithm="RS512"),
        of_opentok(),
    ],
)
def test_nobody_elses_token_is_taken_for_a_vonage_applications(token: str) -> None:
    with pytest.raises(Unauthenticated):
        role(VONAGE, token)


def test_a_token_that_is_no_jwt_is_told_from_one_without_showing_it() -> None:
    with pytest.raises(Unauthenticated) as refused:
        role(OPENTOK, of_opentok(key="0" * 40))
    assert refused.value.note == "InvalidSignatureError"
