"""Rows of usage that move from a user to a tombstone: only who erases may delete items."""

from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, Table, deserialize, serialize
from chalicelib.adapters.dynamodb.transactions import in_transaction
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
    for name, value in values.items():
        unchanged.only_if_equal(value, name)
        if name == "expiresAt":
            added.set(value, name)
        else:
            added.add(value, name)
    row = deserialize(key)
    place = row["sk"].removesuffix(user_id) + tombstone
    delete: DeleteTypeDef = unchanged.check(table.name, key)  # type: ignore[assignment]
    writes: list[TransactWriteItemTypeDef] = [
        {"Delete": delete},
        in_transaction(table.name, serialize({**row, "sk": place}), added),
    ]
    table.transact(writes, deadline)
