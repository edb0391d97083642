"""The resources of `deploy/resources.json`, made by API calls.

moto's CloudFormation silently leaves out half of them. DynamoDB Local has no CloudFormation.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


TEMPLATE = Path(__file__).parents[2] / "deploy" / "resources.json"
_TABLE = "AWS::DynamoDB::Table"
_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name
# CreateTable takes these properties as CloudFormation spells them. Deletion protection and point-
# in-time recovery guard data that outlives a process. Here no data does.
_CREATE_TABLE = (
    "TableName",
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
)


def create(
    stage: str,
    *,
    dynamodb: "DynamoDBClient",
    secretsmanager: "SecretsManagerClient",
    secret: Mapping[str, object],
) -> None:
    """Make the stage's table with its indexes and TTL, and the secret with this content."""
    create_table(stage, dynamodb)
    create_secret(stage, secretsmanager, secret)


def create_table(stage: str, dynamodb: "DynamoDBClient") -> str:
    """Make the stage's table on moto or on DynamoDB Local, and return its name."""
    properties = _properties(_TABLE, stage)
    wanted = {name: properties[name] for name in _CREATE_TABLE if name in properties}
    if "SSESpecification" in properties:
        wanted["SSESpecification"] = {"Enabled": properties["SSESpecification"]["SSEEnabled"]}
    dynamodb.create_table(**wanted)
    name: str = properties["TableName"]
    dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
    )
    return name


def create_secret(
    stage: str, secretsmanager: "SecretsManagerClient", secret: Mapping[str, object]
) -> str:
    """Make the stage's secret with this content, as JSON, and return its name."""
    name: str = _properties(_SECRET, stage)["Name"]
    secretsmanager.create_secret(Name=name, SecretString=json.dumps(secret))
    return name


def _properties(resource_type: str, stage: str) -> dict[str, Any]:
    """Return the properties of the template's one resource of this type."""
    resources = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"].values()
    (found,) = (each for each in resources if each["Type"] == resource_type)
    resolved: dict[str, Any] = _resolved(found["Properties"], stage)
    return resolved


def _resolved(value: Any, stage: str) -> Any:  # noqa: ANN401 - JSON is anything
    match value:
        case {"Ref": "Stage"}:
            return stage
        case {"Fn::Sub": str(text)}:
            return text.replace("${Stage}", stage)
        case dict():
            return {name: _resolved(each, stage) for name, each in value.items()}
        case list():
            return [_resolved(each, stage) for each in value]
        case _:
            return value
