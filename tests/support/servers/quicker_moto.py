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
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import pytest
from moto.core import responses
from moto.core.model_instances import model_data
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer
from moto.core.utils import method_names_from_class, utcnow
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]
    DepthFirstTraverser,
    Node,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.responses import DynamoHandler
from werkzeug.http import http_date

from tests.support.servers import quicker_expressions as expressions


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


def _set_up(handler: Any, request: Any, *_: object) -> None:
    """Read what the handler needs of a call in JSON. moto also looks for forms and queries."""
    handler.normalized_request = request
    handler.headers, handler.querystring, handler.uri_match = request.headers, {}, {}
    handler.response_headers = {"server": "amazon.com", "date": http_date(utcnow())}
    handler.region = handler.get_region_from_url(request, "")
    handler.current_account = handler.get_current_account()
    handler.parse_parameters(
        SimpleNamespace(
            method=request.method,
            content_type=request.content_type,
            values={},
            headers=request.headers,
            data=request.data,
            path=request.path,
        )
    )


def _request_id(headers: MutableMapping[str, str]) -> str:
    headers["x-amzn-requestid"] = request_id = uuid4().hex
    return request_id


_LARGE: Final = 400_000
"""The bytes of an item that may be too large. moto itself decides about such an item."""


def _size(value: Any) -> int:
    if type(value) is DynamoType and type(value.value) is not str:
        return value.size()
    return len((value.value if type(value) is DynamoType else str(value)).encode())


def _set_attribute(attributes: LimitedSizeDict, name: str, value: Any) -> None:
    before = sum(_size(each) for pair in attributes.items() for each in pair)
    if before + _size(name) + _size(value) > _LARGE:
        _SET_ATTRIBUTE(attributes, name, value)
    else:
        dict.__setitem__(attributes, name, value)


def _make_item(item: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    """Look at an item's size once, and not at each attribute."""
    typed = {name: DynamoType(value) for name, value in attrs.items()}
    if sum(_size(each) for pair in typed.items() for each in pair) > _LARGE:
        _MAKE_ITEM(item, hash_key, range_key, attrs)
        return
    item.hash_key, item.range_key, item.attrs = hash_key, range_key, LimitedSizeDict()
    dict.update(item.attrs, typed)


_SET_ATTRIBUTE = LimitedSizeDict.__setitem__
_MAKE_ITEM = Item.__init__


@contextmanager
def quicker_moto() -> Iterator[None]:
    """Let moto do less, until the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SERVICE_SPECIFIC_SERIALIZERS, "dynamodb", {"json": DynamoDBSerializer})
        patch.setattr(Table, "__deepcopy__", _copy_of_items, raising=False)
        patch.setattr(DynamoDBBackend, "transact_write_items", _transact_write_items)
        # It reads the same few expressions again and again; validation works on a copy.
        patch.setattr(UpdateExpressionParser, "make", cache(UpdateExpressionParser.make))
        patch.setattr(DepthFirstTraverser, "traverse", expressions.traverse)
        patch.setattr(Node, "find_clauses", expressions.find_clauses)
        patch.setattr(validators, "deepcopy", expressions.copied)
        patch.setattr(ConditionExpressionParser, "parse", expressions.parse_condition)
        patch.setattr(ConditionExpressionParser, "_make_operand", expressions.make_operand)
        patch.setattr(LimitedSizeDict, "__setitem__", _set_attribute)
        patch.setattr(Item, "__init__", _make_item)
        patch.setattr(DynamoHandler, "setup_class", _set_up)
        patch.setattr(responses, "gen_amzn_requestid_long", _request_id)
        # It lists the methods of a handler's class for every call.
        patch.setattr(responses, "method_names_from_class", cache(method_names_from_class))
        # It keeps every model it ever made, for a dashboard that nobody opens.
        for model in (*model_data["dynamodb"].values(), *model_data["secretsmanager"].values()):
            patch.setattr(model, "instances_tracked", deque(maxlen=0))
        yield
