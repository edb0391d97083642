"""SIP calls: OpenTok dials, and the callee becomes a connection and a stream in the session."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.rest_errors import ConflictError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.session_record import Change
from stand_ins.opentok.telephony.connected_record import ConnectedRecord, ConnectedRecords
from stand_ins.opentok.telephony.sip_request import SipTarget
from stand_ins.opentok.tokens.client_tokens import ClientToken
from stand_ins.opentok.tokens.presented_tokens import connect_by_token

_LONGEST_SECONDS = 6 * 3600
_HUNG_UP, _TOO_LONG = "700", "705"
_SAID = MappingProxyType({_HUNG_UP: "Normal hangup", _TOO_LONG: "Maximum duration exceeded"})
# OpenTok does not document this text.
_RELAYED = "Only routed sessions are allowed to initiate SIP calls."


@dataclass(kw_only=True)
class SipCall(ConnectedRecord):
    """A SIP call, which ends with its connection; the reason is a number."""

    def follow_session(self, now: float) -> Change | None:
        return None if self.is_connected else Change("ended", now, _HUNG_UP)

    def next_change(self) -> Change | None:
        if not self.running:
            return None
        return Change("ended", self.created_at + _LONGEST_SECONDS, _TOO_LONG)

    def callback(self) -> Callback:
        event = "created" if self.running else "destroyed"
        ended = {"reason_code": self.reason, "reason_message": _SAID.get(self.reason, "")}
        content = {
            "sessionId": self.session_id,
            "projectId": self.key,
            "event": f"call{event.capitalize()}",
            "timestamp": milliseconds(self.updated_at),
            **({} if self.running else ended),
            "call": {
                "id": self.record_id,
                "connectionId": self.connection_id,
                "createdAt": milliseconds(self.created_at),
            },
        }
        return Callback("sip", self.key, f"sip_call/{event}", content)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.record_id,
            "projectId": self.key,
            "sessionId": self.session_id,
            "connectionId": self.connection_id,
            "streamId": self.stream_id,
            "createdAt": milliseconds(self.created_at),
            "updatedAt": milliseconds(self.updated_at),
        }


class SipCalls(ConnectedRecords[SipCall]):
    def __init__(self, lock: threading.RLock, announce: Callable[[Callback], None]) -> None:
        super().__init__(lock, announce, "Call not found")

    def dial(
        self, session: Session, wanted: SipTarget, token: ClientToken, now: float
    ) -> dict[str, Any]:
        """Dial; the callee answers at once.

        Raises:
            ConflictError: The session is relayed.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED)
            connection = connect_by_token(session, token, now)
            video = "camera" if wanted.video else None
            stream = session.publish(connection, wanted.from_ or "", video, now)
            call = SipCall(
                session=session,
                created_at=now,
                connection_id=connection.connection_id,
                stream_id=stream.stream_id,
            )
            self._add(call)
            return call.to_json()
