import ast
import json
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from deploy.rehearsal.aws_calls import AwsCall
from deploy.rehearsal.policies import allowed_by, needs, statements
from deploy.stage import PROJECT

STAGES = ["dev", "prod"]
TRANSACTION = {
    "TransactItems": [
        {"Put": {"TableName": "roomkey-dev-rooms"}},
        {"ConditionCheck": {"TableName": "roomkey-dev-rooms"}},
    ]
}


def policy_of(stage: str) -> Any:
    return json.loads((PROJECT / ".chalice" / f"policy-{stage}.json").read_text())


def actions_of(policy: Any) -> set[str]:
    return {action for action, _ in statements(policy)}


def actions_in_the_code() -> set[str]:
    """What the adapters ask DynamoDB and Secrets Manager for, and their transactions' members."""
    methods = {}
    for service in ("dynamodb", "secretsmanager"):
        model = botocore.session.get_session().get_service_model(service)
        for name in model.operation_names:
            methods[xform_name(name)] = f"{service}:{name}"
    members = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
    members["ConditionCheck"] = "ConditionCheckItem"
    found = set()
    for path in (PROJECT / "chalicelib" / "adapters").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in methods:
                found.add(methods[node.attr])
            elif isinstance(node, ast.Dict):
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                found |= {f"dynamodb:{members[str(key)]}" for key in keys & set(members)}
    return found - {"dynamodb:TransactWriteItems", "dynamodb:TransactGetItems"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_policy_allows_what_the_code_calls_and_nothing_else(stage: str) -> None:
    allowed = {each for each in actions_of(policy_of(stage)) if not each.startswith("logs:")}

    assert allowed == actions_in_the_code()


@pytest.mark.parametrize("stage", STAGES)
def test_a_policy_names_no_action_by_wildcard_and_only_the_stages_resources(stage: str) -> None:
    for action, resource in statements(policy_of(stage)):
        assert "*" not in action
        assert f"roomkey-{stage}" in resource or f"roomkey/{stage}/" in resource
        assert not resource.endswith(f"roomkey-{stage}*")


def test_the_stages_policies_differ_in_nothing_but_the_stage() -> None:
    dev, prod = (json.dumps(policy_of(stage)) for stage in STAGES)

    assert dev.replace("dev", "prod") == prod


def test_a_transaction_needs_what_its_members_need() -> None:
    call = AwsCall("function", "dynamodb", "TransactWriteItems", "/", TRANSACTION)

    assert [action for action, _ in needs(call, "eu-west-1", "1")] == [
        "dynamodb:PutItem",
        "dynamodb:ConditionCheckItem",
    ]


def test_a_policy_does_not_reach_into_another_stage() -> None:
    table = "arn:aws:dynamodb:eu-west-1:1:table/roomkey-prod-rooms"

    assert allowed_by(policy_of("prod"), ("dynamodb:GetItem", table))
    assert not allowed_by(policy_of("dev"), ("dynamodb:GetItem", table))
    assert not allowed_by(policy_of("prod"), ("dynamodb:Scan", table))
