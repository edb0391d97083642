"""The policies of those who deploy and operate stages, and the boundary of what stages have."""

import json
import re
from fnmatch import fnmatchcase

import pytest

from deploy.account_settings import read_account_settings
from deploy.stage import PROJECT, ROTATION
from tests.rehearsal.policies import allowed_by
from tests.rehearsal.policies import statements as rights_of
from tests.rehearsal.rights import policy, statements
from tests.rehearsal.template import resources_of

DEPLOYERS = ["deployer-policy", "deployer-policy-kms", "deployer-policy-vpc"]
NAMES = [*DEPLOYERS, "operator-policy", "boundary-policy"]
LONGEST_MANAGED_POLICY = 6144
WITHOUT_RESOURCE = re.compile(
    r"logs:\w+(QueryDefinitions?|LogGroups|IndexPolicies|ResourcePolicies)$"
    r"|ec2:Describe|route53:Associate"
    r"|cloudwatch:GetMetricData|s3:ListAllMyBuckets"
)
OF_THE_NETWORK = re.compile(r"ec2:\w+(NetworkInterface|PrivateIpAddresses)s?")
WITH_PARTS_OF_NAMES = {"s3:GetBucket*", "s3:Get*Configuration"}
"""CloudFormation reads each property of a bucket, and AWS adds new ones."""
FOREIGN = (
    "arn:*:apigateway:*::/restapis",
    "arn:*:apigateway:*::/restapis/*",
    "arn:*:apigateway:*::/tags/*",
    "arn:*:ec2:*:*:route-table/*",
    "arn:*:ec2:*:*:security-group/*",
    "arn:*:ec2:*:*:subnet/*",
    "arn:*:ec2:*:*:vpc-endpoint/*",
    "arn:*:ec2:*:*:vpc/*",
    "arn:*:kms:*:*:key/*",
)
"""Resources whose names are not ours to choose, so that no policy can tell them from others."""
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
ALL = {
    "KMS_KEY": KEY,
    "VPC_SUBNETS": "subnet-0a1",
    "VPC_SECURITY_GROUP": "sg-0a1",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_fits_into_what_iam_takes(name: str) -> None:
    assert len(json.dumps(policy(name), separators=(",", ":"))) <= LONGEST_MANAGED_POLICY


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_names_its_actions_and_resources_of_roomkey_alone(name: str) -> None:
    for each in statements(name):
        assert "*" not in each.action or each.action in WITH_PARTS_OF_NAMES, each
        if each.resource == "*":
            assert WITHOUT_RESOURCE.match(each.action) or OF_THE_NETWORK.match(each.action), each
        else:
            assert re.search(r"[:/]roomkey[-/]", each.resource) or each.resource in FOREIGN, each


@pytest.mark.parametrize("name", NAMES)
def test_a_policys_actions_are_sorted_and_said_once(name: str) -> None:
    for each in policy(name)["Statement"]:
        actions = each["Action"]
        assert isinstance(actions, str) or actions == sorted(set(actions))


@pytest.mark.parametrize("name", NAMES)
def test_nobody_who_deploys_makes_a_principal_that_is_not_bounded(name: str) -> None:
    boundary = {"StringLike": {"iam:PermissionsBoundary": "arn:*:iam::*:policy/roomkey-boundary"}}
    for each in statements(name):
        verb = each.action.partition(":")[2]
        if each.action.startswith("iam:") and re.match("(Create(Role|User)|Put|Attach)", verb):
            assert each.conditions == boundary, each
        assert verb not in {"DeleteRolePermissionsBoundary", "DeleteUserPermissionsBoundary"}
        assert verb not in {"CreatePolicyVersion", "SetDefaultPolicyVersion"}
        assert verb not in {"UpdateAssumeRolePolicy", "AttachRolePolicy"}


def test_a_role_is_passed_to_lambda_alone_and_a_key_used_through_services_alone() -> None:
    for name in DEPLOYERS:
        for each in statements(name):
            if each.action == "iam:PassRole":
                wanted = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
                assert each.conditions == wanted
            if each.action.startswith("kms:"):
                assert set(each.conditions) == {"StringLike"}
                assert set(each.conditions["StringLike"]) == {"kms:ViaService"}


def test_a_deployer_may_call_the_function_that_rotates_as_aws_demands_and_no_other() -> None:
    calling = "lambda:InvokeFunction"
    given = [each for name in DEPLOYERS for each in statements(name)]
    called = [each.resource for each in given if each.action == calling]
    assert called == [f"arn:*:lambda:*:*:function:roomkey-*-{ROTATION}"]


def test_the_boundary_allows_all_that_each_functions_policy_allows() -> None:
    boundary = policy("boundary-policy")
    for path in sorted((PROJECT / ".chalice").glob("policy-*.json")):
        for action, resource in rights_of(json.loads(path.read_text())):
            assert allowed_by(boundary, (action, resource)), (path.name, action, resource)


def test_the_boundary_allows_what_the_stack_and_the_account_demand_in_addition() -> None:
    boundary = policy("boundary-policy")
    wanted = [
        *rights_of({"Statement": read_account_settings(ALL).statements}),
        *(
            right
            for each in resources_of(
                {
                    "Stage": "dev",
                    "KmsKey": KEY,
                    "SecurityGroup": "sg-1",
                    "ArchiveBucket": "roomkey-dev-archives-1",
                }
            )
            for inline in each.properties.get("Policies", ())
            for right in rights_of(inline["PolicyDocument"])
        ),
    ]
    named = {
        "<Archives.Arn>": "arn:aws:s3:::roomkey-dev-archives-1",
        "<Archives.Arn>/*": "arn:aws:s3:::roomkey-dev-archives-1/*",
        "<AuditLog.Arn>": "arn:aws:logs:eu-west-1:1:log-group:/roomkey/dev/audit:*",
        "<AuditCopierLog.Arn>": "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/roomkey-dev-c:*",
    }
    assert len(wanted) > 15
    for action, resource in wanted:
        assert allowed_by(boundary, (action, named.get(resource, resource))), (action, resource)


def test_the_boundary_leaves_out_what_no_function_does() -> None:
    boundary = policy("boundary-policy")
    for action, resource in (
        ("iam:CreateUser", "arn:aws:iam::1:user/mallory"),
        ("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-west-1:1:table/roomkey-prod-rooms"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:1:secret:other-a1B2c3"),
        ("s3:GetObject", "arn:aws:s3:::payroll/2026.csv"),
    ):
        assert not allowed_by(boundary, (action, resource))


def test_an_operator_deploys_nothing_and_a_deployer_reads_no_room() -> None:
    operator = {each.action for each in statements("operator-policy")}
    deployer = {each.action for each in statements("deployer-policy")}

    assert not [each for each in operator if re.match(r"(iam|lambda|events):(?!Get|List)", each)]
    assert not [
        each
        for each in deployer
        if fnmatchcase(each, "dynamodb:*Item") or each in {"dynamodb:Query", "dynamodb:Scan"}
    ]
