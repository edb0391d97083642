"""Live captions: at most one run per session, which the server only starts and stops."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.captions.captions_request import CaptionsRequest
from stand_ins.opentok.rest_errors import AbsentError, ConflictError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.session_record import Change, SessionRecord
from stand_ins.opentok.sessions.session_records import SessionRecords

_DEFAULT_LANGUAGE = "en-US"
_DEFAULT_SECONDS = 14_400
_ABSENT = "Captions not found"
_ALREADY = "Audio captioning is already enabled"
# OpenTok does not document this text.
_RELAYED = "Only routed sessions are allowed to initiate captions."


@dataclass(kw_only=True)
class CaptionsRun(SessionRecord):
    wanted: CaptionsRequest

    def next_change(self) -> Change | None:
        if not self.running:
            return None
        full_at = self.created_at + (self.wanted.max_duration or _DEFAULT_SECONDS)
        if full_at < self.deserted_until:
            return Change("stopped", full_at, "Maximum duration exceeded")
        return Change("stopped", self.deserted_until, "Session ended")

    def callback(self) -> Callback:
        url = self.wanted.status_callback_url
        return Callback("captions", self.key, "captions/status", self.to_json(), url)

    def to_json(self) -> dict[str, Any]:
        """Return the content of callbacks, whose fields are a guess; REST answers the same."""
        return {
            "captionId": self.record_id,
            "projectId": self.key,
            **({} if self.key.isdecimal() else {"applicationId": self.key}),
            "sessionId": self.session_id,
            "status": self.status,
            "createdAt": milliseconds(self.created_at),
            "updatedAt": milliseconds(self.updated_at),
            "duration": int(self.updated_at - self.created_at),
            "languageCode": self.wanted.language_code or _DEFAULT_LANGUAGE,
            "reason": self.reason,
            "provider": "aws-transcribe",
            "group": "captions",
        }


class Captions(SessionRecords[CaptionsRun]):
    def __init__(self, lock: threading.RLock, announce: Callable[[Callback], None]) -> None:
        super().__init__(lock, announce, _ABSENT)

    def start(self, session: Session, wanted: CaptionsRequest, now: float) -> str:
        """Start captions, and return the new run's id.

        Raises:
            ConflictError: The session is relayed, or has captions already.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED)
            if self._running_in(session):
                raise ConflictError(_ALREADY, 60003)
            run = CaptionsRun(session=session, created_at=now, wanted=wanted)
            run.follow_session(now)
            self._add(run)
            return run.record_id

    def stop(self, key: str, captions_id: str, now: float) -> None:
        """Stop captions, or raise AbsentError if there are none or they have stopped."""
        with self._lock:
            run = self._records.of_project(key, captions_id)
            if not run.running:
                raise AbsentError(_ABSENT)
            self._change(run, Change("stopped", now))
