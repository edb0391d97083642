"""The records of sessions: a store that makes due changes and announces them."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.project_records import Page, ProjectRecords
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_record import Change, SessionRecord

_Record = TypeVar("_Record", bound=SessionRecord)


class SessionRecords(Generic[_Record]):
    """A store of records; it announces every change in order of time. Safe under threads.

    Args:
        lock: The lock of the sessions, so that a session and its records change together.
        absent: OpenTok's text for a missing record.
    """

    def __init__(
        self, lock: threading.RLock, announce: Callable[[Callback], None], absent: str
    ) -> None:
        self._lock = lock
        self._announce = announce
        self._records = ProjectRecords[_Record](absent)

    def get(self, key: str, record_id: str) -> dict[str, Any]:
        """Return a record of the project, or raise RestError if there is none with this id."""
        with self._lock:
            return self._records.of_project(key, record_id).to_json()

    def inspect(self, record_id: str) -> dict[str, Any]:
        """Return a record of any project, or raise AbsentError if there is none with this id."""
        with self._lock:
            return self._records.find(record_id).to_json()

    def page(self, key: str, page: Page) -> dict[str, Any]:
        """Return the records that are not deleted, newest first."""
        with self._lock:
            found = self._records.newest_first(key, page.session_id)
            return page.of([each.to_json() for each in found if each.status != "deleted"])

    def move(self, record_id: str, change: Change) -> dict[str, Any]:
        """Make this change to the record now, whatever its status.

        Raises:
            AbsentError: There is no such record.
        """
        with self._lock:
            record = self._records.find(record_id)
            self._change(record, change)
            return record.to_json()

    def session_changed(self, session: Session, now: float) -> None:
        """Make the changes that the session's connections and streams cause."""
        with self._lock:
            for record in self._running_in(session):
                change = record.follow_session(now)
                if change is not None:
                    self._change(record, change)

    def advance(self, now: float) -> None:
        """Make all changes that are due by the clock."""
        with self._lock:
            for record in self._records.all():
                while (due := record.next_change()) is not None and due.at <= now:
                    self._change(record, due)

    def clear(self) -> None:
        """Forget all records without an announcement."""
        with self._lock:
            self._records.clear()

    def _add(self, record: _Record) -> None:
        self._records.add(record)
        self._announce_change(record)

    def _change(self, record: _Record, change: Change) -> None:
        record.become(change)
        self._announce_change(record)

    def _announce_change(self, record: _Record) -> None:
        self._announce(record.callback())
        record.tell_clients()

    def _running_in(self, session: Session) -> list[_Record]:
        return [each for each in self._records.all() if each.session is session and each.running]
