"""Queries for the current connections of one session.

They read the index `connections-live`, which holds only items with a `place`. A connection gets its
place when it is reported, and loses it when it ends. So no query reads the tombstones of those who
have left, however many there are. The index is local, so that reads can be consistent.
"""

from typing import Any, Final

from chalicelib.adapters.dynamodb.table import Item, Table, serialize
from chalicelib.core.ports.connection_page import place_of_user
from chalicelib.core.support.deadline import Deadline

LIVE_INDEX: Final = "connections-live"
PAGE_UNITS: Final = 10
"""The most read units that a page takes, whatever the clients' names and streams are."""
MAX_CONNECTION_BYTES: Final = 2048
"""The size of the largest item in the index: 8 streams, and all names as long as they may be."""
_MAX_UNITS: Final = MAX_CONNECTION_BYTES / 8192
"""The price of the largest item, by a read that may lag. The answer's last unit is rounded up."""


def live_connections(session_id: str) -> dict[str, Any]:
    """Build a query for all connections, sorted by place."""
    return _query(session_id, "pk = :pk", {})


def read_page(
    table: Table, session_id: str, start: str | None, limit: int, deadline: Deadline
) -> tuple[list[Item], bool]:
    """Read the connections after a place, and return True with them if there may be others.

    A query's price is known only afterwards. So the first read has as many connections as can be
    paid if all are of the largest size, and each further read has as many as can be paid then.
    """
    found: list[Item] = []
    units = float(PAGE_UNITS)
    while (number := min(limit + 1 - len(found), int(units / _MAX_UNITS))) > 0:
        query = _live_connections_after(session_id, start, number)
        items, used = table.page(query, deadline)
        found += items
        units -= used
        if len(items) < number:
            return found, False
        start = items[-1]["place"]["S"]
    return found[:limit], True


def _live_connections_after(session_id: str, place: str | None, limit: int) -> dict[str, Any]:
    """Build a query for the first connections after a place; None starts at the first connection.

    The read may lag by a moment, which halves its price.
    """
    query = (
        _query(session_id, "pk = :pk", {})
        if place is None
        else _query(session_id, "pk = :pk AND place > :place", {":place": place})
    )
    return query | {"ConsistentRead": False, "Limit": limit}


def live_connections_of_user(session_id: str, user_id: str) -> dict[str, Any]:
    """Build a query for a user's connections, refused ones too."""
    return _query(
        session_id,
        "pk = :pk AND place BETWEEN :first AND :last",
        {
            ":first": place_of_user(user_id, refused=False),
            ":last": f"{place_of_user(user_id, refused=True)}~",
        },
    )


def one_admitted_connection_of_user(session_id: str, user_id: str) -> dict[str, Any]:
    """Build a query for one of a user's admitted connections."""
    place = place_of_user(user_id, refused=False)
    return _query(session_id, "pk = :pk AND begins_with(place, :place)", {":place": place}) | {
        "Limit": 1
    }


def _query(session_id: str, condition: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "IndexName": LIVE_INDEX,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": serialize({":pk": f"session#{session_id}", **values}),
        "ConsistentRead": True,
    }
