"""`make sign-in-check` judges a bearer token as the service does, and says why in a sentence."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
import time_machine

from chalicelib.adapters.oidc import IssuerKeys, TokenVerifier
from chalicelib.core.model.issuer import Issuer
from chalicelib.errors import Unauthenticated
from deploy.errors import DeployError
from deploy.sign_in.bearer import BearerJudgment
from stand_ins.identity.provider import IdentityProvider
from tests.support.bearers import forged, signed_by
from tests.support.noon import NOON
from tests.support.sign_in.keys_in_memory import KeysInMemory
from tests.support.sign_in.shared_keys import shared_keys

URL = "https://login.test/"
GUESTS = "https://guests.test"
ISSUERS = (
    Issuer(URL, frozenset({"calls", "meetings"})),
    Issuer(GUESTS, frozenset({"guests"}), user_prefix="2~", admin_claim=("realm", "roles")),
)
HOUR = 3600
NOW = int(NOON.timestamp())


@pytest.fixture(scope="module")
def identity() -> IdentityProvider:
    return IdentityProvider(URL, "calls", keys=shared_keys())


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def keys_of(identity: IdentityProvider) -> dict[str, IssuerKeys]:
    return {each.url: KeysInMemory(each, identity) for each in ISSUERS}


def verifier_of(identity: IdentityProvider) -> TokenVerifier:
    keys = keys_of(identity)
    return TokenVerifier(ISSUERS, lambda issuer: keys[issuer.url])


def judged(identity: IdentityProvider, bearer: str) -> list[str]:
    """Return the lines that the operator reads of a token that the service accepts too."""
    said: list[str] = []
    BearerJudgment(ISSUERS, keys_of(identity), said.append).judge(bearer)
    verifier_of(identity).user(f"Bearer {bearer}")
    return said


def refusal(identity: IdentityProvider, bearer: str) -> str:
    """Return what the operator reads of a token that the service refuses too."""
    said: list[str] = []
    with pytest.raises(DeployError, match=r"^The bearer token would be refused: ") as refused:
        BearerJudgment(ISSUERS, keys_of(identity), said.append).judge(bearer)
    with pytest.raises(Unauthenticated):
        verifier_of(identity).user(f"Bearer {bearer}")
    text = f"{refused.value} {refused.value.remedy}"
    assert not [part for part in bearer.split(".") if part and part in f"{said} {text}"]
    return text


def test_a_good_token_is_shown_step_by_step_with_its_user(identity: IdentityProvider) -> None:
    bearer = identity.bearer("alice", name="Alice Ames", lifetime_seconds=2 * HOUR, admin=True)

    assert judged(identity, bearer) == [
        "its issuer is https://login.test/",
        "the issuer signed it",
        "it expires in 2 hours",
        "its audience is one of AUTH_AUDIENCE",
        "it is accepted: the user 'alice', with the name 'Alice Ames'",
        "the user is an admin: 'roomkey:admin' is in scope, permissions or cognito:groups",
    ]


def test_a_token_of_the_second_issuer_is_shown_with_its_prefix_and_admin_claim(
    identity: IdentityProvider,
) -> None:
    said = judged(identity, identity.bearer("bob", iss=GUESTS, aud="guests"))

    assert said[-2:] == [
        "it is accepted: the user '2~bob', with the name None",
        "the user is no admin: 'roomkey:admin' is not in realm.roles",
    ]


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer  ", "BEARER "])
def test_the_scheme_may_come_along(identity: IdentityProvider, scheme: str) -> None:
    BearerJudgment(ISSUERS, keys_of(identity), print).judge(
        f"  {scheme}{identity.bearer('alice')}\n"
    )


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://login.test"}, "They differ by the slash at the end"),
        ({"iss": "https://evil.test/"}, "its issuer is 'https://evil.test/', and AUTH_ISSUER is"),
        ({"iss": None}, "its issuer is None"),
        ({"exp": NOW - 5 * 60}, "it expired 5 minutes ago."),
        ({"exp": NOW - 40}, "it expired 40 seconds ago."),
        ({"exp": None}, "no time of expiry"),
        ({"exp": "soon"}, "no time of expiry"),
        ({"nbf": NOW + HOUR}, "it begins in 60 minutes"),
        ({"aud": "another"}, "its audience (`aud`) is 'another', and AUTH_AUDIENCE is calls, mee"),
        ({"aud": None, "client_id": "calls"}, "its audience (`aud`) is None"),
        ({"token_use": "access", "client_id": "x"}, "its audience (`client_id`) is 'x'"),
        ({"typ": "Refresh"}, "a refresh or logout token"),
        ({"events": {}}, "a refresh or logout token"),
        ({"sub": 7}, "`sub` must be one line"),
        ({"sub": "2~bob"}, "its `sub` begins with 2~, which marks users of a further issuer"),
        ({"sub": "guest:7"}, "its `sub` begins with guest:, which is kept for guests"),
        ({"sub": "erased:7"}, "its `sub` begins with erased:, which is kept for erased users"),
        ({"iat": NOW + HOUR}, "ahead of this machine's clock (`iat`)"),
        ({"iat": "then"}, "times must be numbers"),
    ],
    ids=ascii,
)
def test_what_is_wrong_with_the_claims_is_said_in_a_sentence(
    identity: IdentityProvider, claims: dict[str, Any], said: str
) -> None:
    usual = {"iss": URL, "aud": "calls", "sub": "alice", "iat": NOW, "exp": NOW + HOUR}
    kept = {name: value for name, value in (usual | claims).items() if value is not None}

    assert said in refusal(identity, signed_by(identity, kept))


def header_of(identity: IdentityProvider, **changed: object) -> Mapping[str, object]:
    return {"alg": "RS256", "kid": identity.signing_key().kid, **changed}


def test_what_is_wrong_with_the_token_is_said_in_a_sentence(identity: IdentityProvider) -> None:
    good = identity.bearer("alice")
    header, payload, signature = good.split(".")
    claims = {"iss": URL, "aud": "calls", "sub": "alice", "exp": NOW + HOUR}
    another = IdentityProvider(URL, "calls").bearer("alice")
    for bearer, said in (
        ("ya29.a0AfH6SMBopaque", "it is no JWT: it has 2 parts"),
        ("0123456789abcdef", "it is no JWT: it has 1 parts"),
        (f"{good}.e30.e30", "it is encrypted"),
        (f"garbage.{payload}.{signature}", "it is no JWT, or not the whole one"),
        (f"{header}.garbag.{signature}", "its second part holds no claims"),
        (f"{header}.{payload}.c2lnbmF0dXJl", "the signature is not by the issuer's key"),
        (forged(header_of(identity, alg="HS256"), claims), "it is signed with 'HS256', and not"),
        (forged(header_of(identity, alg="none"), claims), "it is signed with 'none', and not"),
        (forged({"alg": "RS256"}, claims), "it names no key"),
        (forged(header_of(identity, typ="logout+jwt"), claims), "it is a 'logout+jwt', no access"),
        (another, "none of the issuer's keys has its key id"),
    ):
        assert said in refusal(identity, bearer)


def test_a_token_without_an_end_in_sight_is_accepted_as_the_service_does(
    identity: IdentityProvider,
) -> None:
    assert judged(identity, identity.bearer("alice", exp=10**400))[-2].startswith("it is accepted")


def test_the_leeway_of_the_service_counts_here_too(identity: IdentityProvider) -> None:
    assert judged(identity, identity.bearer("alice", exp=int(time.time()) - 25))[-2].startswith(
        "it is accepted"
    )
