"""Tokens of several issuers, and the claim that makes an admin; without a socket."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.adapters.oidc import TokenVerifier
from chalicelib.auth_settings import read_issuers
from chalicelib.errors import Unauthenticated
from stand_ins.identity.provider import IdentityProvider
from tests.support.bearers import forged
from tests.support.sign_in.keys_in_memory import KeysInMemory
from tests.support.sign_in.shared_keys import shared_keys

FIRST, SECOND = "https://login.test", "https://guests.test/"
TWO = {
    "AUTH_ISSUER": FIRST,
    "AUTH_AUDIENCE": "calls",
    "AUTH_ISSUER_2": SECOND,
    "AUTH_AUDIENCE_2": "guest-calls, guest-meetings",
}


BEARERS_WITHOUT_AN_ISSUER = (
    "a.b.c",
    "garbage",
    *(forged({"alg": "RS256", "kid": "a"}, each) for each in (b"", b"{", b"null", b"[]", b"\xff")),
    *(forged({"alg": "RS256", "kid": "a"}, {"iss": each}) for each in (7, None, [FIRST])),
)


@pytest.fixture(scope="module")
def identities() -> dict[str, IdentityProvider]:
    return {
        FIRST: IdentityProvider(FIRST, "calls", keys=shared_keys()),
        SECOND: IdentityProvider(SECOND, "guest-calls"),
    }


def verifier(
    identities: Mapping[str, IdentityProvider], settings: Mapping[str, str]
) -> TokenVerifier:
    problems: list[str] = []
    issuers = read_issuers(settings, problems)
    assert problems == []
    return TokenVerifier(issuers, lambda issuer: KeysInMemory(issuer, identities[issuer.url]))


def test_users_of_both_issuers_are_admitted_and_kept_apart(
    identities: dict[str, IdentityProvider],
) -> None:
    both = verifier(identities, TWO)

    assert both.user(f"Bearer {identities[FIRST].bearer('bob')}").id == "bob"
    assert both.user(f"Bearer {identities[SECOND].bearer('bob')}").id == "2~bob"


@pytest.mark.parametrize("settings", [TWO, {name: TWO[name] for name in list(TWO)[:2]}])
def test_no_user_of_the_first_issuer_passes_for_one_of_another(
    identities: dict[str, IdentityProvider], settings: Mapping[str, str]
) -> None:
    for sub in ("2~bob", "9~", "3~bob"):
        with pytest.raises(Unauthenticated):
            verifier(identities, settings).user(f"Bearer {identities[FIRST].bearer(sub)}")
    second = verifier(identities, TWO).user(f"Bearer {identities[SECOND].bearer('2~bob')}")
    assert second.id == "2~2~bob"


def test_a_user_id_is_at_most_255_bytes_with_its_prefix(
    identities: dict[str, IdentityProvider],
) -> None:
    both, second = verifier(identities, TWO), identities[SECOND]

    assert both.user(f"Bearer {second.bearer('b' * 253)}").id == "2~" + "b" * 253
    with pytest.raises(Unauthenticated):
        both.user(f"Bearer {second.bearer('b' * 254)}")


def test_each_issuer_has_audiences_of_its_own(identities: dict[str, IdentityProvider]) -> None:
    both, second = verifier(identities, TWO), identities[SECOND]

    assert both.user(f"Bearer {second.bearer('bob', aud='guest-meetings')}").id == "2~bob"
    for identity, audience in ((second, "calls"), (identities[FIRST], "guest-calls")):
        with pytest.raises(Unauthenticated):
            both.user(f"Bearer {identity.bearer('bob', aud=audience)}")


@pytest.mark.parametrize("named", [FIRST, "https://login.test/", "https://evil.test", "", None])
def test_an_issuer_cannot_sign_for_another(
    identities: dict[str, IdentityProvider], named: object
) -> None:
    with pytest.raises(Unauthenticated):
        verifier(identities, TWO).user(f"Bearer {identities[SECOND].bearer('bob', iss=named)}")


@pytest.mark.parametrize("bearer", BEARERS_WITHOUT_AN_ISSUER, ids=ascii)
def test_what_names_no_issuer_is_refused(
    identities: dict[str, IdentityProvider], bearer: str
) -> None:
    with pytest.raises(Unauthenticated):
        verifier(identities, TWO).user(f"Bearer {bearer}")


IDS = ("dora", "mallory dora", "dora ")


def is_admin(
    identities: dict[str, IdentityProvider], claim: str, value: str, claims: Mapping[str, Any]
) -> bool:
    settings = TWO | {"AUTH_ADMIN_CLAIM_2": claim, "AUTH_ADMIN_VALUE_2": value}
    bearer = identities[SECOND].bearer("bob", **claims)
    return verifier(identities, settings).user(f"Bearer {bearer}").admin


@pytest.mark.parametrize(
    ("claim", "value", "claims"),
    [
        ("", "staff", {"scope": "openid staff"}),
        ("", "staff", {"permissions": ["staff"]}),
        ("roles", "", {"roles": ["user", "roomkey:admin"]}),
        ("roles", "", {"roles": "roomkey:admin"}),
        ("scp", "", {"scp": "calls roomkey:admin"}),
        ("groups", "Room admins", {"groups": ["Everyone", "Room admins"]}),
        ("group", "Room admins", {"group": "Room admins"}),
        ("isAdmin", "true", {"isAdmin": True}),
        ("isAdmin", "true", {"isAdmin": "true"}),
        ("realm_access.roles", "", {"realm_access": {"roles": ["roomkey:admin"]}}),
        ("a.b.c", "x", {"a": {"b": {"c": "x"}}}),
        ("https://a.test/roles", "", {"https://a.test/roles": ["roomkey:admin"]}),
    ],
    ids=ascii,
)
def test_the_operator_names_the_claim_that_makes_an_admin(
    identities: dict[str, IdentityProvider], claim: str, value: str, claims: dict[str, Any]
) -> None:
    assert is_admin(identities, claim, value, claims)


@pytest.mark.parametrize(
    ("claim", "value", "claims"),
    [
        ("", "staff", {"scope": "roomkey:admin"}),
        ("roles", "", {"scope": "roomkey:admin", "permissions": ["roomkey:admin"]}),
        ("roles", "", {"roles": ["roomkey:administrator", ["roomkey:admin"], None, True]}),
        ("roles", "", {"roles": {"roomkey:admin": True}}),
        ("roles", "", {"roles": "xroomkey:admin"}),
        ("groups", "Room admins", {"groups": ["Room", "admins"]}),
        ("isAdmin", "true", {"isAdmin": False}),
        ("isAdmin", "true", {"isAdmin": 1}),
        ("isAdmin", "1", {"isAdmin": True}),
        ("isAdmin", "false", {"isAdmin": False}),
        ("realm_access.roles", "", {"realm_access.roles": ["roomkey:admin"]}),
        ("realm_access.roles", "", {"realm_access": ["roomkey:admin"]}),
        ("realm_access.roles", "", {"realm_access": "roles"}),
        ("realm_access.roles", "", {}),
        ("https://a.test/roles", "", {"https://a": {"test/roles": ["roomkey:admin"]}}),
    ],
    ids=ascii,
)
def test_no_other_claim_or_value_makes_an_admin_then(
    identities: dict[str, IdentityProvider], claim: str, value: str, claims: dict[str, Any]
) -> None:
    assert not is_admin(identities, claim, value, claims)


def test_the_one_admin_by_id_is_no_word_of_another_users_id(
    identities: dict[str, IdentityProvider],
) -> None:
    settings = TWO | {"AUTH_ADMIN_CLAIM_2": "sub", "AUTH_ADMIN_VALUE_2": "dora"}
    verify = verifier(identities, settings)
    users = {name: verify.user(f"Bearer {identities[SECOND].bearer(name)}") for name in IDS}
    assert [name for name, user in users.items() if user.admin] == ["dora"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"AUTH_AUDIENCE_2": ""}, "AUTH_AUDIENCE_2 is not set"),
        ({"AUTH_AUDIENCE_2": ","}, "AUTH_AUDIENCE_2 names no audience"),
        ({"AUTH_ISSUER_2": ""}, "AUTH_ISSUER_2 is not set"),
        ({"AUTH_ISSUER_2": FIRST}, f"{FIRST} is the issuer of two settings"),
        ({"AUTH_ISSUER_2": "guests.test"}, "AUTH_ISSUER_2 must be an address"),
        ({"AUTH_ISSUER_2": "https://guests.test?a=b"}, "AUTH_ISSUER_2 must be an address"),
        ({"AUTH_ISSUER": "ftp://login.test"}, "AUTH_ISSUER must be an address"),
        ({"AUTH_JWKS_URL_2": "file:///etc/passwd"}, "AUTH_JWKS_URL_2 must be an address"),
        ({"AUTH_JWKS_URL": "https://[::1"}, "AUTH_JWKS_URL must be an address"),
        ({"AUTH_ADMIN_CLAIM": "realm..roles"}, "AUTH_ADMIN_CLAIM must be names"),
        ({"AUTH_ADMIN_CLAIM_9": "roles"}, "AUTH_ISSUER_9 is not set"),
    ],
    ids=ascii,
)
def test_a_wrong_setting_of_sign_in_is_named(changed: dict[str, str], problem: str) -> None:
    problems: list[str] = []

    read_issuers(TWO | changed, problems)

    assert any(each.startswith(problem) for each in problems), problems


def test_an_issuer_keeps_its_number_when_one_before_it_goes() -> None:
    settings = {"AUTH_ISSUER_7": "https://seven.test", "AUTH_AUDIENCE_7": "a"}

    prefixes = [each.user_prefix for each in read_issuers(TWO | settings, [])]

    assert prefixes == ["", "2~", "7~"]


def test_an_issuer_whose_keys_have_an_address_may_be_any_text() -> None:
    problems: list[str] = []
    settings = {
        "AUTH_ISSUER": "accounts.test",
        "AUTH_AUDIENCE": "a",
        "AUTH_JWKS_URL": "https://keys.test/?appid=1",
    }

    read_issuers(settings, problems)

    assert problems == []
