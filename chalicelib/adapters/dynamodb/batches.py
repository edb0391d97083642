"""Reads of many items by their keys."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb.table import Item, Table, call, smaller
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef


def get_all(table: Table, keys: Sequence[Item], deadline: Deadline) -> list[Item]:
    """Get all items of these keys that exist, by consistent reads, in any order.

    It reads fewer items at a time where all of them would be too large an answer.
    """
    items: list[Item] = []
    pending, size, attempt = list(keys), len(keys), 0
    while pending:
        if attempt:
            deadline.back_off(attempt)
        try:
            found, left = _get_batch(table, pending[:size], deadline)
        except StoreUnavailable as error:
            size = smaller(size, error)
            continue
        items += found
        attempt = attempt + 1 if left else 0
        pending = [*left, *pending[size:]]
    return items


def _get_batch(
    table: Table, keys: Sequence[Item], deadline: Deadline
) -> tuple[Sequence[Item], Sequence[Item]]:
    """Return the items that DynamoDB read, and the keys that it left for another call."""
    wanted: KeysAndAttributesTypeDef = {"Keys": keys, "ConsistentRead": True}
    batch = partial(table.client.batch_get_item, RequestItems={table.name: wanted})
    response = call(deadline, batch)
    left = response["UnprocessedKeys"].get(table.name)
    return response["Responses"].get(table.name, []), left["Keys"] if left else []
