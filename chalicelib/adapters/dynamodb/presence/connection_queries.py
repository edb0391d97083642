"""Queries for the current connections of one session.

They read the index `connections-live`, which holds only items with a `place`. A connection gets its
place when it is reported, and loses it when it ends. So no query reads the tombstones of those who
have left, however many there are. The index is local, so that reads can be consistent.
"""

from typing import Any, Final

from chalicelib.adapters.dynamodb.table import serialize
from chalicelib.core.model.connection import place_of_user

LIVE_INDEX: Final = "connections-live"


def live_connections(session_id: str) -> dict[str, Any]:
    """Build a query for all connections, sorted by place."""
    return _query(session_id, "pk = :pk", {})


def live_connections_after(session_id: str, place: str | None, limit: int) -> dict[str, Any]:
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
