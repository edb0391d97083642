from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.model.user import GUEST_PREFIX, Role, is_guest_id
from chalicelib.core.support.formats import total_bytes
from chalicelib.errors import FieldProblem, InvalidField

MAX_MODERATORS: Final = 50
MAX_MODERATORS_BYTES: Final = 16 * 1024
MAX_MEMBERS: Final = 500
MAX_MEMBERS_BYTES: Final = 64 * 1024
"""The total size of the members' ids. A room is one DynamoDB item, which may have 400 KB."""
MAX_PARTICIPANTS: Final = 250
MAX_MODERATOR_SEATS: Final = MAX_MODERATORS
MAX_ARCHIVE_RETENTION_DAYS: Final = 3650
MAX_ARCHIVE_NAME_CHARACTERS: Final = 80
MAX_USER_ID_CHARACTERS: Final = 255
"""The length of a caller's user id. OpenID Connect allows 255 ASCII characters."""
CALLERS_LOCATION: Final = "caller"
_NO_GUESTS: Final = f"must not contain a user id that begins with {GUEST_PREFIX}"


class MediaMode(StrEnum):
    ROUTED = "routed"
    RELAYED = "relayed"


class ArchiveMode(StrEnum):
    MANUAL = "manual"
    ALWAYS = "always"


class Resolution(StrEnum):
    """A resolution of OpenTok's composed archives."""

    LANDSCAPE_SD = "640x480"
    PORTRAIT_SD = "480x640"
    LANDSCAPE_HD = "1280x720"
    PORTRAIT_HD = "720x1280"
    LANDSCAPE_FULL_HD = "1920x1080"
    PORTRAIT_FULL_HD = "1080x1920"


class ArchivesFor(StrEnum):
    """The users who may see a room's archives."""

    MEMBERS = "members"
    MODERATORS = "moderators"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """The settings that a room's creator chooses, with their defaults.

    Times are timezone-aware and in UTC, to the millisecond. `location` is an IPv4 address or
    `caller`. If `members` is None, any signed-in user may join; if it is empty, only moderators.
    Of the `max_participants` seats, `moderator_seats` are for moderators. With a waiting room,
    other users wait until a moderator approves them.
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
    moderator_seats: int = 0
    waiting_room: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    archives_for: ArchivesFor = ArchivesFor.MEMBERS
    archive_retention_days: int | None = None

    def check(self) -> None:
        """Reject combinations that OpenTok would reject, or that make no sense.

        The rules on media mode, archives and encryption are OpenTok's. Automatic archives and
        end-to-end encryption need routed media. An encrypted session cannot be archived. OpenTok
        answers 400 to a name or a resolution without automatic archiving.

        Raises:
            InvalidField: The error names each field and the rule that it breaks.
        """
        always = self.archive_mode is ArchiveMode.ALWAYS
        routed = self.media_mode is MediaMode.ROUTED
        only_always = "needs archiveMode always"
        rules = (
            (self.default_role is Role.MODERATOR, "defaultRole", "cannot be moderator"),
            (always and not routed, "archiveMode", "always needs mediaMode routed"),
            (always and self.e2ee, "archiveMode", "cannot be always in a room with e2ee"),
            (self.e2ee and not routed, "e2ee", "needs mediaMode routed"),
            (self.archive_name is not None and not always, "archiveName", only_always),
            (self.archive_resolution is not None and not always, "archiveResolution", only_always),
            (
                total_bytes(self.members or ()) > MAX_MEMBERS_BYTES,
                "members",
                f"must be at most {MAX_MEMBERS_BYTES} bytes of UTF-8 in total",
            ),
            (any(map(is_guest_id, self.members or ())), "members", _NO_GUESTS),
            (any(map(is_guest_id, self.moderators)), "moderators", _NO_GUESTS),
            (
                self.moderator_seats > (self.max_participants or 0),
                "moderatorSeats",
                "must be at most maxParticipants",
            ),
            (
                total_bytes(self.moderators) > MAX_MODERATORS_BYTES,
                "moderators",
                f"must be at most {MAX_MODERATORS_BYTES} bytes of UTF-8 in total",
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
