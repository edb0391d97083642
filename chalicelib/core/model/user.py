from dataclasses import dataclass
from enum import StrEnum

from chalicelib.errors import RoleNotAllowed


@dataclass(frozen=True, slots=True)
class User:
    """Who is calling, as the app's own identity provider vouches for them.

    Args:
        id: The bearer's `sub`: 1 to 255 characters of well-formed Unicode.
        name: The display name the bearer carries, if any.
        admin: Moderates every room, and may create rooms where only admins may.
    """

    id: str
    name: str | None = None
    admin: bool = False


class Role(StrEnum):
    """What a token allows in its session, by OpenTok's own names.

    `publisheronly` publishes without seeing or hearing the others.
    """

    SUBSCRIBER = "subscriber"
    PUBLISHER = "publisher"
    PUBLISHER_ONLY = "publisheronly"
    MODERATOR = "moderator"


def grant_role(asked: Role | None, *, default: Role, moderates: bool) -> Role:
    """The role to put into a token.

    Args:
        asked: What the caller asked for, if anything.
        default: The room's role for those who do not moderate it.
        moderates: Whether the caller moderates the room.

    Raises:
        RoleNotAllowed: The caller asked for more than they may have.
    """
    if moderates:
        return asked or Role.MODERATOR
    if asked is None:
        return default
    if asked is Role.MODERATOR:
        raise RoleNotAllowed("Only a moderator of this room may have the role moderator.")
    if default is Role.SUBSCRIBER and asked is not Role.SUBSCRIBER:
        raise RoleNotAllowed("In this room only moderators may publish; ask for subscriber.")
    return asked
