"""The items of connections: one for each connection, in the partition of its session.

The first callback creates the item, whether it reports the connection, its end, or a stream. So
callbacks in any order lead to the same item. Once the connection is reported, `state` is `live`,
and `place` lists it in the index `connections-live`. Once its end is reported, `state` is `gone`
for good and `place` is removed: a tombstone, which only writes and attendance look at.

Current streams are entries of the map `streams`, which the index holds too. The ids of ended
streams are a set, `ended`, which the index does not hold. Both have a bounded number of entries.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.presence.attendance_items import (
    came_update,
    published_update,
    went_update,
)
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.model.attendance import LEAST_KEPT, EndHint
from chalicelib.core.model.connection import (
    MAX_ENDED_STREAMS,
    MAX_STREAMS_AT_ONCE,
    Connection,
    Ending,
    EndReport,
    Participant,
    Service,
    Stream,
)
from chalicelib.core.model.user import Role
from chalicelib.core.ports.connection_page import place_of
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

LIVE: Final = "live"
GONE: Final = "gone"
PREFIX: Final = "connection#"

_LONGEST_CONNECTION: Final = timedelta(days=31)
"""Longer than any connection lasts: OpenTok ends a session after hours."""


def connection_key(session_id: str, connection_id: str) -> Item:
    return serialize({"pk": f"session#{session_id}", "sk": f"{PREFIX}{connection_id}"})


def connected_update(connection: Connection, ending: Ending | None = None) -> UpdateBuilder:
    """Record the connection, unless its end is recorded already.

    A report without a user does not move a connection whose user is known.
    """
    participant = connection.participant
    write = UpdateBuilder().set(LIVE, "state").set(epoch_milliseconds(connection.since), "since")
    write.set_if_absent({}, "streams")
    place = place_of(participant.user_id, connection.id, refused=connection.refused)
    if participant.user_id is None:
        write.set_if_absent(place, "place")
    else:
        write.set(place, "place")
    write.set(_seconds(connection.since + _LONGEST_CONNECTION), "expiresAt")
    for name, value in (
        ("userId", participant.user_id),
        ("name", participant.name),
        ("role", participant.role and participant.role.value),
        ("service", participant.service and participant.service.value),
        ("invitation", participant.invitation_id),
    ):
        if value is not None:
            write.set(value, name)
    if connection.refused:
        write.set(True, "refused")
    else:
        write.remove("refused")
    return _unless_gone(came_update(write, connection, ending))


def disconnected_update(
    at: datetime,
    report: EndReport | EndHint | None,
    kept: timedelta,
    user_id: str | None = None,
) -> UpdateBuilder:
    """Record the connection's end, for good. Keep the user's id, for a repeated report.

    Args:
        at: The time of the report.
        report: What OpenTok reports of the end, or what else is known of it.
        kept: The time for which attendance is kept. If there is none, the name is removed.
        user_id: The user, if the caller knows.
    """
    write = UpdateBuilder().set(GONE, "state").set_if_absent(epoch_milliseconds(at), "goneAt")
    write.set(_seconds(at + max(kept, LEAST_KEPT)), "expiresAt")
    for name in ("place", "invitation", "streams", "ended"):
        write.remove(name)
    return went_update(write, at, report, named=bool(kept), user_id=user_id)


def placeholder_update(at: datetime) -> UpdateBuilder:
    """Create the item of a connection that is not reported yet, so that it can have streams."""
    write = UpdateBuilder().set_if_absent({}, "streams")
    return _unless_gone(write.set_if_absent(_seconds(at + LEAST_KEPT), "expiresAt"))


def stream_created_update(stream: Stream) -> UpdateBuilder:
    """Record a stream, unless its end is recorded already, or the item has no space for it."""
    write = published_update().set(stream_values(stream), "streams", stream.id)
    write.only_if_present("streams").only_if_absent("streams", stream.id)
    write.only_if(f"size({write.path('streams')}) < {write.value(MAX_STREAMS_AT_ONCE)}")
    ended = write.path("ended")
    write.only_if(
        f"attribute_not_exists({ended}) OR NOT contains({ended}, {write.value(stream.id)})"
    )
    return write.only_if(_may_end_another(write))


def stream_destroyed_update(stream_id: str, implied: datetime | None = None) -> UpdateBuilder:
    """Record a stream's end, for good, even if the report of its start comes later.

    Once the item has the maximum of ended streams, no further stream is recorded. So a stream that
    is not on record need not be remembered then.
    """
    write = published_update(implied).remove("streams", stream_id).add_to_set(stream_id, "ended")
    write.only_if_present("streams")
    known = f"attribute_exists({write.path('streams', stream_id)})"
    return write.only_if(f"{known} OR {_may_end_another(write)}")


def has_no_streams_yet(item: Item) -> bool:
    """Return True if the item needs `placeholder_update` before it can have streams."""
    return "streams" not in item and item.get("state") != {"S": GONE}


def misses_stream(item: Item, implied: datetime | None) -> bool:
    """Return True if the connection's end is on record, and a stream's report says more of it.

    True if `published` is missing, or if the end is assumed and this report tells a better one.
    """
    is_assumed = implied is not None and "ending" not in item
    return item.get("state") == {"S": GONE} and ("published" not in item or is_assumed)


def is_full_of_streams(item: Item, stream_id: str) -> bool:
    """Return True if the item has no space for this stream, which is not on record."""
    values = deserialize(item)
    ended, streams = values.get("ended", ()), values.get("streams", {})
    is_full = len(streams) >= MAX_STREAMS_AT_ONCE or len(ended) >= MAX_ENDED_STREAMS
    return is_full and "streams" in values and stream_id not in {*ended, *streams}


def connection_from_item(item: Mapping[str, Any]) -> Connection:
    """Build a connection from an item that DynamoDB returned."""
    values = deserialize(item)
    role, service = values.get("role"), values.get("service")
    return Connection(
        id=values["sk"].removeprefix(PREFIX),
        since=from_epoch_milliseconds(values["since"]),
        participant=Participant(
            values.get("userId"),
            values.get("name"),
            None if role is None else Role(role),
            None if service is None else Service(service),
            values.get("invitation"),
        ),
        streams=streams_of(values["streams"]),
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


def _may_end_another(write: UpdateBuilder) -> str:
    ended = write.path("ended")
    return f"attribute_not_exists({ended}) OR size({ended}) < {write.value(MAX_ENDED_STREAMS)}"


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
