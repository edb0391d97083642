"""`make sign-in-check` fetches what an identity provider publishes, and says what is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jwt.utils import base64url_encode

from chalicelib.adapters.oidc import FETCH_SECONDS, IssuerKeys
from chalicelib.core.model.issuer import Issuer
from deploy.errors import DeployError
from deploy.sign_in.check import SignInCheck, check_sign_in
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from tests.support.servers.answering_server import Answer, answering_server
from tests.support.servers.raw_server import closed_port
from tests.support.sign_in.publisher import published
from tests.support.sign_in.recipes import recipes
from tests.support.sign_in.shapes import SHAPES, Shape
from tests.support.sign_in.shared_keys import shared_keys

DOCUMENT = "openid-configuration"
KEYS = "jwks.json"
SHORT_KEY = {"n": base64url_encode(b"\x81" * 128).decode()}
"""The modulus of an RSA key of 1,024 bits, which is too short to prove anything."""


@pytest.fixture
def identity() -> Iterator[IdentityProvider]:
    provider = IdentityProvider("", "calls", keys=shared_keys())
    with HttpServer(provider.wsgi_app) as server:
        provider.issuer = server.url
        provider.keys_url = f"{server.url}/.well-known/{KEYS}"
        yield provider


def checked(url: str, keys_url: str | None = None, bearer: str | None = None) -> list[str]:
    said: list[str] = []
    SignInCheck([Issuer(url, frozenset({"calls"}), keys_url)], said.append).run(bearer)
    return said


def refusal(url: str, keys_url: str | None = None) -> str:
    with pytest.raises(DeployError) as refused:
        checked(url, keys_url)
    assert "docs/sign-in.md" in refused.value.remedy
    return str(refused.value)


def test_what_a_provider_publishes_is_shown(identity: IdentityProvider) -> None:
    assert checked(identity.issuer) == [
        f"{identity.issuer}/.well-known/openid-configuration: names this issuer",
        f"{identity.keys_url}: 2 keys for ES256 and RS256",
        "bearer token: not checked; set BEARER to a user's token to check one",
    ]


def test_a_bearer_token_is_judged_after_that(identity: IdentityProvider) -> None:
    said = checked(identity.issuer, bearer=identity.bearer("alice"))

    assert "it is accepted: the user 'alice', with the name None" in said
    with pytest.raises(DeployError, match="would be refused: it expired"):
        checked(identity.issuer, bearer=identity.bearer("alice", lifetime_seconds=-100))


def test_a_slash_too_many_is_told_from_another_issuer(identity: IdentityProvider) -> None:
    said = refusal(f"{identity.issuer}/")

    assert f"names the issuer '{identity.issuer}', and AUTH_ISSUER is '{identity.issuer}/'" in said


def test_keys_of_ones_own_address_do_not_hide_that_the_issuer_is_another(
    identity: IdentityProvider,
) -> None:
    assert f"names the issuer '{identity.issuer}', and AUTH_ISSUER is '{identity.issuer}/'" in (
        refusal(f"{identity.issuer}/", identity.keys_url)
    )
    document = f"{identity.issuer}/.well-known/openid-configuration"
    assert f"{document}: names this issuer" in checked(identity.issuer, identity.keys_url)


@pytest.mark.parametrize("issuer", ["/elsewhere", "accounts.example.com"])
def test_an_issuer_without_a_discovery_document_is_proved_by_a_token_alone(
    identity: IdentityProvider, issuer: str
) -> None:
    url = f"{identity.issuer}{issuer}" if issuer.startswith("/") else issuer

    said = checked(url, identity.keys_url)
    assert said[1] == (
        f"{url}/.well-known/openid-configuration: cannot be read, so only a token shows whether "
        "AUTH_ISSUER is right"
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(DOCUMENT, status=404), "answers 404 NOT FOUND. So"),
        (Fault(DOCUMENT, status=503), "answers 503 SERVICE UNAVAILABLE."),
        (Fault(DOCUMENT, status=302), "answers 302 FOUND. Redirections are not followed."),
        (Fault(DOCUMENT, status=200, body="<html>"), "openid-configuration is no JSON."),
        (Fault(DOCUMENT, status=200, body="[]"), "is no JSON object."),
        (Fault(DOCUMENT, drop=True), "cannot be reached: Remote end closed connection"),
        (Fault(KEYS, status=404), "jwks.json answers 404 NOT FOUND."),
        (Fault(KEYS, status=200, body="{"), "jwks.json is no JSON."),
        (Fault(KEYS, status=200, body=json.dumps({"keys": []})), "keys cannot be used"),
    ],
    ids=ascii,
)
def test_what_is_wrong_with_a_provider_is_said_in_a_sentence(
    identity: IdentityProvider, fault: Fault, said: str
) -> None:
    identity.faults.add(fault, times=2)

    assert said in refusal(identity.issuer)


def test_a_redirection_is_not_followed_even_to_what_would_do(identity: IdentityProvider) -> None:
    to_the_keys = Answer(status=302, headers={"Location": identity.keys_url})
    with answering_server(to_the_keys) as server:
        said = refusal(identity.issuer, f"{server.url}/keys")

    assert f"{server.url}/keys answers 302 Found. Redirections are not followed." in said


def test_what_cannot_be_read_is_named(identity: IdentityProvider) -> None:
    identity.faults.add(Fault(KEYS, status=200, body=" " * (257 << 10)))
    assert f"{identity.keys_url} cannot be read: the answer is too long" in (
        refusal(identity.issuer)
    )
    identity.keys_url = f"{identity.issuer}/clés"

    assert f"{identity.issuer}/clés cannot be read: 'ascii' codec" in refusal(identity.issuer)


@pytest.mark.parametrize("changed", [{"kid": 7}, {"alg": "RS512"}, {"alg": ["RS256"]}, SHORT_KEY])
def test_keys_with_which_no_token_could_pass_are_none(
    identity: IdentityProvider, changed: dict[str, Any]
) -> None:
    published = {"keys": [identity.signing_key().public_jwk() | changed]}
    identity.faults.add(Fault(KEYS, status=200, body=json.dumps(published)), times=2)

    assert "key" in refusal(identity.issuer)


class LateKeys(IssuerKeys):
    """Keys whose first fetches have no time at all, like those of a slow network."""

    def __init__(self, issuer: Issuer, late: int) -> None:
        super().__init__(issuer)
        self.late = late

    def fetch_data(self) -> Any:
        self.timeout = 0 if self.late else FETCH_SECONDS
        self.late = max(0, self.late - 1)
        return super().fetch_data()


def test_keys_that_come_too_late_once_are_fetched_again(identity: IdentityProvider) -> None:
    said: list[str] = []
    issuer = Issuer(identity.issuer, frozenset({"calls"}))
    SignInCheck([issuer], said.append, lambda each: LateKeys(each, 2)).run(None)
    assert f"{identity.keys_url}: 2 keys for ES256 and RS256" in said


def test_keys_that_come_too_late_each_time_are_said_to_in_a_sentence(
    identity: IdentityProvider,
) -> None:
    issuer = Issuer(identity.issuer, frozenset({"calls"}))
    with pytest.raises(DeployError) as refused:
        SignInCheck([issuer], print, lambda each: LateKeys(each, 9)).run(None)
    assert str(refused.value) == (
        f"{identity.issuer} publishes its keys, but in 3 attempts they could not be fetched within "
        f"2 s, as the service needs (keys of {identity.issuer}: no answer in time). Check this "
        "machine's network."
    )


def test_a_provider_that_cannot_be_reached_is_told_from_one_that_answers() -> None:
    with closed_port() as url:
        assert f"{url}/.well-known/openid-configuration cannot be reached: " in refusal(url)
        assert f"{url}/keys cannot be reached: " in refusal("https://a.test", f"{url}/keys")
        assert "AUTH_JWKS_URL must be the address of" in refusal("https://a.test", f"{url}/keys")


def test_all_faults_of_all_issuers_are_said_at_once(identity: IdentityProvider) -> None:
    with closed_port() as url:
        issuers = [
            Issuer(f"{identity.issuer}/", frozenset({"calls"})),
            Issuer(url, frozenset({"calls"})),
        ]
        with pytest.raises(DeployError) as refused:
            SignInCheck(issuers, print).run(None)
    for said in (f"AUTH_ISSUER is '{identity.issuer}/'", f"{url}/.well-known/"):
        assert said in str(refused.value)


def test_the_settings_of_sign_in_are_named_where_they_are_wrong(
    identity: IdentityProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"AUTH_ISSUER": identity.issuer, "AUTH_AUDIENCE": "calls"}
    check_sign_in(good, None)
    assert "names this issuer" in capsys.readouterr().out

    with pytest.raises(DeployError, match="AUTH_ISSUER is not set; AUTH_AUDIENCE is not set"):
        check_sign_in({}, None)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.recipe)
def test_each_recipe_passes_with_a_token_in_the_providers_shape(
    shape: Shape, capsys: pytest.CaptureFixture[str]
) -> None:
    with published(shape, recipes()[shape.recipe]) as provider:
        check_sign_in(provider.settings, provider.bearer())

    assert f"it is accepted: the user {shape.user_id!r}" in capsys.readouterr().out
