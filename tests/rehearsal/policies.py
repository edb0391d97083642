"""The permissions of a function's policy, judged as IAM judges them."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from tests.rehearsal.aws_calls import AwsCall

_WITHIN_TRANSACTIONS: Final = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


def statements(policy: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each action that a policy allows, with each resource of the permission.

    A refusal with a condition concerns what the functions' code never does.
    """
    for statement in policy["Statement"]:
        if statement["Effect"] == "Deny" and "Condition" in statement:
            continue
        if statement["Effect"] != "Allow" or set(statement) - _UNDERSTOOD:
            raise ValueError(f"no statement of ours: {statement}")
        for action in _list(statement["Action"]):
            for resource in _list(statement["Resource"]):
                yield action, resource


_UNDERSTOOD: Final = {"Sid", "Effect", "Action", "Resource"}


def allowed_by(policy: Mapping[str, Any], needed: tuple[str, str]) -> bool:
    """Return True if a policy allows this action on this resource."""
    return any(
        fnmatchcase(needed[0], action) and fnmatchcase(needed[1], resource)
        for action, resource in statements(policy)
    )


def needs(call: AwsCall, region: str, account: str) -> list[tuple[str, str]]:
    """Return the permissions that a call needs: actions, each with its resource."""
    place = f"{region}:{account}"
    if call.service == "secretsmanager":
        # AWS adds six characters to a secret's ARN, and no policy can know these in advance.
        secret = f"arn:aws:secretsmanager:{place}:secret:{call.parameters['SecretId']}-a1B2c3"
        return [(call.action, secret)]
    if call.service == "s3":
        return [(call.action, f"arn:aws:s3:::{call.path.lstrip('/')}")]
    if call.service != "dynamodb":
        return [_invocation(call, place) if call.operation == "Invoke" else (call.action, "*")]
    table = f"arn:aws:dynamodb:{place}:table/"
    match call.operation:
        case "TransactWriteItems" | "TransactGetItems":
            # A transaction needs the permissions of its members.
            return [
                (f"dynamodb:{_WITHIN_TRANSACTIONS[kind]}", table + content["TableName"])
                for member in call.parameters["TransactItems"]
                for kind, content in member.items()
            ]
        case "BatchGetItem" | "BatchWriteItem":
            return [(call.action, table + name) for name in call.parameters["RequestItems"]]
        case _:
            index = call.parameters.get("IndexName")
            name = call.parameters["TableName"]
            return [(call.action, table + name + (f"/index/{index}" if index else ""))]


def _invocation(call: AwsCall, place: str) -> tuple[str, str]:
    name = call.path.split("/")[3]
    return "lambda:InvokeFunction", f"arn:aws:lambda:{place}:function:{name}"


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
