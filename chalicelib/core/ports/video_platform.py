from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import Role
from chalicelib.core.support.deadline import Deadline

OWN_SIGNALS: Final = "roomkey-"
"""The prefix of the types of the service's own signals. Apps react to these signals."""


@dataclass(frozen=True, slots=True)
class ListedConnection:
    """A connection in OpenTok's list."""

    id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ListedStream:
    """A stream in OpenTok's list, which does not say which connection publishes it."""

    id: str
    name: str
    video_type: str | None


class ConnectionControl(Protocol):
    """Lists and controls the clients that are connected to a session.

    Every method raises `NotConfigured` without usable credentials, `ProviderRefused` if OpenTok
    rejects the credentials or the request, and `ProviderUnavailable` if it cannot answer in time.
    """

    def session_started(self, session_id: str) -> datetime | None:
        """Return when a session was created, if its id contains that time."""

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        """Return the connected clients; empty for a session that no client ever joined."""

    def streams(self, session_id: str, deadline: Deadline) -> Sequence[ListedStream]:
        """Return the published streams."""

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        """Disconnect a client. Return False if the client is not connected to this session."""

    def signal(
        self,
        session_id: str,
        connection_id: str | None,
        kind: str | None,
        data: str,
        deadline: Deadline,
    ) -> bool:
        """Send a signal to one client, or to all clients if `connection_id` is None.

        Returns:
            False if that client, or any client at all, is not connected.

        Raises:
            SignalTooLarge: OpenTok rejects the signal's size.
        """

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        """Mute a stream. Return False if the session has no stream of this id."""

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        """Mute all current and future streams, or stop muting future ones.

        Args:
            session_id: The session.
            excluded: The ids of streams that stay as they are.
            deadline: The time by which OpenTok must have answered.
            active: True mutes; False only stops the muting of future streams.

        Returns:
            False if no client is connected.
        """


@dataclass(frozen=True, slots=True)
class LibraryAddress:
    """The address of the client library for browsers.

    Args:
        url: The address of its script.
        hosts: The hosts to which it connects, as a Content-Security-Policy names them.
        inline_styles: True if it writes styles into the page.
    """

    url: str
    hosts: Sequence[str]
    inline_styles: bool = False


class ClientLibrary(Protocol):
    """The platform's client library for browsers."""

    def address(self, deadline: Deadline) -> LibraryAddress:
        """Return its address.

        Raises:
            NotConfigured: No usable credentials are stored.
            StoreUnavailable: The credentials cannot be read in time.
        """


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """The contents of a client token.

    Args:
        expires_at: In whole seconds since 1970; at most 30 days from now.
        connection_data: At most 1000 characters.
        layout_classes: At most 1000 characters, joined by spaces.
    """

    session_id: str
    role: Role
    expires_at: int
    connection_data: str
    layout_classes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ClientToken:
    """A token with which an OpenTok client connects. Its repr does not show the token."""

    project_id: str
    text: str

    def __repr__(self) -> str:
        return f"ClientToken(project_id={self.project_id!r}, text=...)"


class VideoPlatform(Protocol):
    """OpenTok, or Vonage's unified Video API.

    Every method raises `NotConfigured` without usable credentials, `ProviderRefused` if the
    platform rejects the credentials or the request, and `ProviderUnavailable` if it cannot answer
    in time.
    """

    def project_id(self, deadline: Deadline) -> str:
        """Return the API key or the application id with which clients connect."""

    def create_session(
        self, settings: RoomSettings, location: str | None, deadline: Deadline
    ) -> str:
        """Create a session and return its id. `location` is an IPv4 address near its users."""

    def sign_token(self, spec: TokenSpec, deadline: Deadline) -> ClientToken:
        """Sign a client token. The platform is not called, but credentials may be fetched first."""


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """The bounds of the pool's size, in sessions.

    Args:
        least: The size of a pool from which few sessions are taken.
        most: The largest size; 0 switches the pool off and empties it.
    """

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """The facts that a refill leaves for the next one.

    Args:
        project: The project whose sessions are in use; None before the first refill.
        size: The size of that project's pool after the refill.
        taken: The number of sessions that rooms took in each of the last hours, by its beginning.
        abandoned: Other projects that may still have sessions in the pool.
    """

    project: str | None = None
    size: int = 0
    taken: Mapping[datetime, int] = field(default_factory=dict)
    abandoned: frozenset[str] = frozenset()


class SessionTaken(Exception):
    """A room was not created because its session is no longer in the pool."""


class SessionPool(Protocol):
    """A store of sessions that have no room yet, each of one project of OpenTok's.

    Lists may be a moment out of date. `RoomStore.create` takes a session out of the pool, and
    decides who gets it. Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def candidates(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return the ids of up to `limit` of the project's sessions, in random order."""

    def pooled(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return the ids of the project's sessions, up to `limit`."""

    def add_session(self, session_id: str, project: str, now: datetime, deadline: Deadline) -> None:
        """Add a session. If the session is known, even as a room's, nothing changes."""

    def drop_session(
        self, session_id: str, project: str, now: datetime, deadline: Deadline
    ) -> None:
        """Take the session out of the project's pool, if no room has taken it meanwhile."""

    def record(self, deadline: Deadline) -> PoolRecord:
        """Return the record of the last refill."""

    def save_record(self, record: PoolRecord, deadline: Deadline) -> None:
        """Replace the record of the last refill."""
