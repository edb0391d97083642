"""Media: what OpenTok makes of a room's session, such as archives and broadcasts.

Each record holds what OpenTok last reported. A status only moves forward, because answers and
callbacks arrive in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.support.formats import parse_object


class MediaKind(StrEnum):
    """The kinds of media, by OpenTok's own names; renders are the Experience Composer's."""

    ARCHIVE = "archive"
    BROADCAST = "broadcast"
    CAPTIONS = "captions"
    RENDER = "render"


STOPPED: Final = "stopped"
UPLOADED: Final = "uploaded"
"""The file is in the operator's bucket."""
AVAILABLE: Final = "available"
"""The file is at OpenTok, for 72 hours."""
FAILED: Final = "failed"
EXPIRED: Final = "expired"
DELETED: Final = "deleted"

_RUNNING: Final = {
    MediaKind.ARCHIVE: ("started", "paused"),
    MediaKind.BROADCAST: ("started",),
    MediaKind.CAPTIONS: ("started",),
    MediaKind.RENDER: ("starting", "started"),
}
_RANKS: Final = {
    "starting": 0,
    "started": 1,
    "paused": 1,
    STOPPED: 2,
    UPLOADED: 3,
    AVAILABLE: 3,
    FAILED: 3,
    EXPIRED: 4,
    DELETED: 5,
}


@dataclass(frozen=True, slots=True)
class Media:
    """One archive, broadcast or render, or a room's captions.

    Args:
        room_id: The room that owns the item, even after the room's session changes.
        content: OpenTok's own object, without secrets.
        updated_at: The time of OpenTok's last change, or of the report if OpenTok names none.
    """

    kind: MediaKind
    id: str
    room_id: str
    session_id: str
    status: str
    created_at: datetime
    updated_at: datetime
    content: Mapping[str, object]

    @property
    def is_running(self) -> bool:
        """Return True if the item may be running; an unknown status counts as running."""
        return self.status in _RUNNING[self.kind] or self.status not in _RANKS

    @property
    def is_final(self) -> bool:
        """Return True if the state can no longer change, except by deletion.

        An archive that has stopped is final only when its file exists or will never exist.
        """
        if self.kind is MediaKind.ARCHIVE:
            return self.rank >= _RANKS[AVAILABLE]
        return not self.is_running

    @property
    def rank(self) -> int:
        """The position of its status in the life cycle; an unknown status counts as running."""
        return _RANKS.get(self.status, 1)


@dataclass(frozen=True, slots=True)
class MediaCursor:
    """The position in a list after the item of this id and time of creation."""

    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MediaPage:
    """Some of a room's media, and the cursor of the next page; None after the last page."""

    items: tuple[Media, ...]
    next_cursor: MediaCursor | None


def recordable(media: Media) -> Media:
    """Return the item without the URL of an archive's file.

    Anyone who has the URL can fetch the file, and ten minutes later nobody can.
    """
    if media.kind is not MediaKind.ARCHIVE:
        return media
    content = {**media.content, "url": None}
    transcription = parse_object(content.get("transcription"))
    if "url" in transcription:
        content["transcription"] = {**transcription, "url": None}
    return replace(media, content=content)
