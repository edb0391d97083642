"""The promises of a rotation's ports: of the fakes, and of the adapters on the stand-ins."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.opentok.accounts import (
    AccountCredentials,
    PlatformAccount,
    parse_account,
)
from chalicelib.adapters.opentok.api_client import Transport
from chalicelib.adapters.rotated_secret import SecretsManagerVersions, secret_text
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials, VonageCredentials
from chalicelib.core.ports.operation.rotation import CredentialIssuer, CredentialVersions
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotConfigured, ProviderRefused, ProviderUnavailable, StoreUnavailable
from stand_ins.aws.rotation import SecretRotation
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.fakes.clock import FrozenClock
from tests.fakes.rotation import FakeIssuer, FakeVersions
from tests.support.noon import NOON
from tests.support.servers.stand_ins import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    CREDENTIALS,
    SECRET_ID,
    StandIns,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

OPENTOK = OpenTokCredentials(API_KEY, API_SECRET)
NEW = OpenTokCredentials(API_KEY, "beadbeadbeadbeadbeadbeadbeadbeadbeadbead")
ACCOUNT = AccountCredentials("46000001", "acc0acc0acc0acc0acc0acc0acc0acc0acc0acc0")
NOON_LATER = NOON + timedelta(minutes=6)


def deadline() -> Deadline:
    return Deadline(8)


def begun(stand_ins: StandIns) -> SecretRotation:
    """Let Secrets Manager begin a rotation, which no function goes on with."""
    region = stand_ins.secretsmanager().meta.region_name
    rotation = SecretRotation(SECRET_ID, region, lambda _: None)
    rotation.begin()
    return rotation


def current(client: "SecretsManagerClient") -> str:
    # Where no version is named, moto reads the first one.
    return client.get_secret_value(SecretId=SECRET_ID, VersionStage="AWSCURRENT")["SecretString"]


class TestVersions:
    @pytest.fixture(params=["fake", "moto"])
    def begun(self, request: pytest.FixtureRequest) -> tuple[CredentialVersions, str]:
        if request.param == "fake":
            return FakeVersions(OPENTOK), "second"
        stand_ins: StandIns = request.getfixturevalue("stand_ins")
        versions = SecretsManagerVersions(stand_ins.secretsmanager(), SECRET_ID)
        return versions, begun(stand_ins).version

    @pytest.fixture
    def versions(self, begun: tuple[CredentialVersions, str]) -> CredentialVersions:
        return begun[0]

    @pytest.fixture
    def version(self, begun: tuple[CredentialVersions, str]) -> str:
        return begun[1]

    def test_a_rotation_begins_with_a_version_that_is_empty_and_not_current(
        self, versions: CredentialVersions, version: str
    ) -> None:
        assert versions.current(deadline()).credentials == OPENTOK
        assert versions.current(deadline()).switch_at is None
        assert versions.pending(version, deadline()) is None
        assert not versions.is_current(version, deadline())

    def test_a_stored_version_is_pending_until_it_is_promoted(
        self, versions: CredentialVersions, version: str
    ) -> None:
        versions.put(version, NEW, deadline())

        assert versions.pending(version, deadline()) == NEW
        assert versions.current(deadline()).credentials == OPENTOK
        for _ in range(2):
            versions.promote(version, deadline())
            assert versions.is_current(version, deadline())
            assert versions.current(deadline()).credentials == NEW

    def test_an_announcement_is_read_until_another_version_is_promoted(
        self, versions: CredentialVersions, version: str
    ) -> None:
        for announced in (NOON, NOON_LATER):
            versions.announce(announced, deadline())
            assert versions.current(deadline()).switch_at == announced
        assert versions.current(deadline()).credentials == OPENTOK
        assert versions.pending(version, deadline()) is None

        versions.put(version, NEW, deadline())
        versions.promote(version, deadline())

        assert versions.current(deadline()).switch_at is None


class TestSecretsManager:
    """Tests of what only the adapter can show."""

    @pytest.fixture
    def version(self, stand_ins: StandIns) -> str:
        return begun(stand_ins).version

    @pytest.fixture
    def versions(self, stand_ins: StandIns) -> SecretsManagerVersions:
        return SecretsManagerVersions(stand_ins.secretsmanager(), SECRET_ID)

    def test_what_else_the_secret_holds_stays_and_functions_read_the_new_version(
        self, versions: SecretsManagerVersions, version: str, stand_ins: StandIns
    ) -> None:
        versions.announce(NOON, deadline())
        versions.put(version, NEW, deadline())
        versions.promote(version, deadline())

        client = stand_ins.secretsmanager()
        stored = json.loads(current(client))
        assert stored == {**CREDENTIALS, "apiSecret": NEW.api_secret}
        assert SecretsManagerCredentials(client, SECRET_ID).current(deadline()) == NEW

    def test_the_labels_after_a_rotation_let_the_next_one_begin(
        self, versions: SecretsManagerVersions, version: str, stand_ins: StandIns
    ) -> None:
        versions.put(version, NEW, deadline())
        versions.promote(version, deadline())

        client = stand_ins.secretsmanager()
        labels = client.describe_secret(SecretId=SECRET_ID)["VersionIdsToStages"]
        assert labels[version] == ["AWSCURRENT"]
        assert not any("AWSPENDING" in each for each in labels.values())
        assert begun(stand_ins).version != version

    def test_a_version_that_is_not_there_cannot_be_put_in_use(
        self, versions: SecretsManagerVersions
    ) -> None:
        with pytest.raises(NotConfigured):
            versions.promote("another", deadline())

    def test_secrets_managers_failures_are_told_from_refusals(
        self, versions: SecretsManagerVersions, version: str, stand_ins: StandIns
    ) -> None:
        calls: list[tuple[str, Callable[[], object]]] = [
            ("DescribeSecret", lambda: versions.is_current(version, deadline())),
            ("GetSecretValue", lambda: versions.pending(version, deadline())),
            ("UpdateSecretVersionStage", lambda: versions.promote(version, deadline())),
            ("PutSecretValue", lambda: versions.put(version, NEW, deadline())),
        ]
        for operation, call in calls:
            for error, expected in (
                ("AccessDeniedException", NotConfigured),
                ("InternalServiceError", StoreUnavailable),
            ):
                stand_ins.aws.fail(f"SecretsManager.{operation}", error=error, status=400, times=9)
                with pytest.raises(expected):
                    call()
                stand_ins.aws.clear_faults()

    def test_the_account_is_read_from_its_secret(self, stand_ins: StandIns) -> None:
        client = stand_ins.secretsmanager()
        content = {"accountKey": ACCOUNT.key, "accountSecret": ACCOUNT.secret}
        client.create_secret(Name="roomkey/test/account", SecretString=json.dumps(content))

        text = secret_text(client, "roomkey/test/account", deadline())

        assert parse_account(text, "roomkey/test/account") == ACCOUNT
        with pytest.raises(NotConfigured):
            secret_text(client, "roomkey/test/elsewhere", deadline())

    @pytest.mark.parametrize(
        "text",
        [None, "", "{", "[]", "null", '{"accountKey": "1"}', '{"accountKey": 1}', "[" * 9999],
    )
    def test_an_account_that_is_none_is_named_and_not_shown(self, text: str | None) -> None:
        with pytest.raises(NotConfigured) as refused:
            parse_account(text, "roomkey/test/account")

        assert "accountSecret, as JSON" in str(refused.value.note)


class Platform:
    """OpenTok or Vonage with an account, and credentials that are good there."""

    def __init__(self, issuer: CredentialIssuer, credentials: Credentials) -> None:
        self.issuer = issuer
        self.credentials = credentials


KINDS = ["OpenTok", "Vonage"]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opentok(stand_ins: StandIns) -> Iterator[OpenTokStandIn]:
    """A platform whose credentials may be changed. Other tests use another."""
    stand_in = OpenTokStandIn(
        projects={API_KEY: API_SECRET},
        applications={APPLICATION_ID: stand_ins.vonage.public},
        accounts={ACCOUNT.key: ACCOUNT.secret},
    )
    yield stand_in
    stand_in.stop()


@pytest.fixture
def url(opentok: OpenTokStandIn) -> Iterator[str]:
    with HttpServer(opentok.wsgi_app) as server:
        yield server.url


def account(url: str, account: AccountCredentials = ACCOUNT) -> PlatformAccount:
    return PlatformAccount(lambda _: account, Transport(), url, vonage_accounts_url=url)


@pytest.fixture
def before(kind: str, stand_ins: StandIns) -> Credentials:
    if kind == "OpenTok":
        return OPENTOK
    return VonageCredentials(APPLICATION_ID, stand_ins.vonage.private)


class TestIssuer:
    @pytest.fixture(params=["fake", "stand-in"])
    def issuing(self, request: pytest.FixtureRequest, before: Credentials) -> Platform:
        if request.param == "fake":
            return Platform(FakeIssuer(FrozenClock(NOON), before), before)
        return Platform(account(request.getfixturevalue("url")), before)

    def test_replaced_credentials_alone_are_known_and_accepted(
        self, issuing: Platform, kind: str
    ) -> None:
        issuer, before = issuing.issuer, issuing.credentials
        prepared = issuer.prepare(before)
        # OpenTok makes secrets itself.
        assert (prepared is None) == (kind == "OpenTok")
        assert issuer.knows(before, deadline())
        assert issuer.accepts(before, deadline())

        new = issuer.replace(before, prepared, deadline())

        assert new != before
        assert new == issuer.replace(before, prepared, deadline())
        assert issuer.knows(new, deadline())
        assert issuer.accepts(new, deadline())
        assert not issuer.knows(before, deadline())
        assert not issuer.accepts(before, deadline())


class TestAccount:
    """Tests of what only the adapter can show."""

    def test_an_account_that_is_refused_changes_nothing_and_is_not_shown(
        self, url: str, before: Credentials
    ) -> None:
        wrong = account(url, AccountCredentials(ACCOUNT.key, "bad0" * 10))

        for call in (
            lambda: wrong.knows(before, deadline()),
            lambda: wrong.replace(before, before, deadline()),
        ):
            with pytest.raises(ProviderRefused) as refused:
                call()
            assert "the account's credentials are refused" in str(refused.value.note)
            assert "bad0" not in f"{refused.value!r} {refused.value.note}"
        assert wrong.accepts(before, deadline())

    def test_a_project_or_application_of_another_account_is_refused(
        self, url: str, stand_ins: StandIns, kind: str
    ) -> None:
        unknown: Credentials = OpenTokCredentials("47009999", API_SECRET)
        if kind == "Vonage":
            unknown = VonageCredentials("another-application", stand_ins.vonage.private)

        with pytest.raises(ProviderRefused) as refused:
            account(url).knows(unknown, deadline())

        assert "404" in str(refused.value.note)

    @pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"drop": True}])
    def test_a_platform_that_is_away_is_told_from_a_refusal(
        self, opentok: OpenTokStandIn, url: str, before: Credentials, fault: dict[str, Any]
    ) -> None:
        opentok.faults.add(Fault("/v2/", **fault), times=9)

        with pytest.raises(ProviderUnavailable):
            account(url).knows(before, deadline())

    def test_a_refresh_whose_answer_is_lost_is_found_and_not_repeated(
        self, opentok: OpenTokStandIn, url: str
    ) -> None:
        issuer = account(url)
        first = issuer.replace(OPENTOK, None, deadline())
        opentok.clear_calls()

        assert issuer.replace(OPENTOK, None, deadline()) == first
        assert [call.method for call in opentok.calls] == ["GET"]

    def test_the_rest_of_an_application_stays_as_it_is(
        self, opentok: OpenTokStandIn, url: str, stand_ins: StandIns
    ) -> None:
        before = VonageCredentials(APPLICATION_ID, stand_ins.vonage.private)
        issuer = account(url)

        issuer.replace(before, before, deadline())

        (told,) = (call.json for call in opentok.calls if call.method == "PUT")
        assert told["name"] == "Calls"
        assert told["capabilities"]["video"]["storage"] == {"cloud_storage": True}
        assert told["privacy"] == {"improve_ai": False}
        assert told.keys() == {"name", "capabilities", "privacy", "keys"}
        assert "PRIVATE" not in json.dumps(told)
