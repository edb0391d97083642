"""The request of a join, and its result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role
from chalicelib.core.ports.video_platform import ClientToken

MIN_TOKEN_SECONDS: Final = 60
MAX_TOKEN_SECONDS: Final = 2_592_000
"""30 days, OpenTok's own limit."""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """The options of a join.

    Args:
        role: The requested role; None for the room's default.
        lifetime: The time for which the token is valid; None for the longest allowed time.
        name: A display name, used only if the bearer token has none.
        data: The app's own part of the connection data.
        layout_classes: OpenTok's initial layout classes for the client's streams.
        skips_waiting_room: True if the user need not wait for a moderator's approval.
        uses_left: The uses left of a new guest's invitation; None if there is no limit to them.
    """

    role: Role | None = None
    lifetime: timedelta | None = None
    name: str | None = None
    data: str | None = None
    layout_classes: Sequence[str] = ()
    skips_waiting_room: bool = False
    uses_left: int | None = None


@dataclass(frozen=True, slots=True)
class JoinResult:
    """The data with which an admitted user's app connects."""

    room: Room
    role: Role
    token: ClientToken
    expires_at: datetime
    server_time: datetime
    connect_by: datetime | None = None
