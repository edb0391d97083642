"""Fake OpenTok: sessions, tokens, connections and streams."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final
from uuid import UUID

from chalicelib.core.model.connection import Connection, Ending, Participant, Stream
from chalicelib.core.model.room_settings import MediaMode, RoomSettings
from chalicelib.core.ports.video_platform import ClientToken, TokenSpec
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import ProviderRefused, ProviderUnavailable
from tests.fakes.faults import Faults
from tests.fakes.pseudonyms import unsealed

if TYPE_CHECKING:
    from chalicelib.core.model.media_report import MediaReport

PROJECT: Final = "47000001"
_LONGEST_TOKEN_SECONDS: Final = 30 * 86_400
_LONGEST_DATA: Final = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """An event in a session that no callback has reported yet."""

    name: str
    session_id: str
    connection: Connection
    stream: Stream | None = None
    at: datetime | None = None
    ending: Ending = Ending.LEFT


@dataclass(frozen=True, slots=True)
class Signal:
    """A sent signal. Without a connection it went to all."""

    kind: str | None
    data: str
    connection_id: str | None


@dataclass(slots=True)
class FakeSession:
    """A session.

    Args:
        ever_connected: Whether any client was ever connected.
        streams: By id, with the connection that publishes each.
        muted: Ids of streams.
        tones: Played digits, each with the connection that heard them or None for all.
    """

    id: str
    settings: RoomSettings
    location: str | None
    started_at: datetime
    ever_connected: bool = False
    connections: dict[str, Connection] = field(default_factory=dict)
    streams: dict[str, tuple[str, Stream]] = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)
    muted: set[str] = field(default_factory=set)
    mutes_newcomers: bool = False
    tones: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def is_relayed(self) -> bool:
        return self.settings.media_mode is MediaMode.RELAYED


class FakeOpenTok:
    """The video platform, and its clients.

    Attributes:
        events: What no callback has reported yet, in order.
        specs: The contents of each client token, by its text.
        sessions: By id.
        project: The project of the service's credentials.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.faults = Faults(lambda: ProviderUnavailable("OpenTok is away.", retry_after=5))
        self.events: list[Event | MediaReport] = []
        self.specs: dict[str, TokenSpec] = {}
        self.sessions: dict[str, FakeSession] = {}
        self.project = PROJECT
        self._numbers = count(1)

    # The port.

    def project_id(self, deadline: Deadline) -> str:
        with self.faults.call("project_id", deadline):
            return self.project

    def create_session(
        self, settings: RoomSettings, location: str | None, deadline: Deadline
    ) -> str:
        with self.faults.call("create_session", deadline):
            session_id = self.new_id("session")
            self.sessions[session_id] = FakeSession(session_id, settings, location, self.clock())
            return session_id

    def sign_token(self, spec: TokenSpec, deadline: Deadline) -> ClientToken:
        with self.faults.call("sign_token", deadline):
            if spec.session_id not in self.sessions or not self._may_be(spec):
                raise ProviderRefused("No token can be made for this room.")
            text = self.new_id("token")
            self.specs[text] = spec
            return ClientToken(PROJECT, text)

    # Clients.

    def connect(self, token: str) -> str | None:
        """Connect a client. Return its connection's id, or None if the token has expired."""
        with self.faults.lock:
            spec = self.specs[token]
            if not self._is_good(spec):
                return None
            session = self.sessions[spec.session_id]
            participant = Participant.of(spec.connection_data, partial(unsealed, spec.session_id))
            connection = Connection(self.new_id("connection"), self.clock(), participant)
            session.ever_connected = True
            session.connections[connection.id] = connection
            self.events.append(Event("connectionCreated", session.id, connection))
            return connection.id

    def leave(self, connection_id: str, ending: Ending = Ending.LEFT) -> None:
        """Disconnect a client. Its streams end first."""
        with self.faults.lock:
            session = self.session_of(connection_id)
            for stream_id in [*streams_of(session, connection_id)]:
                self.unpublish(stream_id)
            connection = session.connections.pop(connection_id)
            self.events.append(
                Event("connectionDestroyed", session.id, connection, at=self.clock(), ending=ending)
            )

    def publish(self, connection_id: str, name: str = "", video_type: str | None = "camera") -> str:
        """Publish a stream and return its id."""
        with self.faults.lock:
            session = self.session_of(connection_id)
            stream_id = str(UUID(int=next(self._numbers)))
            stream = Stream(stream_id, name, video_type, self.clock())
            session.streams[stream.id] = connection_id, stream
            if session.mutes_newcomers:
                session.muted.add(stream.id)
            connection = session.connections[connection_id]
            self.events.append(Event("streamCreated", session.id, connection, stream))
            return stream.id

    def unpublish(self, stream_id: str) -> None:
        with self.faults.lock:
            (session,) = (each for each in self.sessions.values() if stream_id in each.streams)
            connection_id, stream = session.streams.pop(stream_id)
            connection = session.connections[connection_id]
            self.events.append(
                Event("streamDestroyed", session.id, connection, stream, at=self.clock())
            )

    # For other fakes and for tests.

    def entered(self, session_id: str) -> FakeSession | None:
        """Return the session if a client ever connected. OpenTok's REST API knows no other."""
        session = self.sessions.get(session_id)
        return session if session is not None and session.ever_connected else None

    def session_of(self, connection_id: str) -> FakeSession:
        """Return the session that a client is connected to."""
        (found,) = (each for each in self.sessions.values() if connection_id in each.connections)
        return found

    def connected(self, session_id: str) -> Collection[str]:
        """Return the ids of all connections."""
        return set(self.sessions[session_id].connections)

    def new_id(self, what: str) -> str:
        return f"{what}-{next(self._numbers)}"

    def _may_be(self, spec: TokenSpec) -> bool:
        """Return True if OpenTok would accept such a token. The SDK makes no other."""
        now = int(self.clock().timestamp())
        lives = now <= spec.expires_at <= now + _LONGEST_TOKEN_SECONDS
        classes = " ".join(spec.layout_classes)
        return lives and max(len(spec.connection_data), len(classes)) <= _LONGEST_DATA

    def _is_good(self, spec: TokenSpec) -> bool:
        return spec.expires_at > self.clock().timestamp()


def streams_of(session: FakeSession, connection_id: str) -> Iterator[str]:
    """Iterate over the ids of the streams that a connection publishes."""
    return (each for each, (owner, _) in session.streams.items() if owner == connection_id)
