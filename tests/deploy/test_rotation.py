"""The account that may replace credentials, and the schedule at Secrets Manager."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
import time_machine
from botocore.exceptions import ClientError
from chalice.config import Config
from chalice.deploy.appgraph import ApplicationGraphBuilder
from chalice.deploy.models import (
    FileBasedIAMPolicy,
    LambdaFunction,
    ManagedIAMRole,
    RestAPI,
    ScheduledEvent,
)

from app import build_app
from chalicelib.core.support.formats import epoch_milliseconds
from deploy.asking import Terminal
from deploy.errors import DeployError
from deploy.opentok.credentials import Secret
from deploy.rotation import AccountSecret, RotationSchedule, ensure_account
from deploy.stage import Stage, read_stage
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.deploy.dev_stage import dev_on
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_KEY, API_SECRET, CREDENTIALS, SECRET_ID, StandIns

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

ACCOUNT = {"accountKey": "46000001", "accountSecret": "acc0acc0acc0acc0acc0acc0acc0acc0acc0acc0"}
WRONG = ACCOUNT | {"accountSecret": "bad0" * 10}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:roomkey-dev-rotate_credentials"


@pytest.fixture
def opentok() -> Iterator[OpenTokStandIn]:
    accounts = {ACCOUNT["accountKey"]: ACCOUNT["accountSecret"]}
    stand_in = OpenTokStandIn(projects={API_KEY: API_SECRET}, accounts=accounts)
    yield stand_in
    stand_in.stop()


@pytest.fixture
def stage(stand_ins: StandIns, opentok: OpenTokStandIn) -> Iterator[Stage]:
    with HttpServer(opentok.wsgi_app) as server:
        yield dev_on(stand_ins, OPENTOK_API_URL=server.url, ROTATION_DAYS="30")


@pytest.fixture
def secret(stage: Stage, stand_ins: StandIns) -> AccountSecret:
    return AccountSecret(stage, stand_ins.secretsmanager())


def stored(stand_ins: StandIns, name: str = "roomkey/test/account") -> object:
    client = stand_ins.secretsmanager()
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])


class TestAccount:
    def test_an_account_that_has_the_credentials_on_record_is_stored_beside_them(
        self, secret: AccountSecret, stand_ins: StandIns
    ) -> None:
        assert not secret.exists()
        for _ in range(2):
            secret.store(json.dumps(ACCOUNT))

        assert stored(stand_ins) == ACCOUNT
        assert secret.exists()

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (json.dumps(WRONG), "the account's credentials are refused"),
            (json.dumps({"accountKey": "46000001"}), "not an account's credentials"),
            ("no JSON bad0bad0", "not an account's credentials"),
        ],
    )
    def test_an_account_that_is_refused_is_neither_stored_nor_shown(
        self, secret: AccountSecret, text: str, says: str
    ) -> None:
        with pytest.raises(DeployError, match=says) as refusal:
            secret.store(text)

        assert "bad0" not in f"{refusal.value} {refusal.value.remedy}"
        assert not secret.exists()

    def test_an_account_with_other_credentials_on_record_is_not_stored(
        self, secret: AccountSecret, stand_ins: StandIns
    ) -> None:
        stand_ins.put_secret({**CREDENTIALS, "apiSecret": "beef" * 10})

        with pytest.raises(DeployError, match="other credentials on record"):
            secret.store(json.dumps(ACCOUNT))

        assert not secret.exists()

    def test_a_stage_without_credentials_has_none_to_rotate(
        self, secret: AccountSecret, stand_ins: StandIns
    ) -> None:
        stand_ins.put_secret("{}")

        with pytest.raises(DeployError, match="no credentials to rotate"):
            secret.store(json.dumps(ACCOUNT))

    def test_a_platform_that_is_away_says_nothing_about_the_account(
        self, secret: AccountSecret, opentok: OpenTokStandIn
    ) -> None:
        opentok.faults.add(Fault("/v2/project", status=503), 5)

        with pytest.raises(DeployError, match="nobody answers"):
            secret.store(json.dumps(ACCOUNT))


@dataclass
class Holder:
    """An operator with the account, who may be there."""

    there: bool = True
    asked: int = 0

    def present(self) -> bool:
        return self.there

    def account(self) -> str:
        self.asked += 1
        return json.dumps(ACCOUNT)


class TestDeployment:
    def test_a_stage_that_does_not_rotate_needs_no_account(self, stand_ins: StandIns) -> None:
        stage, holder = dev_on(stand_ins), Holder()

        secret = AccountSecret(stage, stand_ins.secretsmanager())
        assert ensure_account(stage, secret, holder) is None
        assert holder.asked == 0

    def test_the_account_is_asked_for_once(self, stage: Stage, secret: AccountSecret) -> None:
        holder = Holder()

        for _ in range(2):
            assert ensure_account(stage, secret, holder) is not None
        assert holder.asked == 1

    def test_where_nobody_can_be_asked_the_command_is_named(
        self, stage: Stage, secret: AccountSecret
    ) -> None:
        with pytest.raises(DeployError, match="roomkey/test/account is missing") as refusal:
            ensure_account(stage, secret, Holder(there=False))

        assert "make account-secret STAGE=dev" in refusal.value.remedy

    def test_an_operator_types_the_account_and_its_secret_unseen(self) -> None:
        class Typed:
            def isatty(self) -> bool:
                return True

        typed = Terminal(cast("Any", Typed()), lambda _: " 46000001 ", lambda _: "unseen")
        assert json.loads(typed.account()) == {"accountKey": "46000001", "accountSecret": "unseen"}

    def test_the_function_and_its_policy_are_there_for_a_stage_that_rotates(
        self, stage: Stage, stand_ins: StandIns
    ) -> None:
        assert stage.functions["rotate_credentials"] == "roomkey-dev-rotate_credentials"
        assert stage.at_once["roomkey-dev-rotate_credentials"] == 1
        assert "rotate_credentials" not in stage.scheduled
        assert "rotate_credentials" not in dev_on(stand_ins).functions

    @pytest.mark.parametrize("days", ["0", "30"])
    def test_chalice_deploys_the_functions_that_the_stage_says_it_has(self, days: str) -> None:
        own = {"ROTATION_DAYS": days, "OPENTOK_SECRET_ID": SECRET_ID}
        stage = read_stage("dev").with_settings(own)
        config = Config(
            "dev",
            user_provided_params={"chalice_app": build_app(own)},
            config_from_disk=stage.chalice_config,
            default_params={"project_dir": str(stage.project)},
        )

        built = ApplicationGraphBuilder().build(config, "dev").resources

        functions = {each.function_name: each for each in built if isinstance(each, LambdaFunction)}
        (api,) = (each.lambda_function for each in built if isinstance(each, RestAPI))
        scheduled = {
            each.lambda_function.function_name for each in built if isinstance(each, ScheduledEvent)
        }
        names = {api.function_name, *scheduled, *functions}
        assert names == set(stage.functions.values())
        if days != "0":
            rotation = functions[stage.rotation]
            assert (rotation.handler, rotation.timeout) == ("app.rotate_credentials", 480)
            assert isinstance(rotation.role, ManagedIAMRole)
            assert isinstance(rotation.role.policy, FileBasedIAMPolicy)
            assert str(rotation.role.policy.filename).endswith("policy-dev-rotate_credentials.json")

    def test_days_that_secrets_manager_does_not_take_are_refused(self, stand_ins: StandIns) -> None:
        for days in ("1001", "-1", "monthly"):
            faults = dev_on(stand_ins, ROTATION_DAYS=days).faults()
            assert "ROTATION_DAYS must be a whole number from 0 to 1000" in faults


@dataclass
class FakeAws:
    """Secrets Manager's schedule and Lambda's permissions, as clients see them."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    described: dict[str, Any] = field(default_factory=dict)
    permitted: bool = False

    def describe_secret(self, **_: Any) -> dict[str, Any]:
        return self.described

    def rotate_secret(self, **given: Any) -> None:
        self.calls.append(("rotate", given))
        self.described = {
            "RotationEnabled": True,
            "RotationLambdaARN": given["RotationLambdaARN"],
            "RotationRules": given["RotationRules"],
        }

    def cancel_rotate_secret(self, **given: Any) -> None:
        self.calls.append(("cancel", given))
        self.described = {"RotationEnabled": False}

    def get_function(self, **_: Any) -> dict[str, Any]:
        return {"Configuration": {"FunctionArn": ARN}}

    def add_permission(self, **given: Any) -> None:
        if self.permitted:
            conflict = {"Error": {"Code": "ResourceConflictException", "Message": ""}}
            raise ClientError(cast("Any", conflict), "AddPermission")
        self.permitted = True
        self.calls.append(("permit", given))


