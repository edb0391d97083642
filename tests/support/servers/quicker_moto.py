"""moto, made to do less for each call.

Each of these takes a good part of a call's time and changes no answer. They reach into moto, which
has no settings for them; `tests/unit/test_quicker_moto.py` fails when a new moto makes one of them
void.
"""

import base64
import copy
from collections import deque
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from moto.core import responses
from moto.core.model_instances import model_data
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]


class DynamoDBSerializer(JSONSerializer):
    """Takes attribute values as they are.

    They have their final form already, but for binary and numbers. moto walks through them by the
    service's description, and looks at each step for a dozen members that are not there.
    """

    def _serialize_type_structure(
        self, serialized: MutableMapping[str, Any], value: Any, shape: Any, key: str
    ) -> None:
        if shape.name == "AttributeValue" and key:
            serialized[key] = _plain(value)
        else:
            super()._serialize_type_structure(serialized, value, shape, key)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case bytes():
            return base64.b64encode(value).decode()
        case bool():
            return value
        case int() | float() | Decimal():
            return str(value)
        case _:
            return value


_named: list[dict[str, Any]] = []
"""The keys that the transaction under way names. moto is called by one thread at a time."""


def _transact_write_items(backend: Any, transact_items: list[dict[str, Any]]) -> None:
    requests = [request for item in transact_items for request in item.values()]
    _named.extend(request.get("Key") or request["Item"] for request in requests)
    try:
        _TRANSACT(backend, transact_items)
    finally:
        _named.clear()


_TRANSACT = DynamoDBBackend.transact_write_items


def _copy_of_items(table: Any, memo: dict[int, Any]) -> Any:
    """Copy what a transaction may have to put back: the partitions that it names."""
    copied = copy.copy(table)
    copied.items = copy.copy(table.items)
    named = [DynamoType(key[table.hash_key_attr]) for key in _named]
    for partition in {each for each in named if each in table.items}:
        copied.items[partition] = copy.deepcopy(table.items[partition], memo)
    return copied


@contextmanager
def quicker_moto() -> Iterator[None]:
    """Let moto do less, until the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SERVICE_SPECIFIC_SERIALIZERS, "dynamodb", {"json": DynamoDBSerializer})
        patch.setattr(Table, "__deepcopy__", _copy_of_items, raising=False)
        patch.setattr(DynamoDBBackend, "transact_write_items", _transact_write_items)
        # It reads the same few expressions again and again; validation works on a copy.
        patch.setattr(UpdateExpressionParser, "make", cache(UpdateExpressionParser.make))
        # It lists the methods of a handler's class for every call.
        patch.setattr(responses, "method_names_from_class", cache(method_names_from_class))
        # It keeps every model it ever made, for a dashboard that nobody opens.
        for model in (*model_data["dynamodb"].values(), *model_data["secretsmanager"].values()):
            patch.setattr(model, "instances_tracked", deque(maxlen=0))
        yield
