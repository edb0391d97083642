"""What a room is: its settings, who belongs to it, and what state it is in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.model.role import Role
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import User
from chalicelib.errors import FieldProblem, InvalidField

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
NAME_RULE: Final = "must be 1 to 128 of the characters A-Z, a-z, 0-9, _ and -"
DEFAULT_ROOM_MODERATORS: Final = "must be empty: the default room has no moderators but admins"
NAME_KEPT_AFTER_CLOSING: Final = timedelta(days=30)
MAX_MODERATORS: Final = 50
MAX_MEMBERS: Final = 500
MAX_MEMBERS_BYTES: Final = 128 * 1024
"""Of all their ids: a room is one item of DynamoDB's, which may have 400 KB."""
MAX_PARTICIPANTS: Final = 250
MAX_BANS: Final = 500
MAX_ARCHIVE_RETENTION_DAYS: Final = 3650
MAX_ARCHIVE_NAME_CHARACTERS: Final = 80
MAX_USER_ID_CHARACTERS: Final = 255
CALLERS_LOCATION: Final = "caller"


class MediaMode(StrEnum):
    ROUTED = "routed"
    RELAYED = "relayed"


class ArchiveMode(StrEnum):
    MANUAL = "manual"
    ALWAYS = "always"


class Resolution(StrEnum):
    """The sizes OpenTok composes archives in."""

    LANDSCAPE_SD = "640x480"
    PORTRAIT_SD = "480x640"
    LANDSCAPE_HD = "1280x720"
    PORTRAIT_HD = "720x1280"
    LANDSCAPE_FULL_HD = "1920x1080"
    PORTRAIT_FULL_HD = "1080x1920"


class ArchivesFor(StrEnum):
    """Who may see a room's archives."""

    MEMBERS = "members"
    MODERATORS = "moderators"


class State(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """What whoever creates a room may choose, with what holds where they choose nothing.

    Times are aware and in UTC, to the millisecond. `location` is an IPv4 address or `caller`.
    `members` of None lets any signed-in user in; an empty set lets in moderators alone.
    """

    media_mode: MediaMode = MediaMode.ROUTED
    archive_mode: ArchiveMode = ArchiveMode.MANUAL
    archive_name: str | None = None
    archive_resolution: Resolution | None = None
    location: str | None = None
    e2ee: bool = False
    default_role: Role = Role.PUBLISHER
    moderators: frozenset[str] = frozenset()
    members: frozenset[str] | None = None
    max_participants: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    archives_for: ArchivesFor = ArchivesFor.MEMBERS
    archive_retention_days: int | None = None

    def check(self) -> None:
        """Refuse combinations that OpenTok would refuse, or that make no sense.

        The rules on media mode, archives and encryption are OpenTok's: routed media is what an
        automatic archive and end-to-end encryption need, an encrypted session cannot be archived,
        and a name or resolution without automatic archiving is a 400 there.

        Raises:
            InvalidField: Names each field and the rule it breaks.
        """
        always = self.archive_mode is ArchiveMode.ALWAYS
        routed = self.media_mode is MediaMode.ROUTED
        only_always = "needs archiveMode always"
        members_bytes = sum(len(each.encode()) for each in self.members or ())
        rules = (
            (self.default_role is Role.MODERATOR, "defaultRole", "cannot be moderator"),
            (always and not routed, "archiveMode", "always needs mediaMode routed"),
            (always and self.e2ee, "archiveMode", "always is impossible with e2ee"),
            (self.e2ee and not routed, "e2ee", "needs mediaMode routed"),
            (self.archive_name is not None and not always, "archiveName", only_always),
            (self.archive_resolution is not None and not always, "archiveResolution", only_always),
            (
                members_bytes > MAX_MEMBERS_BYTES,
                "members",
                f"must be at most {MAX_MEMBERS_BYTES} bytes of UTF-8 in all",
            ),
            (
                self.opens_at is not None
                and self.closes_at is not None
                and self.closes_at <= self.opens_at,
                "closesAt",
                "must be later than opensAt",
            ),
        )
        broken = [FieldProblem(name, reason) for is_broken, name, reason in rules if is_broken]
        if broken:
            raise InvalidField(*broken)


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
        monitoring_stopped: Whether reconciliation has stopped looking at its session, where nobody was for long.
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
