"""The function that Secrets Manager calls: its steps, its log lines, its failures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app import app
from chalicelib.api.rotation_steps import RotationFailedError
from stand_ins.aws.rotation import SecretRotation
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from tests.support.gateway import Gateway, LambdaContext
from tests.support.log_lines import log_lines
from tests.support.servers.stand_ins import API_KEY, API_SECRET, SECRET_ID, StandIns

ACCOUNT = {"accountKey": "46000001", "accountSecret": "acc0acc0acc0acc0acc0acc0acc0acc0acc0acc0"}


ARN = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{SECRET_ID}-a1B2c3"


@dataclass
class Function:
    """The function of a stage that rotates, and its secret."""

    gateway: Gateway
    rotation: SecretRotation

    def call(self, **event: object) -> None:
        self.gateway.app.handler_map["rotate_credentials"](event, LambdaContext())


@pytest.fixture
def function(stand_ins: StandIns) -> Iterator[Function]:
    client = stand_ins.secretsmanager()
    client.create_secret(Name="roomkey/test/account", SecretString=json.dumps(ACCOUNT))
    accounts = {ACCOUNT["accountKey"]: ACCOUNT["accountSecret"]}
    opentok = OpenTokStandIn(projects={API_KEY: API_SECRET}, accounts=accounts)
    with HttpServer(opentok.wsgi_app) as server:
        gateway = stand_ins.gateway(OPENTOK_API_URL=server.url, ROTATION_DAYS="30")
        function = gateway.app.handler_map["rotate_credentials"]
        region = client.meta.region_name
        yield Function(
            gateway,
            SecretRotation(SECRET_ID, region, lambda event: function(event, LambdaContext())),
        )
    opentok.stop()


def test_only_a_stage_that_rotates_has_the_function(stand_ins: StandIns) -> None:
    assert "rotate_credentials" not in app.handler_map
    assert "rotate_credentials" not in stand_ins.gateway(ROTATION_DAYS="0").app.handler_map


def test_a_rotation_that_is_switched_on_is_tried_and_changes_nothing(
    function: Function, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    before = stand_ins.secretsmanager().get_secret_value(SecretId=SECRET_ID)["SecretString"]

    function.rotation.try_out()

    (line,) = log_lines(capsys)
    assert (line["method"], line["route"], line["status"]) == ("ROTATION", "testSecret", 200)
    after = stand_ins.secretsmanager().get_secret_value(SecretId=SECRET_ID)["SecretString"]
    assert after == before


def test_a_step_that_fails_is_logged_and_raised_so_that_secrets_manager_ends_the_rotation(
    function: Function, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = json.dumps(ACCOUNT | {"accountSecret": "bad0" * 10})
    stand_ins.secretsmanager().put_secret_value(SecretId="roomkey/test/account", SecretString=wrong)

    with pytest.raises(RotationFailedError, match=r"^testSecret: provider_refused$"):
        function.rotation.try_out()

    (line,) = log_lines(capsys)
    assert (line["status"], line["code"]) == (503, "provider_refused")
    assert "the account's credentials are refused" in line["note"]
    assert "bad0" not in json.dumps(line)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Step": "testSecret"},
        {"Step": "testSecret", "ClientRequestToken": "1", "SecretId": "roomkey/test/other"},
        {"Step": "dropSecret", "ClientRequestToken": "1", "SecretId": ARN},
        {"Step": ["testSecret"], "ClientRequestToken": "1", "SecretId": ARN},
        {"Step": "testSecret", "ClientRequestToken": None, "SecretId": ARN},
    ],
)
def test_an_event_of_somebody_else_is_refused(
    function: Function, capsys: pytest.CaptureFixture[str], event: dict[str, object]
) -> None:
    with pytest.raises(RotationFailedError, match="not_configured"):
        function.call(**event)

    (line,) = log_lines(capsys)
    assert line["code"] == "not_configured"
