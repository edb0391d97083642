"""Admission of bearer tokens of the app's own identity provider, and of no others."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.oidc import TokenVerifier
from chalicelib.core.model.issuer import Issuer
from chalicelib.errors import Unauthenticated
from stand_ins.http.faults import Fault
from stand_ins.identity.provider import IdentityProvider
from stand_ins.identity.signing_keys import SigningKey
from tests.support.bearers import forged, signed_by
from tests.support.gateway import Gateway, Reply
from tests.support.servers.stand_ins import AUDIENCE, StandIns

LITTLE = 25
TOO_MUCH = 35
"""Seconds on both sides of the tolerance of 30, far enough from it for a slow test."""

pytestmark = pytest.mark.usual_privacy  # one app for the whole module, whose log is read


@pytest.fixture(scope="module")
def stand_ins(started_stand_ins: StandIns) -> StandIns:
    """Return one start for the whole module, because refused requests change nothing."""
    started_stand_ins.start_anew()
    return started_stand_ins


@pytest.fixture(scope="module")
def gateway(stand_ins: StandIns) -> Gateway:
    return stand_ins.gateway()


@pytest.fixture(scope="module")
def gateway_for_admins(stand_ins: StandIns) -> Gateway:
    return stand_ins.gateway(ROOM_CREATION="admins")


def shortly(value: object) -> str:
    """Return a test's id."""
    return ascii(value)[:50]


def ask(gateway: Gateway, bearer: str) -> Reply:
    return gateway.request("GET", "/rooms", bearer=bearer)


def ask_with(gateway: Gateway, *authorizations: str, name: str = "Authorization") -> Reply:
    return gateway.send(gateway.event("GET", "/rooms", None, {name: list(authorizations)}))


def assert_unauthenticated(reply: Reply) -> None:
    assert (reply.status, reply.code) == (401, "unauthenticated")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert set(reply.json) == {"type", "title", "status", "detail", "code", "requestId"}


def claims(identity: IdentityProvider, changed: Mapping[str, object]) -> dict[str, object]:
    """Return the usual claims with these changed, or left out if the value is `...`."""
    now = int(time.time())
    said = {"iss": identity.issuer, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600}
    return {name: value for name, value in (said | dict(changed)).items() if value is not ...}


def bearer_with_claims(stand_ins: StandIns, changed: Mapping[str, object]) -> str:
    return signed_by(stand_ins.identity, claims(stand_ins.identity, changed))


def verifier(stand_ins: StandIns) -> TokenVerifier:
    identity = stand_ins.identity
    keys_url = stand_ins.environment["AUTH_JWKS_URL"]
    return TokenVerifier([Issuer(identity.issuer, frozenset({AUDIENCE}), keys_url)])


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_bearer_of_the_issuer_is_accepted(
    gateway: Gateway, stand_ins: StandIns, algorithm: str
) -> None:
    assert ask(gateway, stand_ins.identity.bearer("alice", algorithm=algorithm)).status == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_read_without_case_and_with_any_number_of_spaces(
    gateway: Gateway, stand_ins: StandIns, scheme: str
) -> None:
    assert ask_with(gateway, f"{scheme} {stand_ins.identity.bearer('alice')}").status == 200


