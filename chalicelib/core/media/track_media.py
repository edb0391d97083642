"""Recording media as OpenTok reports them, under the room that owns the session.

Callbacks come twice, late and out of order, and may overtake answers. The store therefore only
lets a status move forward.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from chalicelib.core.audit.room_entries import audit_session
from chalicelib.core.model.connection import Session
from chalicelib.core.model.media import DELETED, STOPPED, Media, MediaKind, as_recorded
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, epoch_milliseconds

_RECORDING: Final = {
    "started": AuditAction.RECORDING_STARTED,
    STOPPED: AuditAction.RECORDING_STOPPED,
    DELETED: AuditAction.RECORDING_DELETED,
}
"""The statuses that begin and end a recording, or delete it. Automatic ones have no other entry."""


class MediaTracker:
    """Records what OpenTok reports of media.

    Args:
        find_session: Finds a session of this service, as `SessionTracker.find` does.
        store: The record.
        clock: Returns the current time.
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
        """Record a callback's report, if its session belongs to this service.

        Raises:
            SessionUnknown: The session is so young that its room may still be being written.
        """
        session = self._find_session(report.session_id, deadline)
        if session is None:
            return
        action = None
        if report.kind is MediaKind.ARCHIVE:
            action = _RECORDING.get(report.status)
            if action is None and self._ends(report, session.room_id, deadline):
                action = AuditAction.RECORDING_STOPPED
        self.save(report, session.room_id, deadline)
        if action is not None:
            audit_session(action, session, archive=report.id, reported=True)

    def _ends(self, report: MediaReport, room_id: str, deadline: Deadline) -> bool:
        """Return True if this is the first report after the end: the one before is lost."""
        if report.to_media(room_id).is_running:
            return False
        known = self._store.find(room_id, report.kind, report.id, deadline)
        return known is not None and known.is_running

    def save(
        self,
        report: MediaReport,
        room_id: str,
        deadline: Deadline,
        replacing: Media | None = None,
    ) -> Media:
        """Record the report, as `MediaStore.save` does, and return it as a media item."""
        media = report.to_media(room_id)
        self._store.save(as_recorded(media), deadline, replacing)
        return media

    def save_found(self, report: MediaReport, room_id: str, deadline: Deadline) -> bool:
        """Record a report that no callback brought; return False if the record is newer."""
        return self._store.save(as_recorded(report.to_media(room_id)), deadline)

    def mark_ended(self, media: Media, deadline: Deadline) -> Media:
        """Record that it has ended, and return its new state.

        The old `updated_at` is kept, so that OpenTok's own report of the end still counts as newer
        and replaces this assumption. The content alone has the time of this call.
        """
        content = _ended(media.content)
        if media.is_running:
            content = {**content, "updatedAt": epoch_milliseconds(self._clock())}
        ended = replace(media, status=STOPPED, content=content)
        self._store.save(ended, deadline)
        return ended

    def mark_deleted(self, media: Media, deadline: Deadline) -> None:
        """Record that it is deleted."""
        self._store.save(replace(media, status=DELETED, updated_at=self._clock()), deadline)


def _ended(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content with the end's status and, like OpenTok's own, without URLs to watch."""
    urls = {"broadcastUrls": None} if "broadcastUrls" in content else {}
    return {**content, "status": STOPPED, **urls}
