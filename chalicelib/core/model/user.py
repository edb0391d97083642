from dataclasses import dataclass
from enum import StrEnum

from chalicelib.errors import RoleNotAllowed


@dataclass(frozen=True, slots=True)
class User:
    """A caller, identified by the app's own identity provider.

    Args:
        id: The `sub` of the bearer token: 1 to 255 characters of valid Unicode.
        name: The display name in the bearer token, if it has one.
        admin: True if the user moderates every room and may always create rooms.
    """

    id: str
    name: str | None = None
    admin: bool = False


class Role(StrEnum):
    """A set of permissions in a client token, by OpenTok's own names.

    A client with `publisheronly` publishes, but does not receive the other streams.
    """

    SUBSCRIBER = "subscriber"
    PUBLISHER = "publisher"
    PUBLISHER_ONLY = "publisheronly"
    MODERATOR = "moderator"


def grant_role(asked: Role | None, *, default: Role, moderates: bool) -> Role:
    """Return the role for a client token.

    Args:
        asked: The requested role, if any.
        default: The room's role for users who do not moderate it.
        moderates: True if the caller moderates the room.

    Raises:
        RoleNotAllowed: The caller may not have the requested role.
    """
    if moderates:
        return asked or Role.MODERATOR
    if asked is None:
        return default
    if asked is Role.MODERATOR:
        raise RoleNotAllowed("Only a moderator of this room may have the role moderator.")
    if default is Role.SUBSCRIBER and asked is not Role.SUBSCRIBER:
        raise RoleNotAllowed("Only moderators may publish in this room; ask for role subscriber.")
    return asked
