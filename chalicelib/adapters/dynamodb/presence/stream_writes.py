"""The writes of a connection's streams, which may be reported before or after the connection."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.presence import connections
from chalicelib.adapters.dynamodb.presence.attendance_items import published_update
from chalicelib.adapters.dynamodb.table import ConditionFailed, Item, Table
from chalicelib.core.model.connection import Stream
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment


def record_stream(table: Table, connection: Item, stream: Stream, deadline: Deadline) -> None:
    """Record a stream of the connection with this key."""
    write = connections.stream_created_update(stream.shortened())
    refused_by = _change(table, connection, write, stream.since, deadline)
    if refused_by is not None and connections.is_full_of_streams(refused_by, stream.id):
        increment("StreamsNotRecorded")


def end_stream(
    table: Table,
    connection: Item,
    stream_id: str,
    at: datetime,
    deadline: Deadline,
    *,
    implied: datetime | None,
) -> None:
    """Record the end of a stream of the connection with this key."""
    write = connections.stream_destroyed_update(stream_id, implied)
    _change(table, connection, write, at, deadline, implied=implied)


def save_unassigned_streams(
    table: Table, session: Item, streams: Sequence[Stream], deadline: Deadline
) -> None:
    """Keep the streams of no known connection in the session with this key."""
    kept = {each.id: connections.stream_values(each) for each in streams}
    write = UpdateBuilder().only_if_present("pk")
    write = write.set(kept, "unassigned") if kept else write.remove("unassigned")
    with suppress(ConditionFailed):
        table.update(session, write, deadline)


def _change(
    table: Table,
    key: Item,
    write: UpdateBuilder,
    at: datetime,
    deadline: Deadline,
    *,
    implied: datetime | None = None,
) -> Item | None:
    """Write a change of streams. Return the item if its content rules the change out."""
    try:
        table.update(key, write, deadline)
    except ConditionFailed as failure:
        if connections.misses_stream(failure.item, implied):
            # The report comes after that of the end, or after the check that missed the client.
            table.update(key, published_update(implied), deadline)
        if not connections.has_no_streams_yet(failure.item):
            return failure.item
    else:
        return None
    with suppress(ConditionFailed):
        table.update(key, connections.placeholder_update(at), deadline)
    return _change(table, key, write, at, deadline, implied=implied)
