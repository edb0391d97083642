import os
import socket
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.core.model.media import Feature
from chalicelib.settings import Settings
from local.app_environment import app_environment
from local.ports import Ports, StartError, ports_of
from local.providers.issuer import chosen_issuer
from local.providers.provider import chosen_provider
from tests.stand_ins.known import API_KEY, API_SECRET, APPLICATION_ID

OWN_ISSUER = {
    "AUTH_ISSUER": "https://login.example/",
    "AUTH_AUDIENCE": "calls,meetings",
    "AUTH_JWKS_URL": "https://login.example/keys",
}
OPENTOK = {"OPENTOK_API_KEY": API_KEY, "OPENTOK_API_SECRET": API_SECRET}


def test_the_ports_follow_the_first() -> None:
    ports = ports_of({"PORT": "9000"})

    assert (ports.app, ports.opentok, ports.aws) == (9000, 9001, 9002)
    assert ports_of({}).app == 8000


@pytest.mark.parametrize("port", ["http", "0", "-1", "65533", "8000.5", "٨٠٠٠"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(StartError, match="PORT must be a number from 1 to 65532"):
        ports_of({"PORT": port})


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ports = Ports(taken.getsockname()[1])

        with pytest.raises(StartError, match=rf"(?s)Port {ports.app} .*make run PORT=9000"):
            ports.check_free()


def test_without_credentials_the_stand_in_is_used_under_a_secret_made_up_anew() -> None:
    first, second = chosen_provider({}), chosen_provider({"OPENTOK_API_KEY": ""})

    assert not first.real
    assert first.secret["apiKey"].isdecimal()
    assert len(first.secret["apiSecret"]) == 40
    assert first.secret["apiSecret"] != second.secret["apiSecret"]
    assert first.secret["callbackSecrets"] != second.secret["callbackSecrets"]
    assert [len(each) for each in first.secret["callbackSecrets"]["session"]] == [64]


def test_opentok_credentials_go_into_the_secret() -> None:
    provider = chosen_provider(OPENTOK)

    assert provider.real
    assert provider.secret == {"apiKey": API_KEY, "apiSecret": API_SECRET}
    assert API_SECRET not in repr(provider)
    assert API_KEY in provider.name


def test_vonage_credentials_go_into_the_secret_with_the_key_itself(
    vonage_key_path: str, vonage_private_pem: str
) -> None:
    provider = chosen_provider(
        {"VONAGE_APPLICATION_ID": APPLICATION_ID, "VONAGE_PRIVATE_KEY": vonage_key_path}
    )

    assert provider.real
    assert provider.secret == {"applicationId": APPLICATION_ID, "privateKey": vonage_private_pem}
    token = jwt.encode({"role": "publisher"}, vonage_private_pem, algorithm="RS256")
    assert provider.verified_claims(token) == {"role": "publisher"}


def test_a_token_signed_with_another_secret_does_not_verify() -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        chosen_provider(OPENTOK).verified_claims(jwt.encode({}, "x" * 40))


@pytest.mark.parametrize("name", ["OPENTOK_API_KEY", "OPENTOK_API_SECRET"])
def test_half_given_credentials_are_refused_by_name(name: str) -> None:
    (missing,) = set(OPENTOK) - {name}

    with pytest.raises(StartError, match=f"{name} is set but {missing} is not"):
        chosen_provider({name: "x"})


def test_credentials_for_both_services_are_refused() -> None:
    vonage = {"VONAGE_APPLICATION_ID": "a", "VONAGE_PRIVATE_KEY": "b"}

    with pytest.raises(StartError, match="both OpenTok and Vonage"):
        chosen_provider(OPENTOK | vonage)


def pem_of_an_ec_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("content", [None, b"", b"not a key", b"\xff\xfe", pem_of_an_ec_key()])
def test_a_private_key_that_cannot_be_used_is_refused_by_its_path(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "private.key"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(StartError, match=r"VONAGE_PRIVATE_KEY: .*private\.key") as caught:
        chosen_provider({"VONAGE_APPLICATION_ID": "a", "VONAGE_PRIVATE_KEY": str(path)})

    assert "not a key" not in str(caught.value)


def test_the_app_gets_the_users_settings_on_the_stand_ins() -> None:
    given = {"ROOM_CREATION": "admins", "AWS_PROFILE": "work", "AUTH_JWKS_URL": ""}

    environment = app_environment(given, Ports(9000), chosen_provider({}))

    assert environment["ROOM_CREATION"] == "admins"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9002"
    assert environment["OPENTOK_API_URL"] == "http://127.0.0.1:9001"
    assert environment["AUTH_ISSUER"] == "http://127.0.0.1:9001/identity"
    assert environment["AUTH_AUDIENCE"] == "roomkey-local"
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert environment.keys().isdisjoint({"AWS_PROFILE", "AUTH_JWKS_URL"})


def test_an_issuer_of_the_users_own_is_the_apps() -> None:
    environment = app_environment(OWN_ISSUER, Ports(9000), chosen_provider({}))

    assert OWN_ISSUER.items() <= environment.items()
    assert chosen_issuer(environment, Ports(9000)).own
    stand_ins = app_environment({}, Ports(9000), chosen_provider({}))
    assert not chosen_issuer(stand_ins, Ports(9000)).own


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"AUTH_ISSUER": "https://login.example"}, "AUTH_AUDIENCE"),
        ({"AUTH_AUDIENCE": "calls"}, "AUTH_ISSUER"),
        ({"AUTH_JWKS_URL": "https://login.example/keys"}, "AUTH_ISSUER"),
    ],
)
def test_half_an_issuer_is_refused_by_name(given: dict[str, str], missing: str) -> None:
    with pytest.raises(StartError, match=f"{next(iter(given))} is set but {missing} is not"):
        chosen_issuer(given, Ports(9000))