FAR = 4102444800
"""The year 2100; no time by the clock, which would give a test another name in each process."""


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://issuer.test"},
        {"iss": "https://elsewhere.test/"},
        {"iss": ["https://issuer.test/"]},
        {"iss": 7},
        {"iss": {}},
        {"iss": None},
        {"iss": ...},
        {"aud": "another-app"},
        {"aud": f"{AUDIENCE}-2"},
        {"aud": AUDIENCE[:-1]},
        {"aud": ["another-app", AUDIENCE.upper()]},
        {"aud": [[AUDIENCE]]},
        {"aud": {AUDIENCE: True}},
        {"aud": []},
        {"aud": 7},
        {"aud": "\ud800"},
        {"aud": None},
        {"aud": ...},
        {"aud": ..., "client_id": AUDIENCE},
        {"aud": ..., "client_id": AUDIENCE, "token_use": "id"},
        {"token_use": "access"},
        {"token_use": "access", "client_id": "another-app"},
        {"sub": ...},
        {"sub": ""},
        {"sub": "a" * 256},
        {"sub": "\U0001d4ea" * 64},
        {"sub": 7},
        {"sub": None},
        {"sub": ["alice"]},
        {"sub": {"id": "alice"}},
        {"sub": True},
        {"sub": "alice\n"},
        {"sub": "\u009balice"},
        {"sub": "\ud800"},
        {"sub": "guest:"},
        {"sub": "erased:0123456789abcdef0123456789abcdef"},
        {"sub": "guest:0123456789abcdef0123456789abcdef"},
        {"sub": "alice\udfff"},
        {"sub": "2~alice"},
        {"sub": "9~"},
        {"exp": ...},
        {"exp": None},
        {"exp": "soon"},
        {"exp": []},
        {"exp": True},
        {"exp": -1},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"nbf": FAR},
        {"nbf": "soon"},
        {"nbf": []},
        {"nbf": float("inf")},
        {"iat": FAR},
        {"iat": {}},
        {"iat": "then"},
        {"jti": 7},
        {"typ": "Refresh"},
        {"typ": "Offline"},
        {"typ": "Logout"},
        {"typ": ["Bearer"]},
        {"typ": None},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    ],
    ids=shortly,
)
def test_a_bearer_with_these_claims_is_refused_though_the_issuer_signed_it(
    gateway: Gateway, stand_ins: StandIns, changed: dict[str, object]
) -> None:
    assert_unauthenticated(ask(gateway, bearer_with_claims(stand_ins, changed)))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": [AUDIENCE]},
        {"aud": ["another-app", AUDIENCE]},
        {"aud": ..., "client_id": AUDIENCE, "token_use": "access"},
        {"sub": "a" * 255},
        {"sub": "\U0001d4ea" * 63},
        {"sub": "1~alice"},
        {"sub": "22~alice"},
        {"sub": "google-oauth2|108 'quoted\" "},
        {"iat": ...},
        {"nbf": 0},
        {"typ": "Bearer"},
        {"typ": "ID"},
    ],
    ids=shortly,
)
def test_a_bearer_with_these_claims_is_accepted(
    gateway: Gateway, stand_ins: StandIns, changed: dict[str, object]
) -> None:
    assert ask(gateway, bearer_with_claims(stand_ins, changed)).status == 200


@pytest.mark.parametrize("audience", ["first-app", "second-app"])
def test_each_audience_of_a_list_in_the_settings_is_accepted(
    stand_ins: StandIns, audience: str
) -> None:
    gateway = stand_ins.gateway(AUTH_AUDIENCE="first-app, second-app,")

    assert ask(gateway, stand_ins.identity.bearer("alice", aud=audience)).status == 200
    for other in (AUDIENCE, "first-app, second-app,", ""):
        assert_unauthenticated(ask(gateway, stand_ins.identity.bearer("alice", aud=other)))


