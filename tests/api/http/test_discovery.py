"""The address of the issuer's keys, as its discovery document names it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.adapters.oidc import TokenVerifier
from chalicelib.core.model.issuer import Issuer
from chalicelib.errors import IdentityUnavailable, RoomkeyError
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from tests.support.moved_clock import MovedClock
from tests.support.servers.stand_ins import StandIns
from tests.support.sign_in.shared_keys import shared_keys

DOCUMENT = "openid-configuration"
KEYS = "jwks.json"
HOUR, DAY = 3600, 86400


@dataclass
class Publishing:
    """An issuer with its own address, and the verifier that trusts it."""

    identity: IdentityProvider
    verifier: TokenVerifier

    def outcome(self, **claims: Any) -> str:
        """Return the user's id, or the code of the error."""
        try:
            return self.verifier.user(f"Bearer {self.identity.bearer('alice', **claims)}").id
        except RoomkeyError as error:
            return error.code

    def note(self) -> str:
        with pytest.raises(IdentityUnavailable) as refusal:
            self.verifier.user(f"Bearer {self.identity.bearer('alice')}")
        return str(refusal.value.note)


@pytest.fixture
def publishing() -> Iterator[Publishing]:
    identity = IdentityProvider("", "calls", keys=shared_keys())
    with HttpServer(identity.wsgi_app) as server:
        identity.issuer = server.url
        identity.keys_url = f"{server.url}/.well-known/{KEYS}"
        yield Publishing(identity, verifier_of(server.url))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """Return the clock of PyJWT's own client and of ours; deadlines keep the real one."""
    moved = MovedClock()
    monkeypatch.setattr(time, "monotonic", moved)
    return moved


def verifier_of(url: str, keys_url: str | None = None) -> TokenVerifier:
    return TokenVerifier([Issuer(url, frozenset({"calls"}), keys_url)])


def document_with(**changed: object) -> Fault:
    return Fault(DOCUMENT, status=200, body=json.dumps(changed))


def test_the_keys_are_fetched_where_the_issuer_says(publishing: Publishing) -> None:
    assert publishing.outcome() == "alice"


def test_the_issuer_with_a_slash_and_the_one_without_are_two(publishing: Publishing) -> None:
    with_slash = publishing.identity.issuer + "/"

    assert publishing.outcome(iss=with_slash) == "unauthenticated"
    publishing.verifier = verifier_of(with_slash)
    assert f"and AUTH_ISSUER is '{with_slash}'" in publishing.note()


def test_an_address_of_the_keys_in_the_settings_replaces_discovery(
    publishing: Publishing,
) -> None:
    publishing.verifier = verifier_of("https://another.test", publishing.identity.keys_url)
    publishing.identity.faults.add(Fault(DOCUMENT, status=500))

    assert publishing.outcome(iss="https://another.test") == "alice"


def test_a_document_of_another_issuer_gives_no_keys_and_the_log_names_both(
    publishing: Publishing,
) -> None:
    publishing.identity.issuer = "https://evil.test"

    note = publishing.note()

    assert "'https://evil.test'" in note
    assert "AUTH_ISSUER is 'http://127.0.0.1" in note
    assert publishing.identity.fetches == 0


@pytest.mark.parametrize(
    "answer",
    [
        Fault(DOCUMENT, status=500),
        Fault(DOCUMENT, status=404),
        Fault(DOCUMENT, status=302),
        Fault(DOCUMENT, status=200, body=""),
        Fault(DOCUMENT, status=200, body="<html>Sign in to the hotel's network</html>"),
        Fault(DOCUMENT, status=200, body="[" * 100_000),
        Fault(DOCUMENT, status=200, body="null"),
        Fault(DOCUMENT, status=200, body="[]"),
        document_with(),
        Fault(DOCUMENT, drop=True),
        Fault(KEYS, status=500),
    ],
    ids=lambda fault: ascii((fault.path, fault.body or fault.status))[:50],
)
def test_an_issuer_without_discovery_is_unavailable_and_then_is_not(
    publishing: Publishing, clock: MovedClock, answer: Fault
) -> None:
    publishing.identity.faults.add(answer)

    assert publishing.outcome() == "identity_unavailable"
    assert publishing.outcome() == "identity_unavailable"
    clock.forward(6)
    assert publishing.outcome() == "alice"


def test_discovery_and_keys_are_fetched_once_an_hour(
    publishing: Publishing, clock: MovedClock
) -> None:
    documents = publishing.identity
    for expected in (1, 1, 2):
        assert publishing.outcome() == "alice"
        assert documents.fetches == documents.descriptions == expected
        clock.forward(HOUR / 2 + 1)


def test_an_unknown_key_within_the_hour_causes_no_discovery(
    publishing: Publishing, clock: MovedClock
) -> None:
    assert publishing.outcome() == "alice"
    publishing.identity.rotate_key()
    clock.forward(61)

    assert publishing.outcome() == "alice"
    assert (publishing.identity.fetches, publishing.identity.descriptions) == (2, 1)


def test_keys_stay_in_use_for_a_day_while_discovery_is_away(
    publishing: Publishing, clock: MovedClock
) -> None:
    assert publishing.outcome() == "alice"
    publishing.identity.faults.add(Fault(DOCUMENT, status=500), times=10)

    clock.forward(DAY - 10)
    assert publishing.outcome() == "alice"
    clock.forward(20)
    assert publishing.outcome() == "identity_unavailable"


def test_keys_that_have_moved_are_found_again(publishing: Publishing, clock: MovedClock) -> None:
    assert publishing.outcome() == "alice"
    publishing.identity.rotate_key()
    clock.forward(61)
    publishing.identity.faults.add(Fault(KEYS, status=404))

    assert publishing.outcome() == "identity_unavailable"
    clock.forward(6)
    assert publishing.outcome() == "alice"
    assert publishing.identity.descriptions == 2


def test_a_stage_may_have_two_issuers_and_a_user_of_the_second_can_be_banned(
    publishing: Publishing, stand_ins: StandIns
) -> None:
    gateway = stand_ins.gateway(
        AUTH_ISSUER=publishing.identity.issuer,
        AUTH_AUDIENCE="calls",
        AUTH_JWKS_URL="",
        AUTH_ISSUER_2=stand_ins.identity.issuer,
        AUTH_AUDIENCE_2=stand_ins.identity.audience,
        AUTH_JWKS_URL_2=stand_ins.environment["AUTH_JWKS_URL"],
    )
    alice = publishing.identity.bearer("alice")
    bob = stand_ins.identity.bearer("bob")
    assert gateway.request("PUT", "/rooms/calls", bearer=alice).status == 201

    assert gateway.request("POST", "/rooms/calls/tokens", bearer=bob).status == 201
    ban = gateway.request("POST", "/rooms/calls/bans", body='{"userId": "2~bob"}', bearer=alice)
    assert ban.status == 201, ban.text
    refused = gateway.request("POST", "/rooms/calls/tokens", bearer=bob)
    assert refused.code == "banned"
