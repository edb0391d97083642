"""The rights that an operator's calls need, and whether policies give them, as IAM judges."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from deploy.stage import PROJECT
from tests.rehearsal.aws_calls import AwsCall
from tests.rehearsal.place import ACCOUNT, REGION
from tests.rehearsal.policies import needs

_PLACE: Final = f"{REGION}:{ACCOUNT}"
_FREE: Final = frozenset({"sts:GetCallerIdentity"})
"""Actions that IAM lets everybody do."""
_NAMED_OTHERWISE: Final = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:DeleteObjects": "s3:DeleteObject",
}
"""Operations of S3 whose action has another name."""


@dataclass(frozen=True)
class Right:
    """An action on a resource, with what IAM's conditions are judged by."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class Statement:
    """One action and one resource of a policy, with the statement's conditions and its name."""

    sid: str
    action: str
    resource: str
    conditions: Mapping[str, Mapping[str, Any]]

    def gives(self, right: Right) -> bool:
        return (
            fnmatchcase(right.action, self.action)
            and fnmatchcase(right.resource, self.resource)
            and all(
                _holds(operator, right.context.get(key), _listed(wanted))
                for operator, keys in self.conditions.items()
                for key, wanted in keys.items()
            )
        )


def statements_of(policy: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield each action of a policy with each of its resources."""
    for each in policy["Statement"]:
        if each["Effect"] != "Allow" or set(each) - _UNDERSTOOD:
            raise ValueError(f"no statement of ours: {each}")
        for action in _listed(each["Action"]):
            for resource in _listed(each["Resource"]):
                yield Statement(each["Sid"], action, resource, each.get("Condition", {}))


@cache
def policy(name: str) -> dict[str, Any]:
    """Return the policy of this name in `deploy`."""
    content: dict[str, Any] = json.loads((PROJECT / "deploy" / f"{name}.json").read_text("utf-8"))
    return content


def statements(name: str) -> tuple[Statement, ...]:
    """Return the statements of a policy, each with one action and one resource."""
    return tuple(statements_of(policy(name)))


_UNDERSTOOD: Final = {"Sid", "Effect", "Action", "Resource", "Condition"}


def _holds(operator: str, value: str | None, wanted: Sequence[str]) -> bool:
    if operator == "StringEquals":
        return value in wanted
    if operator == "StringLike":
        return value is not None and any(fnmatchcase(value, each) for each in wanted)
    raise ValueError(f"no condition of ours: {operator}")


@dataclass
class Known:
    """The facts of earlier calls by which IAM and KMS judge later ones."""

    boundaries: dict[str, str] = field(default_factory=dict)
    """The permissions boundary of each role and user that has one."""
    keys: dict[str, str] = field(default_factory=dict)
    """The key of each stage that has one of its own."""


def operators_needs(call: AwsCall, known: Known) -> Iterator[Right]:
    """Yield the rights that a call by an operator needs."""
    if call.action in _FREE:
        return
    for right in _of_service(call, known):
        yield right
        stage = _OF_A_STAGE.search(right.resource)
        key = known.keys.get(stage[1], "") if stage else ""
        if key and right.action in _WITH_KEY:
            via = {"kms:ViaService": f"{call.service}.{REGION}.amazonaws.com"}
            yield Right(f"kms:{_WITH_KEY[right.action]}", key, via)


_OF_A_STAGE: Final = re.compile(r"roomkey[-/]([a-z0-9]+)[-/]")
_WITH_KEY: Final = {
    "secretsmanager:CreateSecret": "GenerateDataKey",
    "secretsmanager:GetSecretValue": "Decrypt",
    "secretsmanager:PutSecretValue": "GenerateDataKey",
    "s3:GetObject": "Decrypt",
    "s3:PutObject": "GenerateDataKey",
}
"""The use of a key that these make, by its action in KMS."""


def _of_service(call: AwsCall, known: Known) -> Iterator[Right]:
    match call.service:
        case "dynamodb" | "secretsmanager" if "Name" not in call.parameters:
            yield from (Right(*each) for each in needs(call, REGION, ACCOUNT))
            if call.operation == "RotateSecret":
                # AWS demands that the caller may call the function, which Secrets Manager calls.
                yield Right("lambda:InvokeFunction", call.parameters["RotationLambdaARN"])
        case "secretsmanager":
            name = call.parameters["Name"]
            yield Right(call.action, f"arn:aws:secretsmanager:{_PLACE}:secret:{name}-a1B2c3")
        case "s3":
            yield from _of_s3(call)
        case "lambda":
            yield from _of_lambda(call)
        case "apigateway":
            yield Right(f"apigateway:{call.method}", f"arn:aws:apigateway:{REGION}::{call.path}")
        case "iam":
            yield _of_iam(call, known)
        case "cloudformation" if any(each.startswith("Tags.") for each in call.parameters):
            yield Right(call.action, _stack(call.parameters))
            yield Right("cloudformation:TagResource", _stack(call.parameters))
        case _:
            yield Right(call.action, _NAMED[call.service](call.parameters))


def _log_group(parameters: Mapping[str, Any]) -> str:
    name = parameters.get("logGroupName") or parameters.get("resourceArn", "").split(":")[-1]
    return f"arn:aws:logs:{_PLACE}:log-group:{name}:*" if name else "*"


def _rule(parameters: Mapping[str, Any]) -> str:
    name = parameters.get("Name") or parameters.get("Rule")
    return str(parameters.get("ResourceARN") or f"arn:aws:events:{_PLACE}:rule/{name}")


def _stack(parameters: Mapping[str, Any]) -> str:
    return f"arn:aws:cloudformation:{_PLACE}:stack/{parameters['StackName']}/a1b2"


_NAMED: Final = {"cloudformation": _stack, "events": _rule, "logs": _log_group}


def _of_s3(call: AwsCall) -> Iterator[Right]:
    action = _NAMED_OTHERWISE.get(call.action, call.action)
    if action == "s3:DeleteObject" and "versionId" in call.parameters:
        action = "s3:DeleteObjectVersion"
    path = call.path.strip("/")
    yield Right(action, f"arn:aws:s3:::{path}")
    if action == "s3:GetObject":
        # Without it, S3 answers 403 for an object that is not there.
        yield Right("s3:ListBucket", f"arn:aws:s3:::{path.partition('/')[0]}")


def _of_lambda(call: AwsCall) -> Iterator[Right]:
    named = call.parameters.get("FunctionName") or call.path.split("/")[3]
    name = str(named).rpartition(":")[2]
    function = f"arn:aws:lambda:{_PLACE}:function:{name}"
    yield Right(call.action, function)
    role = call.parameters.get("Role")
    if role is not None:
        yield Right("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})
    if call.operation == "CreateFunction" and call.parameters.get("Tags"):
        yield Right("lambda:TagResource", function)
    if call.parameters.get("VpcConfig", {}).get("SubnetIds"):
        for kind in ("SecurityGroups", "Subnets", "Vpcs"):
            yield Right(f"ec2:Describe{kind}", "*")
    if key := call.parameters.get("KMSKeyArn"):
        via = {"kms:ViaService": f"lambda.{REGION}.amazonaws.com"}
        for action in ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"):
            yield Right(f"kms:{action}", key, via)


def _of_iam(call: AwsCall, known: Known) -> Right:
    kind = "role" if "RoleName" in call.parameters else "user"
    name = call.parameters["RoleName" if kind == "role" else "UserName"]
    boundary = call.parameters.get("PermissionsBoundary") or known.boundaries.get(name, "")
    arn = f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
    return Right(call.action, arn, {"iam:PermissionsBoundary": boundary})


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