def test_half_a_minute_of_difference_between_clocks_is_forgiven_and_no_more(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    bearer, now = stand_ins.identity.bearer, int(time.time())

    assert ask(gateway, bearer("alice", lifetime_seconds=-LITTLE)).status == 200
    assert ask(gateway, bearer("alice", nbf=now + LITTLE)).status == 200
    expired = ask(gateway, bearer("alice", lifetime_seconds=-TOO_MUCH))
    assert_unauthenticated(expired)
    assert "expired" in expired.json["detail"]
    assert_unauthenticated(ask(gateway, bearer("alice", nbf=int(time.time()) + TOO_MUCH)))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"alice"',
        b"{",
        b"\xff",
        b'{"sub":"\xed\xa0\x80"}',
        b'{"exp":' + b"9" * 5000 + b"}",
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    ],
    ids=shortly,
)
def test_a_payload_that_is_no_object_of_claims_is_refused_though_the_issuer_signed_it(
    gateway: Gateway, stand_ins: StandIns, payload: bytes
) -> None:
    assert_unauthenticated(ask(gateway, signed_by(stand_ins.identity, payload)))


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda signed: hmac.new(secret, signed, hashlib.sha256).digest()


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS256", "RS256"])
def test_a_bearer_without_a_signature_is_refused(
    gateway: Gateway, stand_ins: StandIns, algorithm: str
) -> None:
    identity = stand_ins.identity
    header = {"alg": algorithm, "typ": "JWT", "kid": identity.signing_key().kid}

    assert_unauthenticated(ask(gateway, forged(header, claims(identity, {}))))


@pytest.mark.parametrize(
    "secret_of",
    [
        lambda key: key.public_pem(),
        lambda key: key.public_pem().strip(),
        lambda key: json.dumps(key.public_jwk()),
        lambda key: key.public_jwk()["n"],
        lambda key: key.kid,
        lambda _: "",
    ],
    ids=["pem", "stripped pem", "jwk", "modulus", "kid", "nothing"],
)
@pytest.mark.parametrize("said", ["HS256", "RS256"])
def test_a_bearer_signed_with_what_everybody_knows_is_refused(
    gateway: Gateway, stand_ins: StandIns, secret_of: Callable[[SigningKey], str], said: str
) -> None:
    identity = stand_ins.identity
    key = identity.signing_key()
    header = {"alg": said, "typ": "JWT", "kid": key.kid}
    bearer = forged(header, claims(identity, {}), hs256(secret_of(key).encode()))

    assert_unauthenticated(ask(gateway, bearer))


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    ("algorithm", "new_key"),
    [
        ("RS384", rsa_key),
        ("RS512", rsa_key),
        ("PS256", rsa_key),
        ("ES384", lambda: ec.generate_private_key(ec.SECP384R1())),
    ],
)
@pytest.mark.parametrize("published_as", ["itself", "RS256", None])
def test_other_algorithms_are_refused_even_if_the_issuer_publishes_keys_for_them(
    stand_ins: StandIns,
    algorithm: str,
    new_key: Callable[[], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey],
    published_as: str | None,
) -> None:
    key = SigningKey("strange", algorithm, new_key())
    jwk = key.public_jwk()
    if published_as is None:
        del jwk["alg"]
    elif published_as != "itself":
        jwk["alg"] = published_as
    good = stand_ins.identity.signing_key().public_jwk()
    published = json.dumps({"keys": [jwk, good]})
    stand_ins.identity.faults.add(Fault("jwks.json", status=200, body=published))
    bearer = jwt.encode(
        claims(stand_ins.identity, {}), key.private_key, algorithm, headers={"kid": "strange"}
    )

    identity = verifier(stand_ins)
    with pytest.raises(Unauthenticated):
        identity.user(f"Bearer {bearer}")
    assert identity.user(f"Bearer {stand_ins.identity.bearer('alice')}").id == "alice"


