"""Rights that CloudFormation uses in its caller's name, by AWS's own description of each type.

cfn-lint carries these descriptions. Each names the actions that create, read, update and delete a
resource, those for properties that our template does not set among them.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.rehearsal.place import ACCOUNT, REGION
from tests.rehearsal.rights import Right
from tests.rehearsal.template import Resource, resources_of

_HANDLERS: Final = {
    "CreateStack": ("create", "read"),
    "UpdateStack": ("create", "read", "update", "delete"),
    "DeleteStack": ("read", "delete"),
}
"""An update may bring and take away resources, as conditions turn."""

NOT_OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Budgets::Budget": ("billing:*",),
    "AWS::DynamoDB::Table": (
        "dynamodb:*Import*",
        "dynamodb:*Item",
        "dynamodb:*Replica",
        "dynamodb:*ableKinesis*",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteResourcePolicy",
        "dynamodb:PutResourcePolicy",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateContributorInsights",
        "dynamodb:UpdateKinesis*",
        "iam:*",
        "kinesis:*",
        "kms:ListAliases",
        "kms:RevokeGrant",
        "logs:*",
        "s3:*",
    ),
    "AWS::EC2::SecurityGroup": ("ec2:*Egress",),
    "AWS::EC2::VPCEndpoint": ("vpc-lattice:*", "vpce:*"),
    "AWS::IAM::Role": (
        "iam:AttachRolePolicy",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DetachRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole*",
    ),
    "AWS::IAM::User": (
        "iam:*Group",
        "iam:AttachUserPolicy",
        "iam:CreateLoginProfile",
        "iam:DeleteLoginProfile",
        "iam:DeleteUserPermissionsBoundary",
        "iam:DetachUserPolicy",
        "iam:UpdateLoginProfile",
        "iam:UpdateUser",
    ),
    "AWS::Lambda::Function": (
        "elasticfilesystem:*",
        "lambda:*CodeSigningConfig",
        "lambda:*FunctionConcurrency",
        "lambda:AssociateRuntimeAlias",
        "lambda:GetLayerVersion",
        "lambda:PassCapacityProvider",
        "lambda:PublishVersion",
        "lambda:PutFunctionRecursionConfig",
        "lambda:PutFunctionScalingConfig",
        "lambda:PutRuntimeManagementConfig",
        "s3*",
    ),
    "AWS::Logs::LogGroup": (
        "firehose:*",
        "logs:CreateLogDelivery",
        "logs:DeleteDataProtectionPolicy",
        "logs:DeleteIndexPolicy",
        "logs:DeleteResourcePolicy",
        "logs:DeleteRetentionPolicy",
        "logs:DisassociateKmsKey",
        "logs:PutBearerTokenAuthentication",
        "logs:PutDataProtectionPolicy",
        "logs:PutIndexPolicy",
        "logs:PutLogGroupDeletionProtection",
        "logs:PutResourcePolicy",
        "s3:*",
    ),
    "AWS::S3::Bucket": (
        "iam:*",
        "s3:*Abac",
        "s3:*Acl",
        "s3:*MetadataTable*",
        "s3:*Metadata*Table*",
        "s3:Delete*Cors",
        "s3:DeleteBucket?*",
        "s3:DeleteObject",
        "s3:Put*Accelerate*",
        "s3:Put*Analytics*",
        "s3:Put*CORS",
        "s3:Put*IntelligentTiering*",
        "s3:Put*Inventory*",
        "s3:Put*Logging",
        "s3:Put*Metrics*",
        "s3:Put*Notification",
        "s3:Put*ObjectLock*",
        "s3:Put*Replication*",
        "s3:Put*Website",
        "s3tables:*",
    ),
    "AWS::SNS::Topic": ("iam:*", "sns:PutDataProtectionPolicy", "sns:Subscribe", "sns:Unsubscribe"),
    "AWS::SecretsManager::Secret": (
        "secretsmanager:GetRandomPassword",
        "secretsmanager:RemoveRegionsFromReplication",
        "secretsmanager:ReplicateSecretToRegions",
    ),
}
"""The actions by type that serve properties which our template does not set, or which nobody is to
have: a boundary is not taken off by a deployment."""

_PLACE: Final = f"{REGION}:{ACCOUNT}"
_ARNS: Final = {
    "AWS::Budgets::Budget": f"arn:aws:budgets::{ACCOUNT}:budget/{{Budget[BudgetName]}}",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{_PLACE}:alarm:{{AlarmName}}",
    "AWS::CloudWatch::Dashboard": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{{DashboardName}}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{_PLACE}:table/{{TableName}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{stack}}-{{id}}-A1B2C3",
    "AWS::IAM::User": f"arn:aws:iam::{ACCOUNT}:user/{{UserName}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_PLACE}:function:{{FunctionName}}",
    "AWS::Lambda::Permission": f"arn:aws:lambda:{_PLACE}:function:{{stack}}-copy_audit",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_PLACE}:log-group:{{LogGroupName}}:*",
    "AWS::Logs::LogStream": f"arn:aws:logs:{_PLACE}:log-group:/roomkey/{{stage}}/audit:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{BucketName}",
    "AWS::S3::BucketPolicy": "arn:aws:s3:::{stack}-bucket",
    "AWS::SNS::Topic": f"arn:aws:sns:{_PLACE}:{{TopicName}}",
    "AWS::SNS::TopicPolicy": f"arn:aws:sns:{_PLACE}:{{stack}}-alarms",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{_PLACE}:secret:{{Name}}-a1B2c3",
}
WITHOUT_RESOURCE: Final = (
    "ec2:Describe*",
    "logs:*QueryDefinition*",
    "logs:DescribeIndexPolicies",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "route53:*",
)
"""Actions that AWS lets nobody narrow to resources."""
_PRIVATE_NAMES: Final = "route53:AssociateVPCWithHostedZone"
"""An endpoint's private names need it, by EC2's reference of actions. The type does not list it."""


def stack_needs(operation: str, given: Mapping[str, str]) -> Iterator[Right]:
    """Yield the rights that a call to CloudFormation needs beyond its own.

    Args:
        operation: Such as `CreateStack`.
        given: The parameters of the stack.
    """
    stack = {"stage": given["Stage"], "stack": f"roomkey-{given['Stage']}"}
    for resource in resources_of(given):
        for action in sorted(set(_actions(resource, operation))):
            yield from _rights(action, resource, stack, given)


def _actions(resource: Resource, operation: str) -> Iterator[str]:
    handlers = handlers_of(resource.type)
    for handler in _HANDLERS[operation]:
        for action in handlers.get(handler, ()):
            unused = any(fnmatchcase(action, each) for each in NOT_OURS.get(resource.type, ()))
            if not unused and _is_set(resource, action):
                yield action
    if resource.properties.get("PrivateDnsEnabled"):
        yield _PRIVATE_NAMES


def _is_set(resource: Resource, action: str) -> bool:
    """Return False for an action of a property that is not set here."""
    text = str(resource.properties)
    match action.partition(":")[0], action:
        case "kms", _:
            return "arn:aws:kms:" in text
        case "ec2", _ if resource.type == "AWS::Lambda::Function":
            return "VpcConfig" in resource.properties
        case _, "iam:PutRolePermissionsBoundary" | "iam:PutUserPermissionsBoundary":
            return "PermissionsBoundary" in resource.properties
        case _, "logs:AssociateKmsKey":
            return "KmsKeyId" in resource.properties
        case _:
            return True


@cache
def handlers_of(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Return the actions of each handler of a resource's type."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    handlers = schema["handlers"].items()
    return {name: tuple(each["permissions"]) for name, each in handlers}


def _rights(
    action: str, resource: Resource, stack: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[Right]:
    if action in _OF_EC2:
        # AWS judges each thing that a call names.
        for kind in _OF_EC2[action]:
            yield Right(action, f"arn:aws:ec2:{_PLACE}:{kind}/made")
    else:
        yield _right(action, resource, stack, given)


def _right(
    action: str, resource: Resource, stack: Mapping[str, str], given: Mapping[str, str]
) -> Right:
    boundary = {"iam:PermissionsBoundary": given.get("PermissionsBoundary", "")}
    if any(fnmatchcase(action, each) for each in WITHOUT_RESOURCE):
        return Right(action, "*")
    if action == "iam:PassRole":
        role = _ARNS["AWS::IAM::Role"].format(id="AuditCopierRole", **stack)
        return Right(action, role, {"iam:PassedToService": "lambda.amazonaws.com"})
    if action.startswith("kms:"):
        service = resource.type.split("::")[1].lower()
        return Right(
            action, given["KmsKey"], {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
        )
    arn = _ARNS[resource.type].format(id=resource.id, **stack, **resource.properties)
    return Right(action, arn, boundary if action.startswith("iam:") else {})


_GROUP: Final = ("security-group",)
_OF_EC2: Final = {
    "ec2:AuthorizeSecurityGroupIngress": _GROUP,
    "ec2:CreateSecurityGroup": (*_GROUP, "vpc"),
    "ec2:CreateTags": (*_GROUP, "vpc-endpoint"),
    "ec2:CreateVpcEndpoint": (*_GROUP, "route-table", "subnet", "vpc", "vpc-endpoint"),
    "ec2:DeleteSecurityGroup": _GROUP,
    "ec2:DeleteTags": (*_GROUP, "vpc-endpoint"),
    "ec2:DeleteVpcEndpoints": ("vpc-endpoint",),
    "ec2:ModifyVpcEndpoint": (*_GROUP, "route-table", "subnet", "vpc-endpoint"),
    "ec2:RevokeSecurityGroupIngress": _GROUP,
    "ec2:UpdateSecurityGroupRuleDescriptionsIngress": _GROUP,
}
