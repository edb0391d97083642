"""What a room's session is made into: archives, broadcasts, captions, renders.

Each is kept as OpenTok last told it, and its status only moves forward, in whatever order answers
and callbacks come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from chalicelib.core.support.deadline import Deadline


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


class MediaStore(Protocol):
    """Keeps media; never stale. Every method raises `StoreUnavailable`."""

    def keep(self, media: Media, deadline: Deadline, replacing: Media | None = None) -> bool:
        """UpdateBuilder it, unless what is on record is further along; False if it is.

        What the content does not tell stays as it was told before, and of what is less far along
        that is kept which nothing else told. One that is deleted loses what it tells, is forgotten
        after a while, and never found or listed again.

        Args:
            media: How it stands.
            deadline: By when to have it written.
            replacing: What was on record and is wrong, however far along; unless that has changed.
        """

    def find(
        self, room_id: str, kind: MediaKind, media_id: str, deadline: Deadline
    ) -> Media | None:
        """The one of this id, if it is the room's."""

    def page(
        self,
        room_id: str,
        kind: MediaKind,
        start: MediaCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> MediaPage:
        """Some of the room's, newest first."""

    def iter_oldest_first(
        self, room_id: str, kind: MediaKind, deadline: Deadline
    ) -> Iterator[Media]:
        """All of the room's, read as they are looked at."""

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        """All of the room's, of every kind, that have not ended as far as is known."""