def test_developers_can_try_every_feature_unless_they_say_otherwise() -> None:
    given = {"ALLOW_SIP": "off"}

    settings = Settings.from_env(app_environment(given, Ports(9000), chosen_provider({})))

    switches = {feature: rule.allowed_to for feature, rule in settings.features.items()}
    assert switches.pop(Feature.SIP) == "off"
    assert set(switches.values()) == {"moderators"}
    settings.media_hosts.check("url", "https://page.test:8443/board")


def test_real_credentials_reach_the_app_only_by_its_secret() -> None:
    provider = chosen_provider(OPENTOK)

    environment = app_environment(OPENTOK, Ports(9000), provider)

    assert API_SECRET not in environment.values()
    assert "OPENTOK_API_URL" not in environment


@pytest.mark.parametrize(("given", "recording"), [({}, "on"), (OPENTOK, "off")])
def test_sample_apps_record_on_stand_ins_alone_unless_the_user_says_so(
    given: dict[str, str], recording: str
) -> None:
    provider = chosen_provider(given)
    assert app_environment(given, Ports(9000), provider)["SAMPLE_RECORDING"] == recording
    chosen = given | {"SAMPLE_RECORDING": "on"}
    assert app_environment(chosen, Ports(9000), provider)["SAMPLE_RECORDING"] == "on"


def test_an_opentok_url_of_the_users_own_is_kept_for_the_real_service() -> None:
    given = OPENTOK | {"OPENTOK_API_URL": "https://enterprise.example"}

    environment = app_environment(given, Ports(9000), chosen_provider(OPENTOK))

    assert environment["OPENTOK_API_URL"] == "https://enterprise.example"


def test_a_proxy_is_not_asked_for_this_machine() -> None:
    given = {"HTTPS_PROXY": "http://proxy", "NO_PROXY": "example.com"}

    environment = app_environment(given, Ports(9000), chosen_provider({}))

    assert environment["HTTPS_PROXY"] == "http://proxy"
    assert environment["NO_PROXY"] == environment["no_proxy"] == "example.com,127.0.0.1"
