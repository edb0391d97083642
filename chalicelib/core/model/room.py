"""What a room is: its settings, who belongs to it, and what state it is in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import User
from chalicelib.errors import FieldProblem, InvalidField

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
NAME_RULE: Final = "must be 1 to 128 of the characters A-Z, a-z, 0-9, _ and -"
DEFAULT_ROOM_MODERATORS: Final = "must be empty: the default room has no moderators but admins"
NAME_KEPT_AFTER_CLOSING: Final = timedelta(days=30)
MAX_BANS: Final = 500


class State(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room as it stands.

    Args:
        name: As its creator spelt it; compared without case.
        room_id: Never changes and is never used again, unlike the name.
        session_id: The OpenTok session that people connect to.
        created_by: The creator's user id; None for the default room, which is nobody's.
        closed_at: When it was deleted: closed for good, its name kept for a while.
        revision: One more with every change of what decides who may come in.
        bans: By user id, since when.
        seats: Empty where there is no limit of participants.
        monitoring_stopped: Reconciliation no longer checks its session, which was empty for long.
        admins_until: Admins who are not among the moderators and were given a token, until when
            one may last: when their connection comes, only its data tells who they are.
    """

    name: str
    room_id: str
    session_id: str
    created_at: datetime
    created_by: str | None
    settings: RoomSettings = field(default_factory=RoomSettings)
    closed_at: datetime | None = None
    revision: int = 1
    locked: bool = False
    bans: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    seats: Seats = field(default_factory=Seats, hash=False)
    admins_until: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    monitoring_stopped: bool = False

    @property
    def has_access_limits(self) -> bool:
        """Whether anybody at all may be kept out of it while it is open."""
        settings = self.settings
        limited = settings.max_participants is not None or settings.members is not None
        return limited or self.locked or bool(self.bans)

    def moderated_by(self, user: User) -> bool:
        return user.admin or user.id in self.settings.moderators

    def connects_as_moderator(self, user_id: str, now: datetime) -> bool:
        """Whether the user of a connection moderates the room, as far as is known by then."""
        until = self.admins_until.get(user_id)
        return user_id in self.settings.moderators or (until is not None and until > now)

    def admits(self, user: User) -> bool:
        """Whether the user belongs to the room at all, whatever its state."""
        members = self.settings.members
        return members is None or user.id in members or self.moderated_by(user)

    def state(self, now: datetime) -> State:
        opens_at, closes_at = self.settings.opens_at, self.settings.closes_at
        if self.closed_at is not None or (closes_at is not None and now >= closes_at):
            return State.CLOSED
        if opens_at is not None and now < opens_at:
            return State.SCHEDULED
        return State.LOCKED if self.locked else State.OPEN

    def name_is_free(self, now: datetime) -> bool:
        """Whether the room is so long gone that anybody may use its name again."""
        return self.closed_at is not None and now >= self.closed_at + NAME_KEPT_AFTER_CLOSING


def check_name(name: str) -> str:
    """The name as given, if a room may be called so.

    Raises:
        InvalidField: It may not.
    """
    if NAME_PATTERN.fullmatch(name):
        return name
    raise InvalidField(FieldProblem("room", NAME_RULE))


def api_name(name: str) -> str:
    """How the API spells a field: `archiveName` for `archive_name`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
