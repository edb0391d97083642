"""The calls that archives and broadcasts have in common."""

from typing import Any, TypeVar

import msgspec

from stand_ins.opentok.archives.composition import Composition
from stand_ins.opentok.archives.composition_request import StreamPatch
from stand_ins.opentok.layout import Layout
from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_records import SessionRecords

NOBODY_CONNECTED = "Not found. No clients are actively connected to the OpenTok session."

_Composed = TypeVar("_Composed", bound=Composition)


class Compositions(SessionRecords[_Composed]):
    def arrange(self, key: str, record_id: str, layout: Layout, now: float) -> dict[str, Any]:
        """Change the layout, and return the record."""
        with self._lock:
            record = self._records.of_project(key, record_id)
            record.arrange(layout, now)
            return record.to_json()

    def patch_streams(self, key: str, record_id: str, patch: StreamPatch, now: float) -> None:
        with self._lock:
            self._records.of_project(key, record_id).patch_streams(patch, now)

    def inspect(self, record_id: str) -> dict[str, Any]:
        """Return the record with its layout, which OpenTok shows to nobody."""
        with self._lock:
            layout = self._records.find(record_id).layout
            return super().inspect(record_id) | {"layout": msgspec.to_builtins(layout)}

    def _tag_is_taken(self, session: Session, tag: str | None) -> bool:
        """Return True if a record with this tag runs in the session.

        Raises:
            AbsentError: Nobody is connected to the session.
        """
        if not session.connections:
            raise AbsentError(NOBODY_CONNECTED, code=None)
        return tag in {each.wanted.tag for each in self._running_in(session)}
