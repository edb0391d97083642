"""The broadcasts of all projects."""

import threading
from collections.abc import Callable
from typing import Any

from stand_ins.opentok.archives.compositions import Compositions
from stand_ins.opentok.broadcasts.broadcast import Broadcast
from stand_ins.opentok.broadcasts.broadcast_request import BroadcastRequest
from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.rest_errors import AbsentError, ConflictError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_record import Change

_ABSENT = "Broadcast not found"
# Only for archives does OpenTok document its refusal of a relayed or deserted session. The stand-in
# refuses a broadcast in the same way.
_RELAYED = "Only routed sessions are allowed to initiate broadcasts."
_TAG_TAKEN = "Session is already composed for given tag with code 409"


class Broadcasts(Compositions[Broadcast]):
    def __init__(self, lock: threading.RLock, announce: Callable[[Callback], None]) -> None:
        super().__init__(lock, announce, _ABSENT)

    def start(self, session: Session, wanted: BroadcastRequest, now: float) -> dict[str, Any]:
        """Start a broadcast.

        Raises:
            RestError: The session is relayed, deserted, or already broadcast under this tag.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED)
            if self._tag_is_taken(session, wanted.tag):
                raise ConflictError(_TAG_TAKEN, code=None)
            broadcast = Broadcast(session=session, created_at=now, wanted=wanted)
            self._add(broadcast)
            return broadcast.to_json()

    def stop(self, key: str, broadcast_id: str, now: float) -> dict[str, Any]:
        """Stop a broadcast, or raise AbsentError if there is none or it has stopped."""
        with self._lock:
            broadcast = self._records.of_project(key, broadcast_id)
            if not broadcast.running:
                raise AbsentError(_ABSENT)
            self._change(broadcast, Change("stopped", now))
            return broadcast.to_json()
