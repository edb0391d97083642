"""Broadcasts, captions, calls and renders in responses: OpenTok's own objects.

Each has the name of its room, and no credentials. There may be further fields.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from chalicelib.api.http.cursors import TimedPosition, decode_cursor, encode_cursor
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery
from chalicelib.core.model.media import MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.room import Room


class RtmpAnswer(Struct, rename="camel"):
    """An RTMP server that the broadcast is sent to, without its credentials."""

    id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    server_url: str | UnsetType | None = UNSET


class BroadcastUrls(Struct, rename="camel"):
    """The URLs of a broadcast: its HLS playlist, and its RTMP servers as a list or by id."""

    hls: str | UnsetType = UNSET
    hls_status: str | UnsetType = UNSET
    rtmp: list[RtmpAnswer] | dict[str, RtmpAnswer] | UnsetType = UNSET


class HlsSettings(Struct, rename="camel"):
    """The HLS settings of a broadcast."""

    low_latency: bool | UnsetType = UNSET
    dvr: bool | UnsetType = UNSET


class BroadcastSettings(Struct):
    """The settings of a broadcast."""

    hls: HlsSettings | UnsetType = UNSET


class BroadcastStream(Struct, rename="camel"):
    """A stream that was added to a broadcast."""

    stream_id: str
    has_audio: bool
    has_video: bool


class BroadcastAnswer(Struct, rename="camel"):
    """A broadcast. `broadcastUrls` is null after it has ended."""

    room: str
    id: str
    status: str
    session_id: str
    broadcast_urls: BroadcastUrls | UnsetType | None = UNSET
    settings: BroadcastSettings | UnsetType | None = UNSET
    streams: list[BroadcastStream] | UnsetType | None = UNSET
    project_id: int | str | UnsetType = UNSET
    partner_id: int | str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET
    created_at: int | UnsetType = UNSET
    updated_at: int | UnsetType = UNSET
    resolution: str | UnsetType | None = UNSET
    stream_mode: str | UnsetType | None = UNSET
    has_audio: bool | UnsetType | None = UNSET
    has_video: bool | UnsetType | None = UNSET
    max_duration: int | UnsetType | None = UNSET
    max_bitrate: int | UnsetType | None = UNSET
    multi_broadcast_tag: str | UnsetType | None = UNSET
    event: str | UnsetType = UNSET


class BroadcastList(Struct):
    """A page of a room's broadcasts, and the cursor of the next page."""

    items: list[BroadcastAnswer]
    cursor: str | None


class CaptionsAnswer(Struct, rename="camel"):
    """The id that stops the captions."""

    captions_id: str


class CallAnswer(Struct, rename="camel"):
    """A SIP call. To hang up, disconnect its `connectionId`."""

    room: str
    id: str
    connection_id: str
    stream_id: str | UnsetType | None = UNSET
    session_id: str | UnsetType = UNSET
    project_id: int | str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET
    created_at: int | UnsetType = UNSET
    updated_at: int | UnsetType = UNSET


class AudioConnectorAnswer(Struct, rename="camel"):
    """A connected WebSocket. To stop, disconnect its `connectionId`."""

    room: str
    id: str
    connection_id: str


class RenderAnswer(Struct, rename="camel"):
    """A web page that is published into a room. `streamId` is there after it has started."""

    room: str
    id: str
    status: str
    session_id: str
    url: str | UnsetType | None = UNSET
    resolution: str | UnsetType | None = UNSET
    stream_id: str | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET
    project_id: int | str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET
    created_at: int | UnsetType = UNSET
    updated_at: int | UnsetType = UNSET


class RenderList(Struct):
    """A page of a room's renders, and the cursor of the next page."""

    items: list[RenderAnswer]
    cursor: str | None


def with_room_name(room: Room, content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "room": room.name}


def page_start(context: RequestContext, kind: MediaKind, room: str) -> MediaCursor | None:
    """Return the position that the query's cursor stands for, or None for the first page.

    Raises:
        InvalidField: The cursor belongs to another list.
    """
    cursor = context.query(PageQuery).cursor
    if cursor is None:
        return None
    position = decode_cursor(cursor, _scope(context, kind, room), TimedPosition)
    return MediaCursor(position.id, position.created_at)


def page_response(
    context: RequestContext, kind: MediaKind, room: Room, page: MediaPage, items: Sequence[Any]
) -> dict[str, Any]:
    """Return the items of a page, with the cursor of the next page."""
    cursor, following = None, page.next_cursor
    if following is not None:
        position = TimedPosition.of(following.id, following.created_at)
        cursor = encode_cursor(position, _scope(context, kind, room.name))
    return {"items": items, "cursor": cursor}


def _scope(context: RequestContext, kind: MediaKind, room: str) -> str:
    return f"{room.lower()}/{kind}/{context.user.id}"
