"""The OpenTok secret: read seldom, renewed when OpenTok refuses it, reported when it is wrong."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import jwt
import pytest

from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotConfigured, StoreUnavailable
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.support.gateway import Gateway, Reply
from tests.support.log_lines import log_lines
from tests.support.moved_clock import MovedClock
from tests.support.servers.stand_ins import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    SECRET_ID,
    StandIns,
    new_vonage_keys,
)

pytestmark = pytest.mark.usual_privacy

READ = "SecretsManager.GetSecretValue"
NEW_SECRET = "beadbeadbeadbeadbeadbeadbeadbeadbeadbead"
SENTINEL = "5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0ffee5ec2"
"""Forty characters like an API secret's, which must be written nowhere."""
MINUTE = 60


def join(gateway: Gateway, stand_ins: StandIns, room: str = "standup") -> Reply:
    bearer = stand_ins.identity.bearer("alice", name="Alice")
    return gateway.request("POST", f"/rooms/{room}/tokens", bearer=bearer)


def opentok_secret(secret: str = API_SECRET) -> dict[str, str]:
    return {"apiKey": API_KEY, "apiSecret": secret}


@contextmanager
def opentok_after_rotation(*secrets: str) -> Iterator[tuple[OpenTokStandIn, str]]:
    """Yield OpenTok and its address; the project's secret is the last of these."""
    opentok = OpenTokStandIn(projects={API_KEY: secrets[-1]})
    with HttpServer(opentok.wsgi_app) as server:
        yield opentok, server.url


