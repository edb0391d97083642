"""What the rules need from outside, told in their own terms.

Every call takes the request's deadline and answers or raises before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.model.role import Role
from chalicelib.core.model.room import Room, RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.support.deadline import Deadline

Clock = Callable[[], datetime]
"""Now, aware and in UTC."""


@dataclass(frozen=True, slots=True)
class RoomCursor:
    """Where a list of rooms goes on: after the room of this name and time of creation."""

    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Some rooms, and where the next ones start; None where there are no more."""

    rooms: tuple[Room, ...]
    next_cursor: RoomCursor | None


class Identity(Protocol):
    """The app's own identity provider."""

    def user(self, authorization: str | None) -> User:
        """The caller, from the value of the Authorization header.

        Raises:
            Unauthenticated: There is no bearer, or it is not one to be trusted.
            IdentityUnavailable: The provider's keys cannot be had at the moment.
        """


class RoomStore(Protocol):
    """Keeps rooms. Names are compared without case.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def find(self, name: str, deadline: Deadline) -> Room | None:
        """The latest room of this name, closed ones included; never stale."""

    def create(self, room: Room, replaced: Room | None, deadline: Deadline) -> Room:
        """Put the room if its name is unused or still held by the closed room `replaced`.

        Returns:
            The room that stands afterwards: this one, or the one that was there first.
        """

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> Room:
        """Mark the room as closed for good. Repeating it, or a newer room, changes nothing.

        Returns:
            The room as it stood, with another session if it was opened again meanwhile.
        """

    def change(self, before: Room, after: Room, now: datetime, deadline: Deadline) -> None:
        """UpdateBuilder what differs, if the room is of the revision it was read at; one more afterwards.

        With a new session, that of before is retired from now on.

        Raises:
            StaleRoom: The room has changed meanwhile.
        """

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """The rooms this user created and has not deleted, newest first."""


class RoomAccess(Protocol):
    """Finds rooms for those who may see or control them; also raises as `RoomStore` does."""

    def one(self, user: User, name: str, deadline: Deadline) -> Room:
        """The room of this name, open or closed.

        Raises:
            RoomNotFound: There is none, or it is not for this user.
        """

    def moderated(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """The room of this name, for somebody who may control it.

        Raises:
            RoomNotFound: As for `one`.
            NotAModerator: The user may see it, but not do `to_do`.
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
