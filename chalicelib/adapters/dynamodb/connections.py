"""How who is in a session lies in the table: an item per connection, beside the session's own.

An item is made by whatever comes first, the connection's arrival, its end or a stream of it, so
that any order ends in the same state. It is shown once it has arrived (`state` is `live`) and never
again after its end (`gone`), which leaves a tombstone. Streams are attributes of their own,
`stream#<id>`, that one write each can add or end without looking at the others.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import Item, plain, typed
from chalicelib.core.model.connection import Connection, Participant, Service, Stream
from chalicelib.core.model.user import Role
from chalicelib.core.support.timestamps import epoch_milliseconds, from_epoch_milliseconds

LIVE: Final = "live"
GONE: Final = "gone"
PREFIX: Final = "connection#"

_STREAM: Final = "stream#"
_TOMBSTONE: Final = timedelta(hours=48)
_LONGEST_CONNECTION: Final = timedelta(days=31)
"""OpenTok cuts sessions after hours; a record this old is of no connection."""


def connection_key(session_id: str, connection_id: str) -> Item:
    return typed({"pk": f"session#{session_id}", "sk": f"{PREFIX}{connection_id}"})


def arrival(connection: Connection) -> UpdateBuilder:
    """The connection is here, unless it is gone."""
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


def end(at: datetime) -> UpdateBuilder:
    """The connection is gone, for good; whose it was is kept for those who come back at once."""
    write = UpdateBuilder().set(GONE, "state").set_if_absent(epoch_milliseconds(at), "goneAt")
    return write.set(_seconds(at + _TOMBSTONE), "expiresAt").remove("name").remove("role")


def stream_start(stream: Stream) -> UpdateBuilder:
    """The connection publishes a stream, unless the stream or the connection is gone."""
    shown = {"name": stream.name, "since": epoch_milliseconds(stream.since)}
    if stream.video_type is not None:
        shown["videoType"] = stream.video_type
    write = UpdateBuilder().set_if_absent(shown, f"{_STREAM}{stream.id}")
    return _unless_gone(_may_expire(write, stream.since))


def stream_end(stream_id: str, at: datetime) -> UpdateBuilder:
    """A stream is gone, for good, even if its start comes later."""
    write = UpdateBuilder().set({GONE: epoch_milliseconds(at)}, f"{_STREAM}{stream_id}")
    return _unless_gone(_may_expire(write, at))


def connection_of(item: Mapping[str, Any]) -> Connection:
    """The connection that lies in an item as DynamoDB returned it."""
    values = plain(item)
    role, service = values.get("role"), values.get("service")
    streams = (
        _stream(name.removeprefix(_STREAM), value)
        for name, value in values.items()
        if name.startswith(_STREAM) and GONE not in value
    )
    return Connection(
        id=values["sk"].removeprefix(PREFIX),
        since=from_epoch_milliseconds(values["since"]),
        participant=Participant(
            values.get("userId"),
            values.get("name"),
            None if role is None else Role(role),
            None if service is None else Service(service),
        ),
        streams=tuple(sorted(streams, key=lambda stream: (stream.since, stream.id))),
        refused="refused" in values,
    )


def _stream(stream_id: str, value: Mapping[str, Any]) -> Stream:
    since = from_epoch_milliseconds(value["since"])
    return Stream(stream_id, value["name"], value.get("videoType"), since)


def _unless_gone(write: UpdateBuilder) -> UpdateBuilder:
    state = write.path("state")
    return write.only_if(f"attribute_not_exists({state}) OR {state} <> {write.value(GONE)}")


def _may_expire(write: UpdateBuilder, at: datetime) -> UpdateBuilder:
    """A stream alone, whose connection is never heard of, does not stay for ever."""
    return write.set_if_absent(_seconds(at + _TOMBSTONE), "expiresAt")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
