"""The items of connections: one for each connection, in the partition of its session.

The first callback creates the item, whether it reports the connection, its end, or a stream. So
callbacks in any order lead to the same item. Once the connection is reported, `state` is `live` and
the connection is listed. Once its end is reported, `state` is `gone` for good: a tombstone.

Each stream is an attribute `stream#<id>`, so that a write adds or ends it without a read.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.model.connection import Connection, Participant, Service, Stream
from chalicelib.core.model.user import Role
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

LIVE: Final = "live"
GONE: Final = "gone"
PREFIX: Final = "connection#"

_STREAM: Final = "stream#"
_TOMBSTONE: Final = timedelta(hours=48)
_LONGEST_CONNECTION: Final = timedelta(days=31)
"""Longer than any connection lasts: OpenTok ends a session after hours."""


def connection_key(session_id: str, connection_id: str) -> Item:
    return serialize({"pk": f"session#{session_id}", "sk": f"{PREFIX}{connection_id}"})


def connected_update(connection: Connection) -> UpdateBuilder:
    """Record the connection, unless its end is recorded already."""
    participant = connection.participant
    write = UpdateBuilder().set(LIVE, "state").set(epoch_milliseconds(connection.since), "since")
    write.set(_seconds(connection.since + _LONGEST_CONNECTION), "expiresAt")
    for name, value in (
        ("userId", participant.user_id),
        ("name", participant.name),
        ("role", participant.role and participant.role.value),
        ("service", participant.service and participant.service.value),
    ):
        if value is not None:
            write.set(value, name)
    if connection.refused:
        write.set(True, "refused")
    else:
        write.remove("refused")
    return _unless_gone(write)


def disconnected_update(at: datetime) -> UpdateBuilder:
    """Record the connection's end, for good. Keep the user's id for `was_connected`."""
    write = UpdateBuilder().set(GONE, "state").set_if_absent(epoch_milliseconds(at), "goneAt")
    return write.set(_seconds(at + _TOMBSTONE), "expiresAt").remove("name").remove("role")


def stream_created_update(stream: Stream) -> UpdateBuilder:
    """Record a stream, unless its end or the connection's end is recorded already."""
    write = UpdateBuilder().set_if_absent(stream_values(stream), f"{_STREAM}{stream.id}")
    return _unless_gone(_expire_if_new(write, stream.since))


def stream_destroyed_update(stream_id: str, at: datetime) -> UpdateBuilder:
    """Record a stream's end, for good, even if the report of its start comes later."""
    write = UpdateBuilder().set({GONE: epoch_milliseconds(at)}, f"{_STREAM}{stream_id}")
    return _unless_gone(_expire_if_new(write, at))


def connection_from_item(item: Mapping[str, Any]) -> Connection:
    """Build a connection from an item that DynamoDB returned."""
    values = deserialize(item)
    role, service = values.get("role"), values.get("service")
    streams = {
        name.removeprefix(_STREAM): value
        for name, value in values.items()
        if name.startswith(_STREAM) and GONE not in value
    }
    return Connection(
        id=values["sk"].removeprefix(PREFIX),
        since=from_epoch_milliseconds(values["since"]),
        participant=Participant(
            values.get("userId"),
            values.get("name"),
            None if role is None else Role(role),
            None if service is None else Service(service),
        ),
        streams=streams_of(streams),
        refused="refused" in values,
    )


def stream_values(stream: Stream) -> dict[str, object]:
    """Return a stream's values in an item."""
    values: dict[str, object] = {"name": stream.name, "since": epoch_milliseconds(stream.since)}
    if stream.video_type is not None:
        values["videoType"] = stream.video_type
    return values


def streams_of(values: Mapping[str, Mapping[str, Any]]) -> tuple[Stream, ...]:
    """Return streams from their values in an item, by id. The earliest comes first."""
    streams = (_stream(stream_id, value) for stream_id, value in values.items())
    return tuple(sorted(streams, key=lambda stream: (stream.since, stream.id)))


def _stream(stream_id: str, value: Mapping[str, Any]) -> Stream:
    since = from_epoch_milliseconds(value["since"])
    return Stream(stream_id, value["name"], value.get("videoType"), since)


def _unless_gone(write: UpdateBuilder) -> UpdateBuilder:
    state = write.path("state")
    return write.only_if(f"attribute_not_exists({state}) OR {state} <> {write.value(GONE)}")


def _expire_if_new(write: UpdateBuilder, at: datetime) -> UpdateBuilder:
    """Let an item expire that has streams alone, because its connection is never reported."""
    return write.set_if_absent(_seconds(at + _TOMBSTONE), "expiresAt")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
