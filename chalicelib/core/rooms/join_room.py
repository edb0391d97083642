"""Let me in: the way of a join, from a user and a room's name to a client token."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import quote

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.video_platform import ClientToken, TokenSpec, VideoPlatform
from chalicelib.core.rooms.admit_user import AdmittedUser, AdmitUser
from chalicelib.core.rooms.create_room import CreateRoom
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import FieldProblem, InvalidField, RoomClosed

MAX_CONNECTION_DATA_CHARACTERS: Final = 1000
MAX_LAYOUT_CLASSES_CHARACTERS: Final = 1000
MIN_TOKEN_SECONDS: Final = 60
MAX_TOKEN_SECONDS: Final = 2_592_000
"""30 days, OpenTok's own limit."""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """What a caller may ask for when coming in.

    Args:
        role: None for what the room gives.
        lifetime: How long the token may be used to connect; None for the longest allowed.
        name: A display name, used only where the bearer carries none.
        data: The app's own part of the connection data.
        layout_classes: OpenTok's initial layout classes for the streams published.
    """

    role: Role | None = None
    lifetime: timedelta | None = None
    name: str | None = None
    data: str | None = None
    layout_classes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class JoinResult:
    """A user let into a room: all that their app needs to connect."""

    room: Room
    role: Role
    token: ClientToken
    expires_at: datetime
    server_time: datetime
    connect_by: datetime | None = None


class JoinRoom:
    """Issues client tokens to those who may come in.

    Args:
        longest_lifetime: At most 30 days, which is OpenTok's limit.
    """

    def __init__(
        self,
        create_room: CreateRoom,
        admit_user: AdmitUser,
        platform: VideoPlatform,
        clock: Clock,
        *,
        default_room: str,
        longest_lifetime: timedelta,
    ) -> None:
        self._create_room = create_room
        self._admit_user = admit_user
        self._platform = platform
        self._clock = clock
        self.default_room = default_room
        self._longest_lifetime = longest_lifetime

    def join(self, user: User, name: str, request: JoinRequest, deadline: Deadline) -> JoinResult:
        """Let the user into the room of this name.

        Raises:
            InvalidField: The lifetime, the layout classes or the connection data are too long.
            RoomkeyError: As `CreateRoom.find_or_create` and `AdmitUser` say.
        """
        if request.lifetime is not None and request.lifetime > self._longest_lifetime:
            limit = int(self._longest_lifetime.total_seconds())
            raise InvalidField(FieldProblem("expiresIn", f"must be at most {limit} seconds here"))
        if len(" ".join(request.layout_classes)) > MAX_LAYOUT_CLASSES_CHARACTERS:
            raise InvalidField(
                FieldProblem("layoutClasses", "must be at most 1000 characters, joined by spaces")
            )
        # Before anything is made. No role's name is shorter than the one assumed here, so this
        # refuses nothing that would fit once the role is known.
        _connection_data(user, request, request.role or Role.MODERATOR)
        room = self._create_room.find_or_create(user, name, deadline)
        entry = self._admit_user.admit(
            room,
            user,
            request.role,
            deadline,
            lifetime=request.lifetime or self._longest_lifetime,
            check=partial(_connection_data, user, request),
        )
        return self._admission(
            entry, _connection_data(user, request, entry.role), request, deadline
        )

    def join_default(self, user: User, username: str, deadline: Deadline) -> JoinResult:
        """Let the user into the default room as a publisher.

        The connection data is `username=...&userId=...`, percent-encoded, so that no name can add
        a field or pass for somebody else's id.

        Raises:
            InvalidField: The name is too long.
            RoomkeyError: As for `join`.
        """
        data = f"username={quote(username, safe='')}&userId={quote(user.id, safe='')}"
        _check_length(data, "username", "user's id")
        room = self._create_room.find_or_create(user, self.default_room, deadline)
        entry = self._admit_user.admit(
            room, user, Role.PUBLISHER, deadline, lifetime=self._longest_lifetime
        )
        return self._admission(entry, data, JoinRequest(), deadline)

    def _admission(
        self, entry: AdmittedUser, data: str, request: JoinRequest, deadline: Deadline
    ) -> JoinResult:
        room, role = entry.room, entry.role
        # Whatever that has to wait for, it waits before the time is taken, so that no token is
        # made that has expired meanwhile.
        self._platform.project_id(deadline)
        now = self._clock()
        expires_at = now + (request.lifetime or self._longest_lifetime)
        if room.settings.closes_at is not None:
            expires_at = min(expires_at, room.settings.closes_at)
        # OpenTok knows whole seconds only; rounding up would outlive the room.
        expires_at = expires_at.replace(microsecond=0)
        if expires_at <= now:
            raise RoomClosed("This room is closing now.")
        order = TokenSpec(
            session_id=room.session_id,
            role=role,
            expires_at=int(expires_at.timestamp()),
            connection_data=data,
            layout_classes=request.layout_classes,
        )
        token = self._platform.mint_token(order, deadline)
        increment(f"Tokens{role.capitalize()}")
        return JoinResult(room, role, token, expires_at, now, entry.connect_by)


def _connection_data(user: User, request: JoinRequest, role: Role) -> str:
    """What every participant sees of this one: who they are by their bearer, and the app's data."""
    name = user.name if user.name is not None else request.name
    data = json.dumps(
        {"userId": user.id, "name": name, "role": role, "data": request.data},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    _check_length(data, "name" if request.data is None else "data", "user's id, name and role")
    return data


def _check_length(connection_data: str, field: str, beside: str) -> None:
    """OpenTok counts characters, not bytes: its SDK's own check does."""
    if len(connection_data) > MAX_CONNECTION_DATA_CHARACTERS:
        excess = len(connection_data) - MAX_CONNECTION_DATA_CHARACTERS
        raise InvalidField(
            FieldProblem(
                field,
                f"is too long by {excess}: the connection data holds "
                f"{MAX_CONNECTION_DATA_CHARACTERS} characters, the {beside} among them",
            )
        )
