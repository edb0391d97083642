"""A small model of OpenTok: connected clients, their tokens, and undelivered callbacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from threading import RLock

from chalicelib.core.model.connection import Connection, Participant, Stream
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.ports.video_platform import (
    ClientToken,
    ListedConnection,
    ListedStream,
    TokenSpec,
)
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderUnavailable
from tests.support.interleaving.scheduler import Fault, outside


@dataclass(frozen=True)
class Event:
    """A session callback that is still to be delivered."""

    name: str
    session_id: str
    connection: Connection
    stream: Stream | None = None

    def __repr__(self) -> str:
        what = self.connection.id if self.stream is None else self.stream.id
        return f"{self.name} {what}"


@dataclass(frozen=True)
class Token:
    """A client token, kept by its client."""

    text: str
    spec: TokenSpec

    def __repr__(self) -> str:
        return self.text


class OpenTokModel:
    """A model that implements both of OpenTok's ports, and the clients' side.

    Attributes:
        events: Callbacks not yet delivered. They are sorted, so that clients disconnected by
            several threads at once make no difference.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sessions: dict[str, datetime] = {}
        self._connected: dict[str, dict[str, Connection]] = {}
        self._streams: dict[str, dict[str, Stream]] = {}
        self._lock = RLock()
        self._numbers = count(1)
        self.tokens: dict[str, Token] = {}
        self.events: list[Event] = []

    # Calls by clients.

    def connect(self, token: Token) -> Connection | None:
        """Connect a client, or return None if the token is no longer valid."""
        now = self._clock()
        if token.spec.expires_at <= now.timestamp():
            return None
        participant = Participant.of(token.spec.connection_data)
        connection_id = f"{participant.user_id}-{next(self._numbers)}"
        connection = Connection(connection_id, now, participant)
        self._connected[token.spec.session_id][connection.id] = connection
        self._add_event(Event("connectionCreated", token.spec.session_id, connection))
        return connection

    def publish(self, connection: Connection) -> None:
        session_id = self._session_of(connection)
        stream = Stream(f"stream-{next(self._numbers)}", "", "camera", self._clock())
        self._streams.setdefault(connection.id, {})[stream.id] = stream
        self._add_event(Event("streamCreated", session_id, connection, stream))

    def leave(self, connection: Connection) -> None:
        self._end(self._session_of(connection), connection.id)

    # Questions about the state.

    def everybody(self) -> list[Connection]:
        """Return all clients of all sessions."""
        return [each for clients in self._connected.values() for each in clients.values()]

    def clients(self, session_id: str) -> list[Connection]:
        return list(self._connected.get(session_id, {}).values())

    def published(self, connection: Connection) -> int:
        """Return the number of streams that a client publishes."""
        return len(self._streams.get(connection.id, ()))

    def published_in(self, session_id: str) -> set[str]:
        return {
            stream for each in self.clients(session_id) for stream in self._streams.get(each.id, ())
        }

    @property
    def session_ids(self) -> list[str]:
        return list(self._sessions)

    # Calls by Roomkey.

    def project_id(self, deadline: Deadline) -> str:  # noqa: ARG002  known without asking
        return "project"

    def sign_token(self, spec: TokenSpec, deadline: Deadline) -> ClientToken:  # noqa: ARG002
        token = Token(f"token-{next(self._numbers)}", spec)
        self.tokens[token.text] = token
        return ClientToken("project", token.text)

    def create_session(
        self,
        settings: RoomSettings,  # noqa: ARG002  all sessions are alike here
        location: str | None,  # noqa: ARG002  as above
        deadline: Deadline,  # noqa: ARG002  it never comes
    ) -> str:
        return outside(self._create_session, _failure)

    def session_started(self, session_id: str) -> datetime | None:
        return self._sessions.get(session_id)

    def connections(
        self,
        session_id: str,
        deadline: Deadline,  # noqa: ARG002  it never comes
    ) -> Sequence[ListedConnection]:
        return outside(
            lambda: [ListedConnection(each.id, each.since) for each in self.clients(session_id)],
            _failure,
        )

    def streams(
        self,
        session_id: str,
        deadline: Deadline,  # noqa: ARG002  it never comes
    ) -> Sequence[ListedStream]:
        return outside(
            lambda: [
                ListedStream(each, "", None) for each in sorted(self.published_in(session_id))
            ],
            _failure,
        )

    def disconnect(
        self,
        session_id: str,
        connection_id: str,
        deadline: Deadline,  # noqa: ARG002  it never comes
    ) -> bool:
        return outside(partial(self._end, session_id, connection_id), _failure)

    def signal(
        self,
        session_id: str,
        connection_id: str | None,  # noqa: ARG002  only warnings to all are sent here
        kind: str | None,  # noqa: ARG002  as above
        data: str,  # noqa: ARG002  as above
        deadline: Deadline,  # noqa: ARG002  it never comes
    ) -> bool:
        return outside(lambda: bool(self.clients(session_id)), _failure)

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        raise NotImplementedError

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        raise NotImplementedError

    def _create_session(self) -> str:
        session_id = f"session-{next(self._numbers)}"
        self._sessions[session_id] = self._clock()
        self._connected[session_id] = {}
        return session_id

    def _end(self, session_id: str, connection_id: str) -> bool:
        with self._lock:
            connection = self._connected[session_id].pop(connection_id, None)
            if connection is None:
                return False
            for stream in self._streams.pop(connection_id, {}).values():
                self._add_event(Event("streamDestroyed", session_id, connection, stream))
            self._add_event(Event("connectionDestroyed", session_id, connection))
            return True

    def _add_event(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)
            self.events.sort(key=repr)

    def _session_of(self, connection: Connection) -> str:
        (found,) = (
            session_id
            for session_id, clients in self._connected.items()
            if connection.id in clients
        )
        return found


def _failure(fault: Fault) -> ProviderUnavailable | None:
    if fault in {Fault.THROTTLED, Fault.CONFLICT, Fault.LOST}:
        return ProviderUnavailable("OpenTok is away.")
    return None
