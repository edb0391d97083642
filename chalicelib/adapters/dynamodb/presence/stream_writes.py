"""The writes of a connection's streams, which may be reported before or after the connection."""

from contextlib import suppress
from datetime import datetime

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.presence import connections
from chalicelib.adapters.dynamodb.presence.attendance_items import published_update
from chalicelib.adapters.dynamodb.table import ConditionFailed, Item, Table
from chalicelib.core.support.deadline import Deadline


def change_streams(
    table: Table, key: Item, write: UpdateBuilder, at: datetime, deadline: Deadline
) -> Item | None:
    """Write a change of streams. Return the item if its content rules the change out."""
    try:
        table.update(key, write, deadline)
    except ConditionFailed as failure:
        if connections.has_ended_unpublished(failure.item):
            # The report comes after that of the end. Attendance still says that it published.
            table.update(key, published_update(), deadline)
        if not connections.has_no_streams_yet(failure.item):
            return failure.item
    else:
        return None
    with suppress(ConditionFailed):
        table.update(key, connections.without_streams_update(at), deadline)
    return change_streams(table, key, write, at, deadline)
