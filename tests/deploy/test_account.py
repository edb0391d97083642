"""The AWS account: what is wrong with it is told apart, in words for the operator."""

from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import SSOError, SSOTokenLoadError, UnauthorizedSSOTokenError

from deploy.account import connect
from deploy.errors import DeployError, check_all
from stand_ins.aws.stand_in import AwsStandIn
from stand_ins.http.server import HttpServer
from tests.support.servers.answering_server import Answer, answering_server
from tests.support.servers.raw_server import closed_port

REFUSED = (
    "<ErrorResponse><Error><Code>{}</Code><Message>The token is no good</Message></Error>"
    "</ErrorResponse>"
)
KEYS = {"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "a-s3cret-key"}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Take all AWS settings away, and return what sets some."""
    for name in ("PROFILE", "DEFAULT_PROFILE", "REGION", "DEFAULT_REGION", "ENDPOINT_URL"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in (*KEYS, "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return monkeypatch


def refusal(patch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> str:
    for name, value in environ.items():
        patch.setenv(name, value)
    with pytest.raises(DeployError) as refused:
        connect(environ)
    text = f"{refused.value}\n{refused.value.remedy}"
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in text
    return text


def test_the_account_is_the_one_of_the_credentials(bare: pytest.MonkeyPatch) -> None:
    with HttpServer(AwsStandIn().wsgi_app) as server:
        for name, value in (KEYS | {"AWS_ENDPOINT_URL": server.url}).items():
            bare.setenv(name, value)

        assert connect({"AWS_REGION": "eu-west-1"}).id == "123456789012"
        assert connect({"AWS_REGION": "eu-west-1"}, "us-east-2").region == "us-east-2"


def test_a_network_that_does_not_lead_to_aws_is_no_fault_of_the_credentials(
    bare: pytest.MonkeyPatch,
) -> None:
    with closed_port() as url:
        said = refusal(bare, KEYS | {"AWS_REGION": "eu-wst-1", "AWS_ENDPOINT_URL": url})

    assert said.startswith("AWS cannot be reached: Could not connect")
    assert "that eu-wst-1 is a region" in said
    assert "The credentials were not tried." in said
    assert "does not accept" not in said


def test_a_region_that_is_no_name_is_named(bare: pytest.MonkeyPatch) -> None:
    said = refusal(bare, KEYS | {"AWS_REGION": "eu west 1"})

    assert "AWS cannot be reached" in said
    assert "that eu west 1 is a region" in said


def test_a_profile_that_is_missing_is_named_with_those_that_there_are(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "There are no profiles" in refusal(bare, {"AWS_PROFILE": "wrok"})
    config = "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\n"
    (tmp_path / "AWS_CONFIG_FILE").write_text(config)

    said = refusal(bare, {"AWS_PROFILE": "wrok"})

    assert said.startswith("There is no AWS profile 'wrok'.")
    assert "one of those there are: default, work." in said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("garbage[", "Unable to parse config file"),
        ("[profile work]\ncredential_process = /no/such/program\n", "'/no/such/program'"),
        ("[profile work]\ncredential_process = /dev/null\n", "'/dev/null'"),
    ],
)
def test_a_file_of_aws_that_is_of_no_use_is_named_beside_all_other_faults(
    bare: pytest.MonkeyPatch, tmp_path: Path, config: str, said: str
) -> None:
    (tmp_path / "AWS_CONFIG_FILE").write_text(config)
    bare.setenv("AWS_PROFILE", "work")

    def fail() -> None:
        raise DeployError("Another fault.", "Mend it.")

    with pytest.raises(DeployError) as refused:
        check_all(lambda: connect({"AWS_PROFILE": "work", "AWS_REGION": "eu-west-1"}), fail)
    assert str(refused.value).startswith("2 things are not right.\n\n1. The AWS credentials cannot")
    assert said in str(refused.value)


def test_everything_that_is_missing_is_said_at_once(bare: pytest.MonkeyPatch) -> None:
    said = refusal(bare, {})

    assert said.startswith("2 things are not right.")
    assert "1. No AWS region is set.\nSet AWS_REGION" in said
    assert "2. There are no AWS credentials: " in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", "The AWS credentials have expired."),
        ("InvalidClientTokenId", "AWS does not accept the credentials: "),
        ("InvalidClientTokenId", "has not switched on also answers so: af-south-1."),
        ("SignatureDoesNotMatch", "Check this machine's clock, too."),
    ],
)
def test_what_aws_says_of_the_credentials_is_told_apart(
    bare: pytest.MonkeyPatch, code: str, said: str
) -> None:
    with answering_server(Answer(REFUSED.format(code).encode(), status=403)) as server:
        environ = KEYS | {"AWS_REGION": "af-south-1", "AWS_ENDPOINT_URL": server.url}
        assert said in refusal(bare, environ)


def test_a_sign_in_that_has_ended_is_renewed_by_its_command(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert issubclass(SSOTokenLoadError, SSOError)
    assert issubclass(UnauthorizedSSOTokenError, SSOError)
    bare.setenv("HOME", str(tmp_path))
    (tmp_path / "AWS_CONFIG_FILE").write_text(
        "[profile work]\nregion = eu-west-1\nsso_start_url = https://a.test/start\n"
        "sso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = admin\n"
    )

    assert "aws sso login --profile work" in refusal(bare, {"AWS_PROFILE": "work"})


def test_one_failed_check_is_raised_as_it_is_and_several_with_their_remedies() -> None:
    made: list[int] = []

    def fail(number: int) -> None:
        made.append(number)
        raise DeployError(f"what {number}.", f"remedy {number}.")

    with pytest.raises(DeployError, match=r"^what 1\.$"):
        check_all(lambda: fail(1), lambda: made.append(2))
    with pytest.raises(DeployError) as refused:
        check_all(lambda: fail(1), lambda: None, lambda: fail(3))
    assert str(refused.value) == (
        "2 things are not right.\n\n1. what 1.\nremedy 1.\n\n2. what 3.\nremedy 3."
    )
    assert made == [1, 2, 1, 3]


def test_failed_checks_within_a_check_are_numbered_as_all_others() -> None:
    def fail(number: int) -> None:
        raise DeployError(f"what {number}.", f"remedy {number}.")

    with pytest.raises(DeployError) as refused:
        check_all(lambda: check_all(lambda: fail(1), lambda: fail(2)), lambda: fail(3))
    assert str(refused.value).startswith("3 things are not right.\n\n1. what 1.")
    assert str(refused.value).endswith("2. what 2.\nremedy 2.\n\n3. what 3.\nremedy 3.")
