"""A stage is in one region and of one kind, whatever the settings of another command say."""

import json
from io import StringIO

import boto3
import pytest

from deploy.account import Account
from deploy.asking import Terminal
from deploy.aws.region import check_region
from deploy.aws.resources import Resources
from deploy.deployment import Deployment
from deploy.destruction import Destruction
from deploy.errors import DeployError
from deploy.stage import Stage, read_stage
from tests.support.servers.stand_ins import StandIns


@pytest.fixture
def account(stand_ins: StandIns, aws_session: boto3.Session) -> Account:
    assert stand_ins  # which is where the session finds AWS, with nothing left in it
    return Account("123456789012", "eu-west-1", aws_session)


def check(account: Account, stage: Stage) -> None:
    check_region(stage, account, Resources(stage, account.session.client("cloudformation")))


def make_role(account: Account, name: str) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    account.session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)


def stage_named(name: str) -> Stage:
    """Return a stage of its own for each test, because roles are left over."""
    config = read_stage("dev").config
    return Stage(name, {**config, "stages": {name: config["stages"]["dev"]}})


def test_a_stage_that_is_nowhere_may_be_deployed(account: Account) -> None:
    check(account, stage_named("nowhere"))


def test_a_stage_whose_role_is_there_without_a_stack_is_in_another_region(
    account: Account,
) -> None:
    make_role(account, "roomkey-far-api_handler")

    with pytest.raises(DeployError, match="seems to be in another region") as refusal:
        check(account, stage_named("far"))
    assert "make stage NAME=" in refusal.value.remedy
    check(account, stage_named("near"))


def test_a_stage_whose_stack_is_there_is_at_home(account: Account) -> None:
    make_role(account, "roomkey-home-api_handler")
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    account.session.client("cloudformation").create_stack(
        StackName="roomkey-home", TemplateBody=json.dumps(topic)
    )

    check(account, stage_named("home"))


def test_a_stage_that_is_elsewhere_is_neither_deployed_nor_destroyed_here(
    account: Account,
) -> None:
    make_role(account, "roomkey-away-api_handler")
    stage, output = stage_named("away"), StringIO()

    for act in (
        Deployment(stage, account, Terminal(StringIO()), {}, output),
        Destruction(stage, account, {}, output),
    ):
        with pytest.raises(DeployError, match="seems to be in another region"):
            act.run()


def test_a_stage_of_production_is_not_destroyed_as_one_of_development(account: Account) -> None:
    template = {
        "Parameters": {"Kind": {"Type": "String"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    account.session.client("cloudformation").create_stack(
        StackName="roomkey-kept",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Kind", "ParameterValue": "production"}],
    )

    with pytest.raises(DeployError, match="is of production, and STAGE_KIND says development"):
        Destruction(stage_named("kept"), account, {}, StringIO()).run()