class TestKinds:
    def test_an_opentok_secret_signs_tokens_that_opentok_accepts(
        self, gateway: Gateway, stand_ins: StandIns
    ) -> None:
        answer = join(gateway, stand_ins).json

        claims = jwt.decode(answer["token"], API_SECRET, algorithms=["HS256"])
        assert jwt.get_unverified_header(answer["token"]) == {"alg": "HS256", "typ": "JWT"}
        assert (claims["iss"], claims["ist"], claims["scope"]) == (
            API_KEY,
            "project",
            "session.connect",
        )
        assert answer["apiKey"] == answer["applicationId"] == API_KEY

    def test_a_vonage_secret_signs_tokens_that_the_unified_platform_accepts(
        self, stand_ins: StandIns
    ) -> None:
        stand_ins.put_secret(
            {"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private}
        )
        answer = join(stand_ins.gateway(), stand_ins).json

        assert jwt.get_unverified_header(answer["token"]) == {"alg": "RS256", "typ": "JWT"}
        claims = jwt.decode(answer["token"], stand_ins.vonage.public, algorithms=["RS256"])
        del claims["iat"], claims["exp"], claims["jti"]
        assert claims == {
            "session_id": answer["sessionId"],
            "role": "moderator",
            "scope": "session.connect",
            "connection_data": '{"userId":"alice","name":"Alice","role":"moderator","data":null}',
            "application_id": APPLICATION_ID,
            "subject": "video",
            "acl": {"paths": {"/session/**": {}}},
        }
        assert answer["apiKey"] == answer["applicationId"] == APPLICATION_ID

    def test_a_vonage_session_is_asked_for_with_a_bearer_of_the_application(
        self, stand_ins: StandIns
    ) -> None:
        # This stand-in knows no OpenTok project, so only a bearer token can have passed.
        opentok = OpenTokStandIn(applications={APPLICATION_ID: stand_ins.vonage.public})
        stand_ins.put_secret(
            {"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private}
        )
        with HttpServer(opentok.wsgi_app) as server:
            reply = join(stand_ins.gateway(OPENTOK_API_URL=server.url), stand_ins)

        assert reply.status == 201
        assert [(call.path, call.status) for call in opentok.calls] == [("/session/create", 200)]

    @pytest.mark.parametrize("line_end", ["\n", "\r\n"])
    def test_a_private_key_may_have_any_line_ends(self, stand_ins: StandIns, line_end: str) -> None:
        key = stand_ins.vonage.private.replace("\n", line_end)
        stand_ins.put_secret({"applicationId": APPLICATION_ID, "privateKey": key})

        assert join(stand_ins.gateway(), stand_ins).status == 201

    def test_what_else_a_secret_holds_is_let_be(self, stand_ins: StandIns) -> None:
        stand_ins.put_secret(
            {**opentok_secret(), "applicationId": "", "callbackSecrets": {"session": ["a", "b"]}}
        )

        assert join(stand_ins.gateway(), stand_ins).status == 201


class TestRefusals:
    """Tests of OpenTok's 403."""

    def test_a_secret_that_was_rotated_is_read_anew_and_the_call_repeated(
        self, stand_ins: StandIns
    ) -> None:
        with opentok_after_rotation(API_SECRET, NEW_SECRET) as (opentok, url):
            gateway = stand_ins.gateway(OPENTOK_API_URL=url)
            # The first call reads this secret, and OpenTok refuses it...
            assert join(gateway, stand_ins, "before").code == "provider_refused"
            # ...and the second call finds this one.
            stand_ins.put_secret(opentok_secret(NEW_SECRET))
            stand_ins.aws.clear_calls()
            opentok.clear_calls()

            reply = join(gateway, stand_ins)

            assert reply.status == 201
            assert [call.status for call in opentok.calls] == [403, 200]
            assert stand_ins.aws.count(READ) == 1
            assert jwt.decode(reply.json["token"], NEW_SECRET, algorithms=["HS256"])
            assert join(gateway, stand_ins, "after").status == 201
            assert stand_ins.aws.count(READ) == 1

    def test_a_secret_that_is_refused_again_is_provider_refused_after_two_calls(
        self, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stand_ins.put_secret(opentok_secret(SENTINEL))
        gateway = stand_ins.gateway()

        reply = join(gateway, stand_ins)

        assert (reply.status, reply.code) == (502, "provider_refused")
        assert [call.status for call in stand_ins.opentok.calls] == [403, 403]
        assert stand_ins.aws.count(READ) == 2
        assert stand_ins.items() == []
        written = capsys.readouterr().out
        assert "Invalid signature" in written
        assert SENTINEL not in written + reply.text

    def test_a_vonage_key_that_is_refused_is_read_anew_too(self, stand_ins: StandIns) -> None:
        stand_ins.put_secret(
            {"applicationId": APPLICATION_ID, "privateKey": new_vonage_keys().private}
        )

        reply = join(stand_ins.gateway(), stand_ins)

        assert (reply.status, reply.code) == (502, "provider_refused")
        assert [call.status for call in stand_ins.opentok.calls] == [401, 401]

    def test_a_secret_that_changes_its_kind_while_it_is_in_use_goes_on(
        self, stand_ins: StandIns
    ) -> None:
        opentok = OpenTokStandIn(applications={APPLICATION_ID: stand_ins.vonage.public})
        with HttpServer(opentok.wsgi_app) as server:
            gateway = stand_ins.gateway(OPENTOK_API_URL=server.url)
            assert join(gateway, stand_ins).code == "provider_refused"
            stand_ins.put_secret(
                {"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private}
            )

            assert join(gateway, stand_ins).json["applicationId"] == APPLICATION_ID

    def test_a_room_of_another_project_says_so_instead_of_failing(
        self, gateway: Gateway, stand_ins: StandIns
    ) -> None:
        assert join(gateway, stand_ins).status == 201
        stand_ins.put_secret({"apiKey": "47000002", "apiSecret": NEW_SECRET})

        reply = join(stand_ins.gateway(), stand_ins)

        assert (reply.status, reply.code) == (502, "provider_refused")


PEM = new_vonage_keys().private
WRONG_SECRETS: dict[str, str | Mapping[str, object]] = {
    "empty": " ",
    "no JSON": f"apiKey={API_KEY} apiSecret={SENTINEL}",
    "truncated": f'{{"apiKey": "{API_KEY}", "apiSecret": "{SENTINEL}',
    "nested without end": "[" * 20_000 + SENTINEL,
    "a string": json.dumps(SENTINEL),
    "a list": json.dumps([API_KEY, SENTINEL]),
    "null": "null",
    "an empty object": {},
    "other fields": {"key": API_KEY, "secret": SENTINEL},
    "no api secret": {"apiKey": API_KEY},
    "no api key": {"apiSecret": SENTINEL},
    "an empty api key": {"apiKey": "", "apiSecret": SENTINEL},
    "an empty api secret": {"apiKey": API_KEY, "apiSecret": ""},
    "a blank api secret": {"apiKey": API_KEY, "apiSecret": "  \n"},
    "a null api secret": {"apiKey": API_KEY, "apiSecret": None},
    "a numeric api key": {"apiKey": int(API_KEY), "apiSecret": SENTINEL},
    "a list as api secret": {"apiKey": API_KEY, "apiSecret": [SENTINEL]},
    "a path as api secret": {"apiKey": API_KEY, "apiSecret": f"/etc/{SENTINEL}.key"},
    "a secret with a dot": {"apiKey": API_KEY, "apiSecret": f"{SENTINEL}.word"},
    "half a character in the api secret": {"apiKey": API_KEY, "apiSecret": f"{SENTINEL}\ud800"},
    "half a character in the api key": {"apiKey": f"{SENTINEL}\ud800", "apiSecret": SENTINEL},
    "both kinds": {
        "apiKey": API_KEY,
        "apiSecret": SENTINEL,
        "applicationId": APPLICATION_ID,
        "privateKey": PEM,
    },
    "halves of both kinds": {"apiKey": API_KEY, "privateKey": SENTINEL},
    "no application id": {"privateKey": PEM},
    "no private key": {"applicationId": APPLICATION_ID},
    "a private key that is none": {"applicationId": APPLICATION_ID, "privateKey": SENTINEL},
    "a private key cut short": {"applicationId": APPLICATION_ID, "privateKey": PEM[:900]},
    "a public key": {
        "applicationId": APPLICATION_ID,
        "privateKey": new_vonage_keys().public,
    },
    "half a character in the private key": {
        "applicationId": APPLICATION_ID,
        "privateKey": f"{SENTINEL}\ud800",
    },
    "half a character in the application id": {
        "applicationId": f"{SENTINEL}\ud800",
        "privateKey": PEM,
    },
}


def secrets_in(content: str) -> list[str]:
    """Return the texts that must be written nowhere: the sentinel, and each line of a key."""
    return [SENTINEL, *(line for line in PEM.splitlines() if len(line) > 40 and line in content)]


def assert_not_configured(
    reply: Reply, gateway: Gateway, capture: pytest.CaptureFixture[str]
) -> str:
    """Check the error, its log line and `/health`; return the note for the operator."""
    assert (reply.status, reply.code) == (503, "not_configured")
    assert int(reply.headers["Retry-After"]) > 0
    (line,) = log_lines(capture)
    assert (line["level"], line["status"], line["code"]) == ("ERROR", 503, "not_configured")
    assert gateway.request("GET", "/health").status == 200
    return str(line["note"])


class TestWrongSecrets:
    @pytest.mark.parametrize("kind", WRONG_SECRETS)
    def test_a_wrong_secret_is_named_in_the_log_and_never_shown(
        self,
        gateway: Gateway,
        stand_ins: StandIns,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
        kind: str,
    ) -> None:
        content = WRONG_SECRETS[kind]
        stand_ins.put_secret(content)

        reply = join(gateway, stand_ins)

        note = assert_not_configured(reply, gateway, capsys)
        assert SECRET_ID in note
        for secret in secrets_in(json.dumps(content)):
            assert secret not in note + reply.text + caplog.text
        assert stand_ins.items() == []
        assert stand_ins.opentok.calls == []

    def test_a_binary_secret_is_not_configured(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stand_ins.secretsmanager().put_secret_value(
            SecretId=SECRET_ID, SecretBinary=json.dumps(opentok_secret()).encode()
        )

        assert SECRET_ID in assert_not_configured(join(gateway, stand_ins), gateway, capsys)

    def test_a_missing_secret_is_not_configured(
        self, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gateway = stand_ins.gateway(OPENTOK_SECRET_ID="roomkey/nowhere")

        note = assert_not_configured(join(gateway, stand_ins), gateway, capsys)

        assert "roomkey/nowhere" in note

    def test_a_deleted_secret_is_not_configured(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stand_ins.secretsmanager().delete_secret(SecretId=SECRET_ID)

        assert SECRET_ID in assert_not_configured(join(gateway, stand_ins), gateway, capsys)

    def test_a_secret_that_is_mended_is_used_by_the_next_request(
        self, gateway: Gateway, stand_ins: StandIns
    ) -> None:
        stand_ins.put_secret("{}")
        assert join(gateway, stand_ins).code == "not_configured"

        stand_ins.put_secret(opentok_secret())

        assert join(gateway, stand_ins).status == 201


class TestMissingSettings:
    @pytest.mark.parametrize(
        "name", ["ROOMS_TABLE", "OPENTOK_SECRET_ID", "AUTH_ISSUER", "AUTH_AUDIENCE"]
    )
    def test_a_missing_setting_is_named_in_the_log(
        self, stand_ins: StandIns, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        gateway = stand_ins.gateway(**{name: ""})

        note = assert_not_configured(join(gateway, stand_ins), gateway, capsys)

        assert note == f"{name} is not set"

    def test_all_missing_settings_are_named_at_once(
        self, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gateway = stand_ins.gateway(ROOMS_TABLE="", AUTH_AUDIENCE=" , ", MAX_TOKEN_SECONDS="soon")

        note = assert_not_configured(join(gateway, stand_ins), gateway, capsys)

        for name in ("ROOMS_TABLE", "AUTH_AUDIENCE", "MAX_TOKEN_SECONDS"):
            assert name in note


class TestSecretsManagerAway:
    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            ("ThrottlingException", 400, "store_unavailable"),
            ("InternalServiceError", 500, "store_unavailable"),
            ("ServiceUnavailable", 503, "store_unavailable"),
            ("AccessDeniedException", 400, "not_configured"),
            ("DecryptionFailure", 400, "not_configured"),
            ("ResourceNotFoundException", 400, "not_configured"),
            ("InvalidRequestException", 400, "not_configured"),
            ("UnrecognizedClientException", 400, "not_configured"),
        ],
    )
    def test_secrets_managers_error_is_reported_to_the_operator_until_it_ends(
        self,
        gateway: Gateway,
        stand_ins: StandIns,
        capsys: pytest.CaptureFixture[str],
        error: str,
        status: int,
        code: str,
    ) -> None:
        stand_ins.aws.fail(READ, error=error, status=status, message="no", times=9)

        reply = join(gateway, stand_ins)

        assert (reply.status, reply.code) == (503, code)
        assert int(reply.headers["Retry-After"]) > 0
        (line,) = log_lines(capsys)
        assert SECRET_ID in line["note"]
        assert error in line["note"]
        assert stand_ins.items() == []
        stand_ins.aws.clear_faults()
        assert join(gateway, stand_ins).status == 201

    def test_a_passing_failure_is_retried_and_the_caller_sees_nothing_of_it(
        self, gateway: Gateway, stand_ins: StandIns
    ) -> None:
        stand_ins.aws.fail(READ, error="ThrottlingException")
        stand_ins.aws.drop(READ)

        assert join(gateway, stand_ins).status == 201
        assert stand_ins.aws.count(READ) == 3


class TestCache:
    """Tests of the adapter itself, on a clock that can be put forward."""

    @pytest.fixture
    def clock(self) -> MovedClock:
        return MovedClock()

    @pytest.fixture
    def source(self, stand_ins: StandIns, clock: MovedClock) -> SecretsManagerCredentials:
        return SecretsManagerCredentials(stand_ins.secretsmanager(), SECRET_ID, clock)

    @staticmethod
    def secret_of(source: SecretsManagerCredentials) -> str:
        found = source.current(Deadline(8))
        assert isinstance(found, OpenTokCredentials)
        return found.api_secret

    @staticmethod
    def break_down(aws: AwsStandIn) -> None:
        aws.fail(READ, error="InternalServiceError", status=500, times=50)

    def test_credentials_are_kept_for_five_minutes(
        self, source: SecretsManagerCredentials, stand_ins: StandIns, clock: MovedClock
    ) -> None:
        assert self.secret_of(source) == API_SECRET
        stand_ins.put_secret(opentok_secret(NEW_SECRET))
        clock.forward(5 * MINUTE - 5)
        assert self.secret_of(source) == API_SECRET
        assert stand_ins.aws.count(READ) == 1
        clock.forward(10)
        assert self.secret_of(source) == NEW_SECRET
        assert stand_ins.aws.count(READ) == 2

    def test_the_first_callback_reads_what_changed_since_the_start(
        self, source: SecretsManagerCredentials, stand_ins: StandIns
    ) -> None:
        stand_ins.put_secret(opentok_secret())
        source.prepare(Deadline(8))
        secrets = {"callbackSecrets": {"session": ["shared"]}}
        stand_ins.put_secret({**opentok_secret(), **secrets})

        assert [source.of_callbacks("session", Deadline(8)) for _ in range(2)] == [["shared"]] * 2
        assert self.secret_of(source) == API_SECRET
        assert stand_ins.aws.count(READ) == 2

    def test_callers_who_come_together_cause_one_read(
        self, source: SecretsManagerCredentials, stand_ins: StandIns, clock: MovedClock
    ) -> None:
        for reads in (1, 2):
            stand_ins.aws.slow_down(READ, delay_seconds=0.2)
            with ThreadPoolExecutor(20) as callers:
                found = list(callers.map(lambda _: self.secret_of(source), range(20)))
            assert found == [API_SECRET] * 20
            assert stand_ins.aws.count(READ) == reads
            clock.forward(6 * MINUTE)

    def test_callers_who_are_refused_together_cause_one_read(
        self, source: SecretsManagerCredentials, stand_ins: StandIns
    ) -> None:
        refused = source.current(Deadline(8))
        stand_ins.put_secret(opentok_secret(NEW_SECRET))
        stand_ins.aws.slow_down(READ, delay_seconds=0.2)

        with ThreadPoolExecutor(20) as callers:
            renewed = list(
                callers.map(lambda _: source.after_refusal(refused, Deadline(8)), range(20))
            )

        assert stand_ins.aws.count(READ) == 2
        assert set(renewed) == {OpenTokCredentials(API_KEY, NEW_SECRET)}

    def test_credentials_stay_in_use_while_secrets_manager_is_away(
        self, source: SecretsManagerCredentials, stand_ins: StandIns, clock: MovedClock
    ) -> None:
        assert self.secret_of(source) == API_SECRET
        self.break_down(stand_ins.aws)
        clock.forward(6 * MINUTE)

        assert self.secret_of(source) == API_SECRET
        tried = stand_ins.aws.count(READ)
        assert self.secret_of(source) == API_SECRET
        assert stand_ins.aws.count(READ) == tried

    def test_secrets_manager_is_asked_again_half_a_minute_after_it_failed(
        self, source: SecretsManagerCredentials, stand_ins: StandIns, clock: MovedClock
    ) -> None:
        assert self.secret_of(source) == API_SECRET
        stand_ins.put_secret(opentok_secret(NEW_SECRET))
        self.break_down(stand_ins.aws)
        clock.forward(6 * MINUTE)
        assert self.secret_of(source) == API_SECRET

        stand_ins.aws.clear_faults()
        clock.forward(MINUTE)

        assert self.secret_of(source) == NEW_SECRET

    def test_credentials_that_were_refused_are_not_kept_because_secrets_manager_is_away(
        self, source: SecretsManagerCredentials, stand_ins: StandIns
    ) -> None:
        refused = source.current(Deadline(8))
        self.break_down(stand_ins.aws)

        with pytest.raises(StoreUnavailable):
            source.after_refusal(refused, Deadline(8))

    def test_a_secret_that_became_wrong_is_not_used_from_memory(
        self, source: SecretsManagerCredentials, stand_ins: StandIns, clock: MovedClock
    ) -> None:
        assert self.secret_of(source) == API_SECRET
        stand_ins.put_secret("{}")
        clock.forward(6 * MINUTE)

        with pytest.raises(NotConfigured):
            source.current(Deadline(8))
