"""Queries for the connections of one session. Their reads are consistent."""

from datetime import datetime
from typing import Any

from chalicelib.adapters.dynamodb.attribute_values import serialize
from chalicelib.adapters.dynamodb.connections import LIVE, PREFIX
from chalicelib.core.support.timestamps import epoch_milliseconds


def live_connections(session_id: str) -> dict[str, Any]:
    """Build a query for all live connections."""
    return _query(session_id, "#state = :live", {})


def live_connections_after(
    session_id: str, connection_id: str | None, page_size: int
) -> dict[str, Any]:
    """Build a query for live connections in the order of their ids.

    Args:
        session_id: The session to search.
        connection_id: The id after which the query starts. None starts at the first connection.
        page_size: The number of items that DynamoDB reads for the first page.
    """
    start = "" if connection_id is None else f"{connection_id}\0"
    return _query(session_id, "#state = :live", {}, start=start) | {"Limit": page_size}


def live_connections_of_user(session_id: str, user_id: str) -> dict[str, Any]:
    """Build a query for a user's live connections."""
    return _query(session_id, "userId = :user AND #state = :live", {":user": user_id})


def recent_connections_of_user(session_id: str, user_id: str, since: datetime) -> dict[str, Any]:
    """Build a query for a user's admitted connections that are live, or ended after `since`."""
    return _query(
        session_id,
        "userId = :user AND attribute_not_exists(refused) AND (#state = :live OR goneAt > :since)",
        {":user": user_id, ":since": epoch_milliseconds(since)},
    )


def _query(
    session_id: str, condition: str, values: dict[str, object], *, start: str = ""
) -> dict[str, Any]:
    return {
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :start AND :end",
        "FilterExpression": condition,
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": serialize(
            {
                ":pk": f"session#{session_id}",
                ":start": f"{PREFIX}{start}",
                ":end": f"{PREFIX}\U0010ffff",
                ":live": LIVE,
                **values,
            }
        ),
        "ConsistentRead": True,
    }
