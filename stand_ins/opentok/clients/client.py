"""One client of the socket: its requests, done in its session."""

from dataclasses import dataclass
from typing import Any

import msgspec

from stand_ins.opentok.clients.client_requests import (
    ChangeStream,
    Connect,
    Disconnect,
    ForceDisconnect,
    ForceMute,
    ForceUnpublish,
    Publish,
    Relay,
    Request,
    Resume,
    Signal,
    Unpublish,
)
from stand_ins.opentok.clients.outbox import Outbox, Outboxes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.client_messages import connection_message, stream_message
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.participants import Connection, Stream
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.sessions.signals import SignalTooLongError, check_lengths
from stand_ins.opentok.tokens.client_tokens import verify_client_token
from stand_ins.opentok.tokens.expiry_plan import ExpiryPlan
from stand_ins.opentok.tokens.token_errors import TokenRefusedError

GRACE_SECONDS = 20.0
"""The time in which a client may resume after its socket was lost."""


class ClientRefusedError(Exception):
    """A request is refused; `name` is the name that OpenTok.js gives to the error."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "message": str(self)}


class ClientGate:
    """The way in for clients: it judges tokens, and lets clients come back."""

    def __init__(
        self, sessions: Sessions, outboxes: Outboxes, known: KnownCredentials, expiry: ExpiryPlan
    ) -> None:
        self.expiry = expiry
        self._sessions = sessions
        self._outboxes = outboxes
        self._known = known

    def connect(self, greeting: Connect, now: float) -> Outbox:
        """Connect a new client.

        Raises:
            ClientRefusedError: OpenTok would refuse the token for this session.
        """
        try:
            genuine = verify_client_token(greeting.token, self._known, self.expiry.judged_at())
            if genuine.session_id != greeting.session_id:
                raise TokenRefusedError("Invalid session ID for this token")
            with self._sessions.lent(genuine.session_id) as session:
                if session.key != genuine.key:
                    raise TokenRefusedError("Session belongs to another project")
                connection = session.connect(
                    genuine.role, genuine.data, genuine.layout_classes, now
                )
                outbox = self._outboxes.open(connection.connection_id, session.session_id, now)
                outbox.put(_welcome(session, connection, outbox))
                return outbox
        except (TokenRefusedError, AbsentError) as error:
            raise ClientRefusedError("OT_AUTHENTICATION_ERROR", str(error)) from error

    def resume(self, greeting: Resume) -> Outbox:
        """Return the outbox of a client that comes back.

        Raises:
            ClientRefusedError: The connection ended long ago, the secret is another's, or too much
                was missed.
        """
        with self._sessions.locked():
            outbox = self._outboxes.get(greeting.connection_id)
            if outbox is None or outbox.secret != greeting.secret:
                raise ClientRefusedError("OT_NOT_CONNECTED", "The connection has ended.")
            if not outbox.keeps_all_after(greeting.received):
                raise ClientRefusedError("OT_NOT_CONNECTED", "The client has missed too much.")
            return outbox

    def advance(self, now: float) -> None:
        """End the connections whose clients have not come back in time."""
        with self._sessions.locked():
            self._outboxes.forget_closed_before(now - GRACE_SECONDS)
            lost = self._outboxes.detached_before(now - GRACE_SECONDS)
        for outbox in lost:
            with self._sessions.lent(outbox.session_id) as session:
                if outbox.connection_id in session.connections:
                    session.disconnect(outbox.connection_id, "networkDisconnected", now)


@dataclass(frozen=True)
class Client:
    """A connected client."""

    sessions: Sessions
    outbox: Outbox

    def handle(self, request: Request, now: float) -> None:
        """Do what is asked, and put the answer into the outbox."""
        if request.request <= self.outbox.handled:
            return  # A client that came back repeats what may have been lost.
        self.outbox.handled = request.request
        answer: dict[str, Any] = {"type": "answer", "request": request.request}
        with self.sessions.lent(self.outbox.session_id) as session:
            try:
                result = self._result(session, request, now)
            except ClientRefusedError as error:
                self.outbox.put(answer | {"error": error.to_json()})
            except (AbsentError, SignalTooLongError) as error:
                refusal = ClientRefusedError("OT_INVALID_PARAMETER", str(error))
                self.outbox.put(answer | {"error": refusal.to_json()})
            else:
                self.outbox.put(answer | result)

    def leave(self, now: float) -> None:
        """End the connection, because the page was closed."""
        with self.sessions.lent(self.outbox.session_id) as session:
            if self.outbox.connection_id in session.connections:
                session.disconnect(self.outbox.connection_id, "clientDisconnected", now)

    def _result(self, session: Session, request: Request, now: float) -> dict[str, Any]:
        connection = session.connections.get(self.outbox.connection_id)
        if connection is None:
            raise ClientRefusedError("OT_NOT_CONNECTED", "You are not connected.")
        match request:
            case Publish():
                return {"stream": stream_message(_publish(session, connection, request, now))}
            case Unpublish():
                _own_stream(session, connection, request.stream_id)
                session.unpublish(request.stream_id, "clientDisconnected", now)
            case ChangeStream():
                stream = _own_stream(session, connection, request.stream_id)
                session.change_stream(stream, request.property, msgspec.to_builtins(request.value))
            case Signal():
                if not connection.signals:
                    raise ClientRefusedError("OT_PERMISSION_DENIED", "The role may not signal.")
                check_lengths(request.signal_type, request.data)
                session.signal_from(connection, request.signal_type, request.data, request.to)
            case Relay():
                if request.content.get("kind") == "subscribe" and not connection.subscribes:
                    raise ClientRefusedError("OT_PERMISSION_DENIED", "The role may not subscribe.")
                session.relay(connection, request.to, request.content)
            case Disconnect():
                session.disconnect(connection.connection_id, "clientDisconnected", now)
            case _:
                _moderate(session, connection, request, now)
        return {}


def _publish(session: Session, connection: Connection, wanted: Publish, now: float) -> Stream:
    if not connection.publishes:
        raise ClientRefusedError("OT_PERMISSION_DENIED", "The token's role may not publish.")
    return session.publish(
        connection,
        wanted.name,
        wanted.video_type,
        now,
        has_audio=wanted.has_audio,
        has_video=wanted.has_video and wanted.video_type is not None,
        video_dimensions=msgspec.to_builtins(wanted.video_dimensions),
    )


def _own_stream(session: Session, connection: Connection, stream_id: str) -> Stream:
    stream = session.stream(stream_id)
    if stream.connection is not connection:
        raise ClientRefusedError("OT_PERMISSION_DENIED", "This stream is another client's.")
    return stream


def _moderate(
    session: Session,
    connection: Connection,
    request: ForceDisconnect | ForceUnpublish | ForceMute,
    now: float,
) -> None:
    if connection.role != "moderator":
        raise ClientRefusedError("OT_PERMISSION_DENIED", "The token's role is not moderator.")
    match request:
        case ForceDisconnect():
            session.disconnect(request.connection_id, "forceDisconnected", now)
        case ForceUnpublish():
            session.unpublish(request.stream_id, "forceUnpublished", now)
        case ForceMute(stream_id=None):
            session.mute_all(active=request.active, excluded=request.excluded)
        case ForceMute(stream_id=str(stream_id)):
            session.mute_stream(stream_id)


def _welcome(session: Session, connection: Connection, outbox: Outbox) -> dict[str, Any]:
    own = connection.connection_id
    moderates = connection.role == "moderator"
    return {
        "type": "connected",
        "connection": connection_message(connection),
        "secret": outbox.secret,
        "graceSeconds": GRACE_SECONDS,
        "capabilities": {
            "publish": int(connection.publishes),
            "subscribe": int(connection.subscribes),
            "forceUnpublish": int(moderates),
            "forceDisconnect": int(moderates),
            "forceMute": int(moderates),
        },
        "connections": [
            connection_message(each)
            for each in session.connections.values()
            if each.connection_id != own
        ],
        "streams": [
            stream_message(each) for each in session.streams.values() if connection.subscribes
        ],
        "archives": [{"id": each, "name": name} for each, name in session.recordings.items()],
    }