def test_the_right_key_under_another_algorithms_name_is_refused(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    _, payload, signature = bearer.split(".")
    for algorithm in ("ES256", "PS256", "RS512", "none"):
        header = {"alg": algorithm, "kid": stand_ins.identity.signing_key().kid}
        renamed = f"{forged(header, b'').split('.')[0]}.{payload}.{signature}"
        assert_unauthenticated(ask(gateway, renamed))


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "unknown"},
        {"kid": None},
        {"kid": ""},
        {"kid": "../../../../dev/null"},
        {"kid": "rsa' OR '1'='1"},
        {"crit": ["exp"], "exp": 1},
        {"b64": False},
    ],
    ids=shortly,
)
def test_a_bearer_that_points_at_no_key_of_the_issuer_is_refused(
    gateway: Gateway, stand_ins: StandIns, headers: dict[str, Any]
) -> None:
    bearer = stand_ins.identity.bearer("alice", headers=headers)

    assert_unauthenticated(ask(gateway, bearer))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"typ": "at+jwt"},
        {"typ": "AT+JWT"},
        {"typ": "application/at+jwt"},
        {"typ": "application/jwt"},
    ],
    ids=shortly,
)
def test_a_bearer_whose_header_says_access_token_or_nothing_is_accepted(
    gateway: Gateway, stand_ins: StandIns, header: dict[str, object]
) -> None:
    bearer = signed_by(stand_ins.identity, claims(stand_ins.identity, {}), header)

    assert ask(gateway, bearer).status == 200


@pytest.mark.parametrize(
    "typ",
    [
        "logout+jwt",
        "LOGOUT+JWT",
        "application/logout+jwt",
        "secevent+jwt",
        "rt+jwt",
        "refresh+jwt",
        "dpop+jwt",
        "text/jwt",
        "Refresh",
        "",
        7,
        True,
        ["JWT"],
        {"JWT": 1},
    ],
    ids=shortly,
)
def test_a_bearer_whose_header_says_another_kind_of_token_is_refused_though_signed(
    gateway: Gateway, stand_ins: StandIns, typ: object
) -> None:
    bearer = signed_by(stand_ins.identity, claims(stand_ins.identity, {}), {"typ": typ})

    assert_unauthenticated(ask(gateway, bearer))


@pytest.mark.parametrize(("bits", "accepted"), [(1024, False), (2040, False), (2048, True)])
def test_an_rsa_key_of_fewer_than_2048_bits_proves_nothing(
    stand_ins: StandIns, bits: int, *, accepted: bool
) -> None:
    own = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    key = SigningKey("short", "RS256", own)
    published = json.dumps({"keys": [key.public_jwk()]})
    stand_ins.identity.faults.add(Fault("jwks.json", status=200, body=published))
    header = {"alg": "RS256", "kid": "short"}
    bearer = forged(
        header,
        claims(stand_ins.identity, {}),
        lambda signed: own.sign(signed, padding.PKCS1v15(), hashes.SHA256()),
    )

    identity = verifier(stand_ins)

    if accepted:
        assert identity.user(f"Bearer {bearer}").id == "alice"
    else:
        with pytest.raises(Unauthenticated):
            identity.user(f"Bearer {bearer}")


@pytest.mark.parametrize("kid", [7, ["a"], {"a": 1}, True, None, "\ud800"], ids=shortly)
def test_a_key_id_that_is_no_text_is_refused(
    gateway: Gateway, stand_ins: StandIns, kid: object
) -> None:
    header = {"alg": "RS256", "kid": kid}

    assert_unauthenticated(ask(gateway, forged(header, claims(stand_ins.identity, {}))))


def test_a_key_that_comes_with_the_bearer_is_not_trusted(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    own = SigningKey("own", "RS256", rsa_key())
    for kid in ("own", stand_ins.identity.signing_key().kid):
        bearer = jwt.encode(
            claims(stand_ins.identity, {}),
            own.private_key,
            "RS256",
            headers={"kid": kid, "jwk": own.public_jwk(), "jku": "http://127.0.0.1:9/"},
        )
        assert_unauthenticated(ask(gateway, bearer))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe",
        b'{"alg":"RS256","kid":"\xff"}',
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"[" * 100_000,
        b'{"alg":' + b"9" * 5000 + b"}",
    ],
    ids=shortly,
)
def test_a_header_that_is_no_object_is_refused(
    gateway: Gateway, stand_ins: StandIns, header: bytes
) -> None:
    assert_unauthenticated(ask(gateway, forged(header, claims(stand_ins.identity, {}))))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer \t",
        "Basic YWxpY2U6c2VjcmV0",
        "Token abc",
        "Digest username=alice",
        "Bearer a",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer a.b.c.d.e",
        "Bearer ..",
        "Bearer \u00e9.\u00e9.\u00e9",
        "Bearer \ud800",
        "Bearer \x00",
        "Bearer null",
        "Bearer " + "a" * 100_000,
        "Bearer " + "." * 100_000,
    ],
    ids=shortly,
)
def test_an_authorization_header_without_a_bearer_in_it_is_refused(
    gateway: Gateway, authorization: str
) -> None:
    assert_unauthenticated(ask_with(gateway, authorization))


