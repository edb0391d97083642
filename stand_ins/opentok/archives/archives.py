"""The archives of all projects, automatic ones included, and their changes over time."""

import threading
from collections.abc import Callable
from typing import Any

from stand_ins.opentok.archives.archive import DELETABLE, STOPPABLE, Archive
from stand_ins.opentok.archives.archive_links import ArchiveLinks
from stand_ins.opentok.archives.archive_request import ArchiveRequest
from stand_ins.opentok.archives.archive_storage import ArchiveStorage
from stand_ins.opentok.archives.compositions import Compositions
from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.rest_errors import ConflictError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.session_record import Change

_RELAYED = "Only routed sessions are allowed to initiate archives."
# OpenTok does not document this text.
_TAG_TAKEN = "Session is already being archived for given tag"
_NOT_STOPPABLE = (
    "You can only stop an archive that has one of the following statuses: "
    "started OR paused OR stopped"
)
_NOT_DELETABLE = (
    "You can only delete an archive that has one of the following statuses: "
    "available OR uploaded OR deleted"
)


class Archives(Compositions[Archive]):
    def __init__(
        self,
        lock: threading.RLock,
        announce: Callable[[Callback], None],
        storage: ArchiveStorage,
        links: ArchiveLinks,
    ) -> None:
        super().__init__(lock, announce, "Not found. You passed in an invalid archive ID.")
        self._storage = storage
        self._links = links

    def start(self, session: Session, wanted: ArchiveRequest, now: float) -> dict[str, Any]:
        """Return the archive's first answer, the only one with times to the millisecond.

        Raises:
            RestError: The session is relayed, deserted, or already archived under this tag.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED, 15008)
            if self._tag_is_taken(session, wanted.tag):
                raise ConflictError(_TAG_TAKEN)
            archive = self._begin(session, wanted, now)
            exact = milliseconds(now)
            return archive.to_json() | {"createdAt": exact, "updatedAt": exact}

    def stop(self, key: str, archive_id: str, now: float) -> dict[str, Any]:
        """Stop the archive; an automatic or stopped archive stays as it is."""
        with self._lock:
            archive = self._records.of_project(key, archive_id)
            if archive.status not in STOPPABLE:
                raise ConflictError(_NOT_STOPPABLE, 15002)
            if archive.running and not archive.automatic:
                self._change(archive, Change("stopped", now, "user initiated"))
            return archive.to_json()

    def delete(self, key: str, archive_id: str, now: float) -> None:
        """Mark the record deleted and leave it out of lists, which OpenTok does not document."""
        with self._lock:
            archive = self._records.of_project(key, archive_id)
            if archive.status not in DELETABLE:
                raise ConflictError(_NOT_DELETABLE, 15004)
            if archive.status != "deleted":
                self._change(archive, Change("deleted", now))

    def session_changed(self, session: Session, now: float) -> None:
        with self._lock:
            super().session_changed(session, now)
            self._begin_automatic(session, now)

    def _change(self, record: Archive, change: Change) -> None:
        super()._change(record, change)
        self._begin_automatic(record.session, change.at)

    def _begin_automatic(self, session: Session, now: float) -> None:
        """Begin an automatic archive if the session wants one and none runs.

        One archive lasts four hours at most; after its end the next one begins.
        """
        options = session.options
        running = any(each.automatic for each in self._running_in(session))
        if options.always_archived and session.connections and not running:
            wanted = ArchiveRequest(
                session.session_id, name=options.archive_name, resolution=options.archive_resolution
            )
            self._begin(session, wanted, now, automatic=True)

    def _begin(
        self, session: Session, wanted: ArchiveRequest, now: float, *, automatic: bool = False
    ) -> Archive:
        archive = Archive(
            session=session,
            created_at=now,
            wanted=wanted,
            storage=self._storage,
            links=self._links,
            automatic=automatic,
        )
        self._add(archive)
        return archive
