from collections.abc import Iterator
from typing import Protocol

from chalicelib.core.model.media import Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.support.deadline import Deadline


class MediaStore(Protocol):
    """Keeps media; never stale. Every method raises `StoreUnavailable`."""

    def save(self, media: Media, deadline: Deadline, replacing: Media | None = None) -> bool:
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
