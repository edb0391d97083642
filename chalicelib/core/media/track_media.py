"""What sessions are made into, as OpenTok tells it: kept under the room it belongs to.

Callbacks come twice, late and out of order, and answers may cross them; the store only lets a
status move forward.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from chalicelib.core.model.connection import Session
from chalicelib.core.model.media import DELETED, STOPPED, Media, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import parse_object
from chalicelib.core.support.timestamps import Clock


def _without_addresses(archive: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who has a file's address may fetch the file, and in ten minutes nobody may."""
    kept = {**archive, "url": None}
    transcription = parse_object(archive.get("transcription"))
    if "url" in transcription:
        kept["transcription"] = {**transcription, "url": None}
    return kept


def _ended(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without where it was to be watched, as OpenTok has it then."""
    urls = {"broadcastUrls": None} if "broadcastUrls" in content else {}
    return {**content, "status": STOPPED, **urls}


_KEPT: Final[Mapping[MediaKind, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = {
    MediaKind.ARCHIVE: _without_addresses,
}
"""What of a kind's content is kept, where it is not all of it."""


class MediaTracker:
    """Keeps up with what sessions are made into.

    Args:
        find_session: Finds one of ours, as `SessionTracker.find` does.
        store: Where they are kept.
        clock: Now.
    """

    def __init__(
        self,
        find_session: Callable[[str, Deadline], Session | None],
        store: MediaStore,
        clock: Clock,
    ) -> None:
        self._find_session = find_session
        self._store = store
        self._clock = clock

    def on_callback(self, report: MediaReport, deadline: Deadline) -> None:
        """Keep what a callback tells, if its session is ours.

        Raises:
            SessionUnknown: The session is so young that it may still become one of ours.
        """
        session = self._find_session(report.session_id, deadline)
        if session is not None:
            self.save(report, session.room_id, deadline)

    def save(
        self,
        report: MediaReport,
        room_id: str,
        deadline: Deadline,
        replacing: Media | None = None,
    ) -> Media:
        """Keep it, unless more is on record that is not to be replaced; as it was told."""
        media = report.to_media(room_id)
        kept = _KEPT.get(report.kind)
        content = media.content if kept is None else kept(media.content)
        self._store.save(replace(media, content=content), deadline, replacing)
        return media

    def mark_ended(self, media: Media, deadline: Deadline) -> Media:
        """Have it on record as ended.

        As of when it was last told of: what OpenTok may yet tell of its end is the later word.
        """
        ended = replace(media, status=STOPPED, content=_ended(media.content))
        self._store.save(ended, deadline)
        return ended

    def mark_deleted(self, media: Media, deadline: Deadline) -> None:
        """Have it on record as deleted."""
        gone = replace(media, status=DELETED, updated_at=self._clock())
        self._store.save(gone, deadline)
