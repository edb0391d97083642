from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import Role
from chalicelib.core.support.deadline import Deadline

OWN_SIGNALS: Final = "roomkey-"
"""What the types of the service's own signals begin with: apps act upon them."""


@dataclass(frozen=True, slots=True)
class ListedConnection:
    """A connection as the platform lists it."""

    id: str
    since: datetime


class ConnectionControl(Protocol):
    """What can be asked of, and done to, those connected to a session.

    Every method raises `NotConfigured`, `ProviderRefused` and `ProviderUnavailable` as
    `VideoPlatform` does.
    """

    def session_started(self, session_id: str) -> datetime | None:
        """When a session was made, if its id tells."""

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        """Who is connected; empty where nobody ever was."""

    def stream_ids(self, session_id: str, deadline: Deadline) -> Collection[str]:
        """The streams published."""

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        """Force a client out; False if it is not connected to this session."""

    def signal(
        self,
        session_id: str,
        connection_id: str | None,
        kind: str | None,
        data: str,
        deadline: Deadline,
    ) -> bool:
        """Signal to one client or to all; False if there is no such client, or nobody.

        Raises:
            SignalTooLarge: The platform finds it so.
        """

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        """Mute a stream; False if there is none of this id in the session."""

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        """Mute all streams, and those to come, but some; or let those to come be.

        Returns:
            False if nobody is connected.
        """


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """All that goes into a client token.

    Args:
        expires_at: Whole seconds since 1970; no later than 30 days from now.
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
    """What an OpenTok client connects with. Its repr does not show the token."""

    project_id: str
    text: str

    def __repr__(self) -> str:
        return f"ClientToken(project_id={self.project_id!r}, text=...)"


class VideoPlatform(Protocol):
    """OpenTok, or Vonage's unified Video API.

    Every method raises `NotConfigured` without usable credentials, `ProviderRefused` if the
    platform rejects them or the request, and `ProviderUnavailable` if it cannot answer in time.
    """

    def project_id(self, deadline: Deadline) -> str:
        """The API key, or the application id, that clients connect with."""

    def create_session(
        self, settings: RoomSettings, location: str | None, deadline: Deadline
    ) -> str:
        """A new session's id. `location` is an IPv4 address near its first users."""

    def mint_token(self, order: TokenSpec, deadline: Deadline) -> ClientToken:
        """A client token, made here without asking the platform."""