def test_no_authorization_header_is_refused(gateway: Gateway) -> None:
    assert_unauthenticated(gateway.request("GET", "/rooms"))
    event = gateway.event("GET", "/rooms")
    assert_unauthenticated(gateway.send(event | {"headers": None, "multiValueHeaders": None}))


def test_a_bearer_alone_without_its_scheme_is_refused(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    bearer = stand_ins.identity.bearer("alice")

    assert_unauthenticated(ask_with(gateway, bearer))
    assert_unauthenticated(ask_with(gateway, f"Basic {bearer}"))
    assert_unauthenticated(ask_with(gateway, f"Bearer {bearer}", name="X-Authorization"))
    assert_unauthenticated(gateway.request("GET", f"/rooms?access_token={bearer}"))


def test_two_authorization_headers_are_refused_however_they_come(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    alice = f"Bearer {stand_ins.identity.bearer('alice')}"
    mallory = f"Bearer {stand_ins.identity.bearer('mallory')}"
    event = gateway.event("GET", "/rooms", None, {"Authorization": [alice]})
    two_spellings = {"Authorization": [alice], "authorization": [mallory]}

    assert gateway.send(event).status == 200
    assert_unauthenticated(ask_with(gateway, alice, mallory))
    assert_unauthenticated(ask_with(gateway, alice, alice))
    assert_unauthenticated(ask_with(gateway, alice, "Basic YWxpY2U6c2VjcmV0"))
    assert_unauthenticated(ask_with(gateway, f"{alice}, {mallory}"))
    assert_unauthenticated(ask_with(gateway, f"{alice},{alice}"))
    assert_unauthenticated(gateway.send(event | {"multiValueHeaders": two_spellings}))


def test_every_request_is_refused_while_the_service_knows_no_issuer(stand_ins: StandIns) -> None:
    for name in ("AUTH_ISSUER", "AUTH_AUDIENCE"):
        reply = ask(stand_ins.gateway(**{name: ""}), stand_ins.identity.bearer("alice", aud=""))
        assert (reply.status, reply.code) == (503, "not_configured")


fuzzed = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
any_text = st.text(st.characters(codec=None), max_size=60)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


@fuzzed
@given(authorization=any_text)
def test_no_text_at_all_passes_for_a_bearer(gateway: Gateway, authorization: str) -> None:
    assert_unauthenticated(ask_with(gateway, authorization))
    assert_unauthenticated(ask_with(gateway, f"Bearer {authorization}"))


@fuzzed
@given(header=any_json, payload=any_json, signature=st.binary(max_size=300))
def test_no_segments_at_all_pass_for_a_bearer(
    gateway: Gateway, header: object, payload: object, signature: bytes
) -> None:
    first, second = (json.dumps(each).encode() for each in (header, payload))

    assert_unauthenticated(ask(gateway, forged(first, second, lambda _: signature)))


@fuzzed
@given(name=st.sampled_from(["sub", "iss", "aud", "exp", "nbf", "iat"]), value=any_json)
def test_no_value_of_a_claim_ends_in_an_internal_error(
    gateway: Gateway, stand_ins: StandIns, name: str, value: object
) -> None:
    assert ask(gateway, bearer_with_claims(stand_ins, {name: value})).status in (200, 401)


@fuzzed
@given(name=st.sampled_from(["alg", "kid", "typ", "crit", "b64", "zip"]), value=any_json)
def test_no_value_of_a_header_makes_a_forgery_pass(
    gateway: Gateway, stand_ins: StandIns, name: str, value: object
) -> None:
    header = {"alg": "RS256", "kid": stand_ins.identity.signing_key().kid, name: value}

    assert_unauthenticated(ask(gateway, forged(header, claims(stand_ins.identity, {}))))


@fuzzed
@given(data=st.data())
def test_a_bearer_with_any_character_changed_is_refused(
    gateway: Gateway, stand_ins: StandIns, data: st.DataObject
) -> None:
    bearer = stand_ins.identity.bearer("alice", iat=None, exp=4_102_444_800)
    # A segment's last character has bits without a meaning, so some changes to it are none.
    significant = [
        index for index in range(len(bearer) - 1) if bearer[index] != "." != bearer[index + 1]
    ]
    index = data.draw(st.sampled_from(significant))
    other = data.draw(st.sampled_from("AZaz09-_.").filter(lambda each: each != bearer[index]))

    assert_unauthenticated(ask(gateway, bearer[:index] + other + bearer[index + 1 :]))


@pytest.mark.parametrize(
    "granting",
    [
        {"scope": "roomkey:admin"},
        {"scope": "openid roomkey:admin email"},
        {"permissions": ["read", "roomkey:admin"]},
        {"cognito:groups": ["roomkey:admin"]},
        {"scope": "openid", "permissions": [], "cognito:groups": [7, None, "roomkey:admin"]},
    ],
    ids=shortly,
)
def test_these_claims_make_an_admin(
    gateway_for_admins: Gateway, stand_ins: StandIns, granting: dict[str, object]
) -> None:
    bearer = bearer_with_claims(stand_ins, granting)

    assert gateway_for_admins.request("PUT", "/rooms/staff", bearer=bearer).status in (200, 201)


@pytest.mark.parametrize(
    "granting",
    [
        {"scope": "roomkey:administrator"},
        {"scope": "roomkey:admin2 xroomkey:admin roomkey:admin:read"},
        {"scope": "ROOMKEY:ADMIN"},
        {"scope": "roomkey:admin,openid"},
        {"scope": ["roomkey:admin"]},
        {"scope": {"roomkey:admin": True}},
        {"permissions": "roomkey:admin"},
        {"permissions": {"roomkey:admin": True}},
        {"permissions": [["roomkey:admin"], "admin", True]},
        {"cognito:groups": "roomkey:admin"},
        {"cognito:groups": ["roomkey:admins"]},
        {"groups": ["roomkey:admin"]},
        {"roles": ["roomkey:admin"]},
        {"admin": True},
    ],
    ids=shortly,
)
def test_these_claims_make_no_admin(
    gateway_for_admins: Gateway, stand_ins: StandIns, granting: dict[str, object]
) -> None:
    bearer = bearer_with_claims(stand_ins, granting)

    reply = gateway_for_admins.request("PUT", "/rooms/staff", bearer=bearer)

    assert (reply.status, reply.code) == (403, "not_a_moderator")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Alice", "Alice"),
        ("Älice 🎥", "Älice 🎥"),
        ("n" * 1000, "n" * 200),
        ("", None),
        (7, None),
        (["Alice"], None),
        ({"given": "Alice"}, None),
        ("\ud83c", None),
    ],
    ids=shortly,
)
def test_a_name_is_the_bearers_and_a_malformed_one_is_none(
    stand_ins: StandIns, name: object, shown: str | None
) -> None:
    bearer = bearer_with_claims(stand_ins, {"name": name})

    user = verifier(stand_ins).user(f"Bearer {bearer}")

    assert (user.id, user.name, user.admin) == ("alice", shown, False)