class TestSchedule:
    @staticmethod
    def schedule(stage: Stage, aws: FakeAws) -> RotationSchedule:
        return RotationSchedule(
            stage,
            "123456789012",
            cast("SecretsManagerClient", aws),
            cast("LambdaClient", aws),
        )

    def test_a_rotation_is_switched_on_once_and_begins_after_its_days(self, stage: Stage) -> None:
        aws = FakeAws()

        for _ in range(2):
            assert "every 30 days" in self.schedule(stage, aws).apply()

        permit, rotate = aws.calls
        assert permit[1]["Principal"] == "secretsmanager.amazonaws.com"
        assert permit[1]["SourceAccount"] == "123456789012"
        assert rotate[1] == {
            "SecretId": SECRET_ID,
            "RotationLambdaARN": ARN,
            "RotationRules": {"AutomaticallyAfterDays": 30},
            "RotateImmediately": False,
        }

    def test_other_days_change_the_schedule(self, stage: Stage, stand_ins: StandIns) -> None:
        aws = FakeAws()
        self.schedule(stage, aws).apply()

        self.schedule(dev_on(stand_ins, ROTATION_DAYS="90"), aws).apply()

        assert aws.described["RotationRules"] == {"AutomaticallyAfterDays": 90}

    def test_without_the_setting_the_rotation_is_switched_off(
        self, stage: Stage, stand_ins: StandIns
    ) -> None:
        aws = FakeAws()
        self.schedule(stage, aws).apply()
        aws.calls.clear()

        for _ in range(2):
            assert "by hand" in self.schedule(dev_on(stand_ins), aws).apply()

        assert [name for name, _ in aws.calls] == ["cancel"]


class TestCommandsDuringARotation:
    """Tests of what a rotation has copied already, and would undo."""

    @staticmethod
    def announce(stand_ins: StandIns, switch_at: datetime) -> None:
        stand_ins.put_secret({**CREDENTIALS, "switchAt": epoch_milliseconds(switch_at)})

    @time_machine.travel(NOON, tick=False)
    def test_a_change_of_the_secret_is_refused_until_the_rotation_is_over(
        self, stage: Stage, stand_ins: StandIns
    ) -> None:
        secret = Secret(stage, stand_ins.secretsmanager())
        self.announce(stand_ins, NOON + timedelta(minutes=5))

        with pytest.raises(DeployError, match="being rotated, at 2026-03-01T12:05:00Z"):
            secret.replace({**CREDENTIALS, "callbackSecrets": {}})

        self.announce(stand_ins, NOON - timedelta(minutes=1))
        secret.replace({**secret.content(), "callbackSecrets": {}})
        assert stored(stand_ins, SECRET_ID) == {**CREDENTIALS, "callbackSecrets": {}}
