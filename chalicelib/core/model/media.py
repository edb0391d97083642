"""What a room's session is made into: archives, broadcasts, captions, renders.

Each is kept as OpenTok last told it, and its status only moves forward, in whatever order answers
and callbacks come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class MediaKind(StrEnum):
    """What there is, by OpenTok's own names; a render is of the Experience Composer."""

    ARCHIVE = "archive"
    BROADCAST = "broadcast"
    CAPTIONS = "captions"
    RENDER = "render"


STOPPED: Final = "stopped"
UPLOADED: Final = "uploaded"
"""To a storage of the owner's."""
AVAILABLE: Final = "available"
"""At the platform, for some days."""
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
    """One archive, broadcast, render, or a room's captions.

    Args:
        room_id: The room it belongs to, whatever becomes of the session.
        content: OpenTok's own object, without what nobody may see.
        updated_at: When OpenTok last changed it, as far as it tells.
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
        """Whether it may be; of a status that is not known here, it may."""
        return self.status in _RUNNING[self.kind] or self.status not in _RANKS

    @property
    def may_change(self) -> bool:
        """Whether more is to be heard of it than that it is gone; an archive becomes a file yet."""
        if self.kind is MediaKind.ARCHIVE:
            return self.rank < _RANKS[AVAILABLE]
        return self.is_running

    @property
    def rank(self) -> int:
        """How far along its status is; one that is not known here counts as running."""
        return _RANKS.get(self.status, 1)


@dataclass(frozen=True, slots=True)
class MediaCursor:
    """Where a list goes on: after the one of this id and time of creation."""

    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MediaPage:
    """Some of a room's media, and where the next ones start; None where there are no more."""

    items: tuple[Media, ...]
    next_cursor: MediaCursor | None


NOT_ROUTED: Final = "This room's media go from client to client; make a room with mediaMode routed."


STREAMS_NOT_MANUAL: Final = "It takes its streams by itself; start one with streamMode manual."
