"""The item that caches how many clients are connected to a session and publish in it."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.model.connection import Counts
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

_KEPT_SECONDS: Final = 86_400


def counts_key(session_id: str) -> Item:
    return serialize({"pk": f"session#{session_id}", "sk": "counts"})


def counts_update(counts: Counts) -> UpdateBuilder:
    """Save the counts, unless newer counts are stored."""
    counted = epoch_milliseconds(counts.counted_at)
    write = UpdateBuilder().set(counts.connections, "connections").set(counts.streams, "streams")
    write.set(counts.publishing, "publishing").set(counted, "countedAt")
    write.set(int(counts.counted_at.timestamp()) + _KEPT_SECONDS, "expiresAt")
    place = write.path("countedAt")
    return write.only_if(f"attribute_not_exists({place}) OR {place} < {write.value(counted)}")


def counts_from_item(item: Mapping[str, Any]) -> Counts:
    values = deserialize(item)
    return Counts(
        connections=values["connections"],
        publishing=values["publishing"],
        streams=values["streams"],
        counted_at=from_epoch_milliseconds(values["countedAt"]),
    )
