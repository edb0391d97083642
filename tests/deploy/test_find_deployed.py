"""The deployed URL, which `make callbacks` finds in whichever clone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from deploy.account import Account
from deploy.aws.functions import find_deployed
from deploy.errors import DeployError
from deploy.stage import Stage, read_stage
from deploy.state import DeployedState
from tests.support.servers.stand_ins import StandIns

REGION = "eu-west-1"
BUCKET = "roomkey-dev-state-of-another-clone"
URL = "https://abc.execute-api.eu-west-1.amazonaws.com/api/"
CHALICES_FILE = {
    "resources": [
        {
            "name": "rest_api",
            "resource_type": "rest_api",
            "rest_api_id": "abc",
            "rest_api_url": URL,
        }
    ]
}
STACK = {
    "Resources": {"StateBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}},
    "Outputs": {"StateBucket": {"Value": {"Ref": "StateBucket"}}},
}


@pytest.fixture
def account(stand_ins: StandIns, aws_session: boto3.Session) -> Account:
    assert stand_ins  # which is where the session finds AWS, with nothing left in it
    return Account("123456789012", REGION, aws_session)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage in a clone where nothing was ever deployed."""
    return Stage("dev", read_stage("dev").config, tmp_path / "clone")


@pytest.fixture
def stack(stage: Stage, account: Account) -> Iterator[str]:
    """The stage's stack; its bucket's name."""
    client, s3 = account.session.client("cloudformation"), account.session.client("s3")
    client.create_stack(StackName=stage.stack, TemplateBody=json.dumps(STACK))
    yield BUCKET
    for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    client.delete_stack(StackName=stage.stack)


def test_another_clone_finds_what_one_has_deployed(
    stage: Stage, account: Account, stack: str, tmp_path: Path
) -> None:
    elsewhere = replace(stage, project=tmp_path / "another")
    elsewhere.deployed_file.parent.mkdir(parents=True)
    elsewhere.deployed_file.write_text(json.dumps(CHALICES_FILE))
    DeployedState(elsewhere, account, stack, account.session.client("s3")).store()

    assert find_deployed(stage, account).url == URL


@pytest.mark.parametrize("tool", ["chalice", "terraform"])
def test_an_api_that_no_clone_has_written_down_is_found_in_the_account(
    stage: Stage, account: Account, request: pytest.FixtureRequest, tool: str
) -> None:
    if tool == "chalice":  # Terraform makes no stack.
        request.getfixturevalue("stack")
    client = account.session.client("apigateway")
    api = client.create_rest_api(name="roomkey")["id"]
    (root,) = client.get_resources(restApiId=api)["items"]
    client.put_method(
        restApiId=api, resourceId=root["id"], httpMethod="GET", authorizationType="NONE"
    )
    function = f"arn:aws:lambda:{REGION}:123456789012:function:{stage.function}"
    client.put_integration(
        restApiId=api,
        resourceId=root["id"],
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    try:
        assert find_deployed(stage, account).api_id == api
    finally:
        client.delete_rest_api(restApiId=api)


def test_a_stage_that_is_not_deployed_says_what_to_do(
    stage: Stage, account: Account, request: pytest.FixtureRequest
) -> None:
    for prepare in (lambda: None, lambda: request.getfixturevalue("stack")):
        prepare()
        with pytest.raises(DeployError, match="dev is not deployed") as refusal:
            find_deployed(stage, account)
        assert refusal.value.remedy == "make deploy STAGE=dev"
