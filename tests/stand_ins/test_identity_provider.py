import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import requests

from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider


@dataclass(frozen=True)
class RunningProvider:
    provider: IdentityProvider
    url: str

    def verified(self, bearer: str) -> dict[str, Any]:
        """Return the claims after PyJWT's check against the published keys."""
        keys = requests.get(f"{self.url}/.well-known/jwks.json", timeout=5).json()
        by_id = {key.key_id: key for key in jwt.PyJWKSet.from_dict(keys).keys}
        return jwt.decode(
            bearer,
            by_id[jwt.get_unverified_header(bearer)["kid"]],
            algorithms=["RS256", "ES256"],
            audience="roomkey-local",
            issuer="https://identity.example",
        )


@pytest.fixture(scope="module")
def identity() -> Iterator[RunningProvider]:
    provider = IdentityProvider("https://identity.example")
    with HttpServer(provider.wsgi_app) as server:
        yield RunningProvider(provider, server.url)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_bearer_verifies_by_the_published_keys(identity: RunningProvider, algorithm: str) -> None:
    now = time.time()

    claims = identity.verified(identity.provider.bearer("alice", name="Al", algorithm=algorithm))

    assert (claims["sub"], claims["name"]) == ("alice", "Al")
    assert claims["exp"] == pytest.approx(now + 86400, abs=5)
    assert "scope" not in claims


def test_an_admin_has_the_scope(identity: RunningProvider) -> None:
    claims = identity.verified(identity.provider.bearer("root", admin=True))

    assert claims["scope"] == "roomkey:admin"


def test_claims_and_headers_can_be_changed_and_taken_out(identity: RunningProvider) -> None:
    bearer = identity.provider.bearer(
        "alice", headers={"kid": None, "cty": "x"}, aud=["a", "b"], exp=None, token_use="access"
    )

    header = jwt.get_unverified_header(bearer)
    claims = jwt.decode(bearer, options={"verify_signature": False})
    assert header == {"alg": "RS256", "typ": "JWT", "cty": "x"}
    assert (claims["aud"], claims["token_use"]) == (["a", "b"], "access")
    assert "exp" not in claims


def test_a_bearer_can_be_expired_from_the_start(identity: RunningProvider) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        identity.verified(identity.provider.bearer("alice", lifetime_seconds=-60))


def test_after_a_rotation_only_new_bearers_verify(identity: RunningProvider) -> None:
    old = identity.provider.bearer("alice")

    identity.provider.rotate_key()

    assert identity.verified(identity.provider.bearer("alice"))["sub"] == "alice"
    with pytest.raises(KeyError):
        identity.verified(old)


def test_fetches_of_the_keys_are_counted(identity: RunningProvider) -> None:
    before = identity.provider.fetches

    for _ in range(3):
        requests.get(f"{identity.url}/.well-known/jwks.json", timeout=5)

    assert identity.provider.fetches == before + 3


def test_the_token_route_signs_in(identity: RunningProvider) -> None:
    wanted = {"sub": "bob", "name": "Bob", "admin": True}

    bearer = requests.post(f"{identity.url}/token", json=wanted, timeout=5).json()["token"]

    claims = identity.verified(bearer)
    assert (claims["sub"], claims["name"], claims["scope"]) == ("bob", "Bob", "roomkey:admin")


@pytest.mark.parametrize("wanted", [{}, {"sub": ""}, {"sub": 7}, {"sub": "b", "role": "x"}, []])
def test_the_token_route_refuses_a_bad_request_with_its_reason(
    identity: RunningProvider, wanted: object
) -> None:
    answer = requests.post(f"{identity.url}/token", json=wanted, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["reason"]


def test_the_keys_can_be_made_to_fail(identity: RunningProvider) -> None:
    identity.provider.faults.add(Fault("jwks", status=503))

    statuses = [
        requests.get(f"{identity.url}/.well-known/jwks.json", timeout=5).status_code
        for _ in range(2)
    ]

    assert statuses == [503, 200]


def test_the_public_key_is_there_for_forgers(identity: RunningProvider) -> None:
    pem = identity.provider.signing_key().public_pem()

    claims = jwt.decode(
        identity.provider.bearer("alice"), pem, algorithms=["RS256"], audience="roomkey-local"
    )

    assert claims["sub"] == "alice"
