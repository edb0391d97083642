"""The items that say when a user last left a session: one for each user, however often they leave.

So one read tells if a user left a moment ago, without a look at the tombstones of connections.
"""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.support.formats import epoch_milliseconds, short_hash

_KEPT: Final = timedelta(days=1)


def departure_key(session_id: str, user_id: str) -> Item:
    return serialize({"pk": f"session#{session_id}", "sk": f"left#{short_hash(user_id)}"})


def departure_update(at: int) -> UpdateBuilder:
    """Record that the user left.

    Args:
        at: The time, in milliseconds since 1970.
    """
    kept = at // 1000 + int(_KEPT.total_seconds())
    return UpdateBuilder().set(at, "leftAt").set(kept, "expiresAt")


def later_departure_update(at: int) -> UpdateBuilder:
    """Record that the user left, unless the user left later."""
    write = departure_update(at)
    left = write.path("leftAt")
    return write.only_if(f"attribute_not_exists({left}) OR {left} < {write.value(at)}")


def is_departure_after(item: Item, since: datetime) -> bool:
    left: int = deserialize(item)["leftAt"]
    return left > epoch_milliseconds(since)
