"""Rows of usage that move from a user to a tombstone: only who erases may delete items."""

from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, Table, deserialize
from chalicelib.adapters.dynamodb.transactions import in_transaction
from chalicelib.adapters.dynamodb.usage.creator_rows import key_of_creator
from chalicelib.adapters.dynamodb.usage.sums import NAMES
from chalicelib.core.support.deadline import Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import DeleteTypeDef, TransactWriteItemTypeDef


def move_usage(table: Table, key: Item, user_id: str, tombstone: str, deadline: Deadline) -> None:
    """Add a row's sums to the tombstone's row, and delete it, if it is as it was read.

    Raises:
        ConditionFailed: The row has changed meanwhile.
    """
    item = table.get(key, deadline)
    if item is None:
        return
    values = {name: each for name, each in deserialize(item).items() if name not in key}
    unchanged, added = UpdateBuilder(), UpdateBuilder()
    # A count that changes a peak changes the participants' time as well. A row may have more peaks
    # than DynamoDB takes conditions, which are 150 or so.
    unchanged.only_if_equal(user_id, "createdBy")
    for name in NAMES.values():
        unchanged.only_if_unchanged(values.get(name), name)
    added.set(tombstone, "createdBy").set(values.pop("expiresAt"), "expiresAt")
    del values["createdBy"]
    for name, value in values.items():
        if value:
            added.add(value, name)
    delete: DeleteTypeDef = unchanged.check(table.name, key)  # type: ignore[assignment]
    writes: list[TransactWriteItemTypeDef] = [
        {"Delete": delete},
        in_transaction(table.name, key_of_creator(key, tombstone), added),
    ]
    table.transact(writes, deadline)
