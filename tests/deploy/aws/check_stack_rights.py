"""The deployer's policies against AWS's own description of what CloudFormation calls."""

from fnmatch import fnmatchcase

import pytest

from tests.rehearsal.operators import BOUNDARY
from tests.rehearsal.rights import statements
from tests.rehearsal.stack_rights import NOT_OURS, handlers_of, stack_needs
from tests.rehearsal.template import resources_of

PLAIN = {
    "Stage": "prod",
    "Kind": "production",
    "ArchiveBucket": "roomkey-prod-archives-1",
    "MonthlyBudgetUsd": "900",
    "PermissionsBoundary": BOUNDARY,
}
KEY = {"KmsKey": "arn:aws:kms:eu-west-1:123456789012:key/1"}
NETWORK = {
    "Subnets": "subnet-1",
    "SecurityGroup": "sg-1",
    "Vpc": "vpc-1",
    "RouteTables": "rtb-1",
}
OPERATIONS = ["CreateStack", "UpdateStack", "DeleteStack"]
CASES = [
    (PLAIN, ["deployer-policy"]),
    (PLAIN | KEY, ["deployer-policy", "deployer-policy-kms"]),
    (PLAIN | NETWORK, ["deployer-policy", "deployer-policy-vpc"]),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("given", "policies"), CASES, ids=["plain", "key", "network"])
def test_the_policies_give_what_cloudformation_calls(
    operation: str, given: dict[str, str], policies: list[str]
) -> None:
    giving = [each for name in policies for each in statements(name)]
    needed = list(stack_needs(operation, given))

    assert len(needed) > 50
    assert [each for each in needed if not any(one.gives(each) for one in giving)] == []


def test_a_role_without_the_boundary_is_not_made() -> None:
    free = PLAIN | {"PermissionsBoundary": "arn:aws:iam::123456789012:policy/other"}
    giving = statements("deployer-policy")

    refused = {
        each.action
        for each in stack_needs("CreateStack", free)
        if not any(one.gives(each) for one in giving)
    }
    assert refused == {"iam:CreateRole", "iam:CreateUser", "iam:PutRolePolicy", "iam:PutUserPolicy"}


def test_each_exception_is_of_a_type_that_the_stack_has_and_of_an_action_that_it_lists() -> None:
    types = {each.type for each in resources_of(PLAIN | KEY | NETWORK)}
    assert set(NOT_OURS) <= types
    for kind, patterns in NOT_OURS.items():
        listed = {action for actions in handlers_of(kind).values() for action in actions}
        for pattern in patterns:
            assert any(fnmatchcase(action, pattern) for action in listed), (kind, pattern)
