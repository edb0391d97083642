"""The demands of an account, as settings."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from deploy.account_settings import AccountSettings, read_account_settings
from deploy.errors import DeployError
from deploy.packaging.demands import add_demands
from deploy.stage import read_stage

BOUNDARY = "arn:aws:iam::123456789012:policy/roomkey-boundary"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/0f-1"
NETWORK = {"VPC_SUBNETS": "subnet-0a1, subnet-0b2", "VPC_SECURITY_GROUP": "sg-0a1"}
ENDPOINTS = {"VPC_ID": "vpc-0a1", "VPC_ROUTE_TABLES": "rtb-0a1,rtb-0b2"}
ALL = {
    "PERMISSIONS_BOUNDARY": BOUNDARY,
    "TAGS": "team=video, cost-center=42",
    "KMS_KEY": KEY,
    **NETWORK,
    **ENDPOINTS,
}


def test_an_account_without_settings_demands_nothing() -> None:
    nothing = read_account_settings({})

    assert nothing == AccountSettings()
    assert not any(nothing.parameters.values())
    assert nothing.chalice_config == {}
    assert not any(nothing.demands.values())


def test_each_demand_is_a_parameter_of_the_stack_or_a_part_of_chalices_configuration() -> None:
    demanded = read_account_settings(ALL)

    assert demanded.parameters == {
        "PermissionsBoundary": BOUNDARY,
        "KmsKey": KEY,
        "Subnets": "subnet-0a1,subnet-0b2",
        "SecurityGroup": "sg-0a1",
        "Vpc": "vpc-0a1",
        "RouteTables": "rtb-0a1,rtb-0b2",
    }
    own = read_stage("dev").with_settings(ALL).chalice_config["stages"]["dev"]
    assert own["tags"] == {"team": "video", "cost-center": "42"}
    assert own["subnet_ids"] == ["subnet-0a1", "subnet-0b2"]
    assert own["security_group_ids"] == ["sg-0a1"]
    assert not ALL.keys() & own["environment_variables"].keys()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PERMISSIONS_BOUNDARY": "roomkey-boundary"}, "PERMISSIONS_BOUNDARY is not a policy's"),
        ({"KMS_KEY": "alias/roomkey"}, "KMS_KEY is not a key's ARN, and no alias"),
        ({"TAGS": "video"}, "TAGS must be a list such as team=video"),
        ({"TAGS": "aws:team=video"}, "TAGS must be a list such as team=video"),
        ({"VPC_SUBNETS": "subnet-0a1"}, "VPC_SUBNETS and VPC_SECURITY_GROUP need each other"),
        ({**NETWORK, "VPC_ID": "vpc-0a1"}, "VPC_ID and VPC_ROUTE_TABLES need each other"),
        (ENDPOINTS, "VPC_ID needs VPC_SUBNETS"),
        ({**NETWORK, "VPC_SUBNETS": "10.0.0.0/24"}, "VPC_SUBNETS is not a list such as subnet-"),
    ],
    ids=str,
)
def test_a_demand_that_cannot_be_met_is_named_with_all_other_faults(
    settings: dict[str, str], said: str
) -> None:
    with pytest.raises(DeployError, match=said):
        read_account_settings(settings)
    faults = read_stage("dev").with_settings(settings).faults()
    assert [each for each in faults if said in each]
    assert [each for each in faults if "AUTH_ISSUER is not set" in each]


def sent(demanded: AccountSettings, service: str, operation: str, **given: Any) -> dict[str, Any]:
    """Return the parameters that a call of Chalice's is sent with."""
    session = botocore.session.Session()
    add_demands(session, demanded.demands)
    events: Any = session  # its types know no handler that answers
    found: dict[str, Any] = {}

    def answer(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", 200, HTTPHeaders(), None), {}

    events.register(
        f"before-parameter-build.{service}", lambda params, **_: found.update(params) or None
    )
    events.register(f"before-call.{service}", answer)
    client = session.create_client(
        service,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="a",
    )
    getattr(client, operation)(**given)
    return found


def test_chalices_roles_are_bounded_and_tagged_from_their_creation() -> None:
    demanded = read_account_settings(ALL)
    given = {"RoleName": "roomkey-dev", "AssumeRolePolicyDocument": "{}"}

    assert sent(demanded, "iam", "create_role", **given) == {
        **given,
        "PermissionsBoundary": BOUNDARY,
        "Tags": [{"Key": "team", "Value": "video"}, {"Key": "cost-center", "Value": "42"}],
    }
    assert sent(AccountSettings(), "iam", "create_role", **given) == given


def test_chalices_functions_have_the_key_and_their_policies_what_key_and_network_need() -> None:
    demanded = read_account_settings(ALL)
    function = {"FunctionName": "roomkey-dev"}
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "Rooms"}]}
    given = {"RoleName": "r", "PolicyName": "p", "PolicyDocument": json.dumps(policy)}

    put = sent(demanded, "lambda", "update_function_configuration", **function)
    assert put == {**function, "KMSKeyArn": KEY}
    written = json.loads(sent(demanded, "iam", "put_role_policy", **given)["PolicyDocument"])
    assert [each["Sid"] for each in written["Statement"]] == [
        "Rooms",
        "Key",
        "Network",
        "NotByCode",
    ]
    assert written["Statement"][1]["Resource"] == KEY
    allowed, denied = written["Statement"][2:]
    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert allowed["Action"] == denied["Action"]
    plain = sent(AccountSettings(), "iam", "put_role_policy", **given)
    assert json.loads(plain["PolicyDocument"]) == policy
