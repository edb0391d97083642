"""The archives of all projects, automatic ones included, and what becomes of them with time."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

from local.opentok.archive import DELETABLE, STOPPABLE, Archive
from local.opentok.archive_file import TRANSCRIPT
from local.opentok.archive_links import ArchiveLinks
from local.opentok.archive_request import ArchiveRequest
from local.opentok.archive_storage import ArchiveStorage
from local.opentok.callback import Callback
from local.opentok.composition import Change
from local.opentok.composition_request import StreamPatch
from local.opentok.layout import Layout
from local.opentok.live_session import Session
from local.opentok.project_records import Page, ProjectRecords
from local.opentok.rest_errors import AbsentError, ConflictError
from local.opentok.session_events import milliseconds

NOBODY_CONNECTED = "Not found. No clients are actively connected to the OpenTok session."
_RELAYED = "Only routed sessions are allowed to initiate archives."
# Its text is not documented.
_TAG_TAKEN = "Session is already being archived for given tag"
_NOT_STOPPABLE = (
    "You can only stop an archive that has one of the following statuses: "
    "started OR paused OR stopped"
)
_NOT_DELETABLE = (
    "You can only delete an archive that has one of the following statuses: "
    "available OR uploaded OR deleted"
)


class Archives:
    """Safe under threads. Every change of status is announced.

    Args:
        lock: the sessions' own, so that an archive and its session are of one mind.
        ready_after: seconds from an archive's end to its file, by the clock; infinite where
            nothing but `move` is to bring it there.

    What is due by the clock happens in `advance`.
    """

    def __init__(
        self,
        lock: threading.RLock,
        announce: Callable[[Callback], None],
        storage: ArchiveStorage,
        links: ArchiveLinks,
        *,
        ready_after: float,
    ) -> None:
        self.ready_after = ready_after
        self._lock = lock
        self._announce = announce
        self._storage = storage
        self._links = links
        self._records = ProjectRecords[Archive]("Not found. You passed in an invalid archive ID.")

    def start(self, session: Session, wanted: ArchiveRequest, now: float) -> dict[str, Any]:
        """The archive's first answer, the only one with times to the millisecond.

        Raises:
            RestError: the session is relayed, deserted, or already archived under this tag.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED, 15008)
            if not session.connections:
                raise AbsentError(NOBODY_CONNECTED, code=None)
            if wanted.multi_archive_tag in {
                each.wanted.multi_archive_tag for each in self._recorded(session)
            }:
                raise ConflictError(_TAG_TAKEN)
            archive = self._begin(session, wanted, now)
            exact = milliseconds(now)
            return self._shown(archive, now) | {"createdAt": exact, "updatedAt": exact}

    def stop(self, key: str, archive_id: str, now: float) -> dict[str, Any]:
        with self._lock:
            archive = self._records.of_project(key, archive_id)
            if archive.status not in STOPPABLE:
                raise ConflictError(_NOT_STOPPABLE, 15002)
            if archive.recording and not archive.automatic:
                self._change(archive, Change("stopped", now, "user initiated"))
            return self._shown(archive, now)

    def get(self, key: str, archive_id: str, now: float) -> dict[str, Any]:
        with self._lock:
            return self._shown(self._records.of_project(key, archive_id), now)

    def page(self, key: str, page: Page, now: float) -> dict[str, Any]:
        with self._lock:
            kept = [
                each
                for each in self._records.newest_first(key, page.session_id)
                if each.status != "deleted"
            ]
            return page.of([self._shown(each, now) for each in kept])

    def delete(self, key: str, archive_id: str, now: float) -> None:
        with self._lock:
            archive = self._records.of_project(key, archive_id)
            if archive.status not in DELETABLE:
                raise ConflictError(_NOT_DELETABLE, 15004)
            if archive.status != "deleted":
                self._change(archive, Change("deleted", now))

    def arrange(self, key: str, archive_id: str, layout: Layout, now: float) -> None:
        with self._lock:
            self._records.of_project(key, archive_id).arrange(layout, now)

    def patch_streams(self, key: str, archive_id: str, patch: StreamPatch, now: float) -> None:
        with self._lock:
            self._records.of_project(key, archive_id).patch_streams(patch, now)

    def move(self, archive_id: str, change: Change) -> dict[str, Any]:
        """Let this happen to it now, whatever it is.

        Raises:
            AbsentError: there is no such archive.
        """
        with self._lock:
            archive = self._records.find(archive_id)
            self._change(archive, change)
            return self._shown(archive, change.at)

    def session_changed(self, session: Session, now: float) -> None:
        """Begin, pause, resume and end what goes by who is in the session."""
        with self._lock:
            for archive in self._recorded(session):
                archive.follow_session(now)
                change = archive.pause_or_resume(now)
                if archive.automatic and not session.connections:
                    change = Change("stopped", now, "session ended")
                if change is not None:
                    self._change(archive, change)
            self._begin_automatic(session, now)

    def advance(self, now: float) -> None:
        """Let happen what is due."""
        with self._lock:
            for archive in self._records.all():
                filed_as = self._storage.filed_as(archive.key)
                while (
                    change := archive.next_change(self.ready_after, filed_as)
                ) is not None and change.at <= now:
                    self._change(archive, change)
                    self._begin_automatic(archive.session, change.at)

    def _begin(
        self, session: Session, wanted: ArchiveRequest, now: float, *, automatic: bool = False
    ) -> Archive:
        archive = Archive(
            str(uuid.uuid4()),
            session,
            wanted,
            created_at=now,
            updated_at=now,
            layout=wanted.layout,
            automatic=automatic,
            has_heard=bool(session.streams),
            counted_from=now,
        )
        self._records.add(archive)
        self._tell(archive, now)
        return archive

    def _begin_automatic(self, session: Session, now: float) -> None:
        """Where it should be recorded and is not; after four hours a next one begins."""
        options = session.options
        running = any(each.automatic for each in self._recorded(session))
        if options.always_archived and session.connections and not running:
            wanted = ArchiveRequest(
                session.session_id, name=options.archive_name, resolution=options.archive_resolution
            )
            self._begin(session, wanted, now, automatic=True)

    def _recorded(self, session: Session) -> list[Archive]:
        return [each for each in self._records.all() if each.session is session and each.recording]

    def _change(self, archive: Archive, change: Change) -> None:
        archive.become(change)
        self._tell(archive, change.at)

    def _tell(self, archive: Archive, now: float) -> None:
        content = self._shown(archive, now)
        self._announce(Callback("archive", archive.key, "archive/status", content))

    def _shown(self, archive: Archive, now: float) -> dict[str, Any]:
        archive_id = archive.record_id
        if archive.status != "available":
            return archive.shown(None, None)
        return archive.shown(
            self._links.new(archive_id, archive.file_name, now),
            self._links.new(archive_id, TRANSCRIPT, now),
        )
