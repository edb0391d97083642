"""Conversion between Python values and DynamoDB's typed attribute values."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = dict[str, "AttributeValueTypeDef"]


def serialize(values: Mapping[str, object]) -> Item:
    """Convert values to an item. Leave out values that are None or an empty set."""
    return {
        name: serialize_value(value)
        for name, value in values.items()
        if value is not None and value != frozenset()
    }


def deserialize(item: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an item that DynamoDB returned to Python values."""
    return {name: _deserialize_value(value) for name, value in item.items()}


def serialize_value(value: object) -> "AttributeValueTypeDef":
    """Convert one value. Only the types that this service stores are supported."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case frozenset() | set():
            return {"SS": sorted(value)}
        case dict():
            return {"M": {name: serialize_value(each) for name, each in value.items()}}
    raise TypeError(f"an attribute cannot hold {type(value).__name__}")


def _deserialize_value(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401  any stored value
    ((kind, value),) = attribute.items()
    if kind == "M":
        return {name: _deserialize_value(each) for name, each in value.items()}
    return int(value) if kind == "N" else value
