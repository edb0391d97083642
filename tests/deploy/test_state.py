import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from deploy.account import Account
from deploy.stage import Stage, read_stage
from deploy.state import DeployedState
from tests.support.servers.stand_ins import StandIns

BUCKET = "roomkey-dev-state"
REGION = "eu-west-1"
ACCOUNT = "123456789012"


def deployed_in(account: str) -> str:
    arn = f"arn:aws:lambda:{REGION}:{account}:function:roomkey-dev"
    return json.dumps({"resources": [{"name": "api_handler", "lambda_arn": arn}]})


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage("dev", read_stage("dev").config, tmp_path)


@pytest.fixture
def state(stage: Stage, stand_ins: StandIns) -> Iterator[DeployedState]:
    client = boto3.client("s3", endpoint_url=stand_ins.aws_server.url)
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    opened = DeployedState(stage, Account(ACCOUNT, REGION, boto3.Session()), BUCKET, client)
    yield opened
    if client.list_buckets()["Buckets"]:
        opened.delete()
        client.delete_bucket(Bucket=BUCKET)
    client.close()


def put_here(stage: Stage, content: str) -> None:
    stage.deployed_file.parent.mkdir(parents=True, exist_ok=True)
    stage.deployed_file.write_text(content)


def test_a_stage_that_was_never_deployed_has_no_state(stage: Stage, state: DeployedState) -> None:
    assert not state.fetch()
    assert not stage.deployed_file.exists()


def test_the_buckets_state_counts_whatever_lies_here(stage: Stage, state: DeployedState) -> None:
    put_here(stage, deployed_in(ACCOUNT))
    state.store()
    put_here(stage, "something else")

    assert state.fetch()
    assert stage.deployed_file.read_text() == deployed_in(ACCOUNT)


def test_the_state_of_a_plain_chalice_deploy_is_taken_up(
    stage: Stage, state: DeployedState
) -> None:
    put_here(stage, deployed_in(ACCOUNT))

    assert state.fetch()


def test_the_state_of_another_account_is_put_aside(stage: Stage, state: DeployedState) -> None:
    put_here(stage, deployed_in("999999999999"))

    assert not state.fetch()
    assert not stage.deployed_file.exists()


def test_deleting_leaves_a_bucket_that_can_be_deleted(
    stage: Stage, state: DeployedState, stand_ins: StandIns
) -> None:
    put_here(stage, deployed_in(ACCOUNT))
    state.store()
    state.store()

    state.delete()

    client = boto3.client("s3", endpoint_url=stand_ins.aws_server.url)
    client.delete_bucket(Bucket=BUCKET)
    assert not stage.deployed_file.exists()
