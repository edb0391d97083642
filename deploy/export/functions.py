"""The functions of an export, with their roles, logs, limits and schedules."""

from collections.abc import Iterator
from typing import Any, Final

from chalice.deploy import models
from chalice.utils import to_cfn_resource_name

from deploy.aws.audit import FILTER_NAME, FILTER_PATTERN
from deploy.aws.schedules import LONGEST_WAIT_SECONDS, MOST_RETRIES
from deploy.export.plan import PlannedFunction
from deploy.settings.names import SECRET_SETTINGS
from deploy.stage import API_FUNCTION, Stage

ZIP: Final = "deployment.zip"
"""The package's name in an export."""
RESERVE: Final = "ReserveConcurrency"
"""The condition, and the parameter, that reserves concurrency for scheduled functions."""
CHALICES_TAG: Final = "aws-chalice"
"""Chalice's tag of its own deployments, which an export is not."""


def logical_name(function: str) -> str:
    """Return the logical name of a function. The API's is the one that Chalice's routes name."""
    name: str = "APIHandler" if function == API_FUNCTION else to_cfn_resource_name(function)
    return name


def secret_parameter(setting: str) -> str:
    """Return the name of the parameter that has a secret setting."""
    return "".join(word.capitalize() for word in setting.split("_"))


def resources_of(planned: PlannedFunction, stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the resources of a function by their logical names."""
    model = planned.model
    name = logical_name(model.resource_name)
    yield f"{name}Role", _role(planned, stage)
    log: dict[str, Any] = {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": f"/aws/lambda/{model.function_name}",
            "RetentionInDays": stage.limits.log_retention_days,
        },
    }
    if stage.account_settings.key:
        log["Properties"]["KmsKeyId"] = {"Ref": "KmsKey"}
    if stage.keeps_data:
        log |= {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    yield f"{name}Log", log
    yield name, _function(planned, stage)
    yield f"{name}Audit", _audit_filter(name)
    if model.function_name in stage.at_once:
        yield f"{name}Starts", _starts(name)
    for number, schedule in enumerate(planned.schedules):
        yield from _schedule(f"{name}Schedule{number or ''}", name, schedule)


def _role(planned: PlannedFunction, stage: Stage) -> dict[str, Any]:
    role, demanded = planned.role, stage.account_settings
    statements = [*planned.policy["Statement"], *demanded.statements]
    policy = {**planned.policy, "Statement": statements}
    properties: dict[str, Any] = {
        "RoleName": role.role_name,
        "AssumeRolePolicyDocument": role.trust_policy,
        "Policies": [{"PolicyName": role.role_name, "PolicyDocument": policy}],
    }
    if demanded.boundary:
        properties["PermissionsBoundary"] = {"Ref": "PermissionsBoundary"}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _function(planned: PlannedFunction, stage: Stage) -> dict[str, Any]:
    model = planned.model
    name = logical_name(model.resource_name)
    properties: dict[str, Any] = {
        "FunctionName": model.function_name,
        "Runtime": f"python{stage.python}",
        "Handler": model.handler,
        "Code": f"./{ZIP}",
        "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
        "MemorySize": model.memory_size,
        "Timeout": model.timeout,
        "Architectures": [model.architecture],
        "Environment": {
            "Variables": {
                setting: {"Ref": secret_parameter(setting)} if setting in SECRET_SETTINGS else value
                for setting, value in model.environment_variables.items()
            }
        },
    }
    tags = [{"Key": key, "Value": value} for key, value in model.tags.items()]
    if own := [each for each in tags if each["Key"] != CHALICES_TAG]:
        properties["Tags"] = own
    if stage.account_settings.key:
        properties["KmsKeyArn"] = {"Ref": "KmsKey"}
    if model.subnet_ids:
        properties["VpcConfig"] = {
            "SubnetIds": list(model.subnet_ids),
            "SecurityGroupIds": list(model.security_group_ids),
        }
    if model.function_name in stage.at_once:
        properties["ReservedConcurrentExecutions"] = {
            "Fn::If": [RESERVE, stage.at_once[model.function_name], {"Ref": "AWS::NoValue"}]
        }
    # A function may write to its log group, and not make one.
    return {"Type": "AWS::Lambda::Function", "DependsOn": [f"{name}Log"], "Properties": properties}


def _audit_filter(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Logs::SubscriptionFilter",
        "DependsOn": ["AuditCopierPermission"],
        "Properties": {
            "FilterName": FILTER_NAME,
            "LogGroupName": {"Ref": f"{name}Log"},
            "FilterPattern": FILTER_PATTERN,
            "DestinationArn": {"Fn::GetAtt": ["AuditCopier", "Arn"]},
        },
    }


def _starts(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": name},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": MOST_RETRIES,
            "MaximumEventAgeInSeconds": LONGEST_WAIT_SECONDS,
        },
    }


def _schedule(
    rule: str, name: str, schedule: models.ScheduledEvent
) -> Iterator[tuple[str, dict[str, Any]]]:
    function = {"Fn::GetAtt": [name, "Arn"]}
    yield (
        rule,
        {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Name": schedule.rule_name,
                "ScheduleExpression": schedule.schedule_expression,
                "Targets": [{"Id": "1", "Arn": function}],
            },
        },
    )
    yield (
        f"{rule}Permission",
        {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": name},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": {"Fn::GetAtt": [rule, "Arn"]},
            },
        },
    )
