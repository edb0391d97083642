"""The rotation of credentials in an export: the permission, and the schedule once it is wanted."""

from collections.abc import Iterator
from typing import Any, Final

from deploy.export.functions import logical_name
from deploy.stage import ROTATION, Stage

ROTATE: Final = "Rotate"
"""The condition, and the parameter, that switches the rotation on.

Secrets Manager tries the function when the schedule is made. So the credentials must be there.
"""


def resources_of(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the resources of a stage that rotates, by their logical names."""
    if not stage.rotation_days:
        return
    name = logical_name(ROTATION)
    yield (
        f"{name}Permission",
        {
            "Type": "AWS::Lambda::Permission",
            "Condition": "Serving",
            "Properties": {
                "FunctionName": {"Ref": name},
                "Action": "lambda:InvokeFunction",
                "Principal": "secretsmanager.amazonaws.com",
                "SourceAccount": {"Ref": "AWS::AccountId"},
            },
        },
    )
    yield (
        "RotationSchedule",
        {
            "Type": "AWS::SecretsManager::RotationSchedule",
            "Condition": ROTATE,
            "DependsOn": [f"{name}Permission"],
            "Properties": {
                "SecretId": {"Ref": "OpenTokSecret"},
                "RotationLambdaARN": {"Fn::GetAtt": [name, "Arn"]},
                "RotationRules": {"AutomaticallyAfterDays": stage.rotation_days},
                "RotateImmediatelyOnUpdate": False,
            },
        },
    )


def parameters_of(stage: Stage) -> dict[str, Any]:
    """Return the parameter of a stage that rotates."""
    if not stage.rotation_days:
        return {}
    described = "yes, once make secret and make account-secret have stored the credentials."
    values = {"AllowedValues": ["yes", "no"], "Default": "no"}
    return {ROTATE: {"Type": "String", **values, "Description": described}}


def conditions_of(stage: Stage) -> dict[str, Any]:
    """Return the condition of a stage that rotates."""
    if not stage.rotation_days:
        return {}
    wanted = {"Fn::Equals": [{"Ref": ROTATE}, "yes"]}
    return {ROTATE: {"Fn::And": [{"Condition": "Serving"}, wanted]}}
