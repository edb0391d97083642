"""Broadcasts, captions, calls and renders as callers see them: OpenTok's own objects.

With the room's name, and without what logs in anywhere. Fields that are not described here may be
there too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from chalicelib.api.http.context import Call
from chalicelib.api.http.cursors import read_media_cursor, write_media_cursor
from chalicelib.api.rooms.requests import PageQuery
from chalicelib.core.model.media import MediaCursor, MediaKind, MediaPage
from chalicelib.core.model.room import Room


class RtmpAnswer(Struct, rename="camel"):
    """A server that is streamed to, without what logs in there."""

    id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    server_url: str | UnsetType | None = UNSET


class BroadcastUrls(Struct, rename="camel"):
    """Where it can be watched, and where it is streamed to: a list, or by id."""

    hls: str | UnsetType = UNSET
    hls_status: str | UnsetType = UNSET
    rtmp: list[RtmpAnswer] | dict[str, RtmpAnswer] | UnsetType = UNSET


class HlsSettings(Struct, rename="camel"):
    low_latency: bool | UnsetType = UNSET
    dvr: bool | UnsetType = UNSET


class BroadcastSettings(Struct):
    hls: HlsSettings | UnsetType = UNSET


class BroadcastStream(Struct, rename="camel"):
    """A stream that was chosen for a broadcast."""

    stream_id: str
    has_audio: bool
    has_video: bool


class BroadcastAnswer(Struct, rename="camel"):
    """A broadcast; its addresses are null once it has ended."""

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
    """Some of a room's broadcasts, and the cursor of the next ones."""

    items: list[BroadcastAnswer]
    cursor: str | None


class CaptionsAnswer(Struct, rename="camel"):
    """What captions are stopped by."""

    captions_id: str


class CallAnswer(Struct, rename="camel"):
    """A call; its connection is what it is hung up by."""

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
    """Connected audio; its connection is what it is stopped by."""

    room: str
    id: str
    connection_id: str


class RenderAnswer(Struct, rename="camel"):
    """A page that is published into a room; it has a stream once it has started."""

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
    """Some of a room's renders, and the cursor of the next ones."""

    items: list[RenderAnswer]
    cursor: str | None


def shown(room: Room, content: Mapping[str, Any]) -> dict[str, Any]:
    return {**content, "room": room.name}


def page_start(call: Call, kind: MediaKind, room: str) -> MediaCursor | None:
    """Where the page that is asked for begins.

    Raises:
        InvalidField: The cursor is not of this list.
    """
    cursor = call.query(PageQuery).cursor
    return None if cursor is None else read_media_cursor(cursor, kind, room, call.user.id)


def shown_page(call: Call, kind: MediaKind, room: Room, page: MediaPage) -> dict[str, Any]:
    """What the lists describe."""
    following = page.next_cursor
    cursor = None
    if following is not None:
        cursor = write_media_cursor(following, kind, room.name, call.user.id)
    items: Sequence[Any] = [shown(room, each.content) for each in page.items]
    return {"items": items, "cursor": cursor}
