"""The discovery document of an issuer: its address, and what it must say."""

import pytest

from chalicelib.adapters.issuer_documents import discovery_url, keys_url_in

ISSUER = "https://login.test/realms/calls"
KEYS_URL = "https://keys.test/calls?version=2"


@pytest.mark.parametrize(
    ("issuer", "address"),
    [
        ("https://login.test", "https://login.test/.well-known/openid-configuration"),
        ("https://login.test/", "https://login.test/.well-known/openid-configuration"),
        ("https://login.test/a/b", "https://login.test/a/b/.well-known/openid-configuration"),
        ("https://login.test/a/", "https://login.test/a/.well-known/openid-configuration"),
        ("https://login.test/a//", "https://login.test/a//.well-known/openid-configuration"),
    ],
)
def test_one_slash_at_the_end_of_the_issuer_is_left_out_of_the_documents_address(
    issuer: str, address: str
) -> None:
    assert discovery_url(issuer) == address


def test_the_keys_may_be_at_any_https_address() -> None:
    assert keys_url_in({"issuer": ISSUER, "jwks_uri": KEYS_URL}, ISSUER) == KEYS_URL


@pytest.mark.parametrize(
    "named",
    [
        f"{ISSUER}/",
        ISSUER.upper(),
        "https://login.test",
        "http://login.test/realms/calls",
        [ISSUER],
        None,
        7,
    ],
)
def test_a_document_that_names_another_issuer_is_refused_with_both_names(named: object) -> None:
    with pytest.raises(ValueError, match=f"AUTH_ISSUER is '{ISSUER}'") as refusal:
        keys_url_in({"issuer": named, "jwks_uri": KEYS_URL}, ISSUER)
    assert f"names the issuer {named!r}" in str(refusal.value)


@pytest.mark.parametrize("document", [None, [], "", 7, True])
def test_a_document_that_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        keys_url_in(document, ISSUER)


@pytest.mark.parametrize(
    "keys_url",
    [
        None,
        "",
        7,
        [KEYS_URL],
        "http://keys.test/",
        "HTTPS:keys.test",
        "ftp://keys.test/",
        "file:///etc/passwd",
        "keys",
        "\ud800",
    ],
    ids=ascii,
)
def test_keys_at_no_https_address_are_not_fetched(keys_url: object) -> None:
    with pytest.raises(ValueError, match="which is no https"):
        keys_url_in({"issuer": ISSUER, "jwks_uri": keys_url}, ISSUER)


def test_an_issuer_on_the_operators_own_machine_may_have_keys_there() -> None:
    local = "http://127.0.0.1:8001/identity"

    assert keys_url_in({"issuer": local, "jwks_uri": f"{local}/keys"}, local) == f"{local}/keys"
