"""Port: the record of archives, broadcasts, captions and renders."""

from collections.abc import Iterator
from typing import Protocol

from chalicelib.core.model.media import Media, MediaCursor, MediaKind, MediaPage
from chalicelib.core.support.deadline import Deadline


class MediaStore(Protocol):
    """The record of media; its reads are never stale. Every method raises `StoreUnavailable`."""

    def save(self, media: Media, deadline: Deadline, replacing: Media | None = None) -> bool:
        """Merge the media item into the stored record; return False if the record is newer.

        Fields missing from a newer item keep their stored values. An older item only fills in
        fields that are not stored yet. A deleted record loses its content, is never found or
        listed again, and expires later.

        Args:
            media: The item as it is now.
            deadline: The time by which this must be written.
            replacing: A record known to be wrong. It is overwritten however new it is, unless it
                has changed meanwhile.
        """

    def find(
        self, room_id: str, kind: MediaKind, media_id: str, deadline: Deadline
    ) -> Media | None:
        """Return the room's item of this id, if there is one."""

    def page(
        self,
        room_id: str,
        kind: MediaKind,
        start: MediaCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> MediaPage:
        """Return some of the room's items, newest first."""

    def iter_oldest_first(
        self, room_id: str, kind: MediaKind, deadline: Deadline
    ) -> Iterator[Media]:
        """Return all of the room's items, read page by page while they are consumed."""

    def running(self, room_id: str, deadline: Deadline) -> list[Media]:
        """Return the room's items of every kind that have not ended on record."""
