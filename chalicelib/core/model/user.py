from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

NEVER: Final = datetime.max.replace(tzinfo=UTC)
GUEST_PREFIX: Final = "guest:"
"""The beginning of every guest's user id. No bearer token may have such a `sub`."""
ERASED_PREFIX: Final = "erased:"
"""The beginning of every tombstone. No bearer token may have such a `sub`."""


@dataclass(frozen=True, slots=True)
class User:
    """A caller: one whom the app's own identity provider vouches for, or a guest.

    Args:
        id: The `sub` of the bearer token: 1 to 255 bytes of UTF-8. A guest's id is made here.
        name: The display name in the bearer token, if it has one.
        admin: True if the user moderates every room and may always create rooms.
        claims_end: The time until which the bearer token or the invitation says so.
        invited: What a guest's invitation gives; None for everybody else.
    """

    id: str
    name: str | None = None
    admin: bool = False
    claims_end: datetime = NEVER
    invited: "Invited | None" = None

    @property
    def is_guest(self) -> bool:
        return self.invited is not None


class Role(StrEnum):
    """A set of permissions in a client token, by OpenTok's own names.

    A client with `publisheronly` publishes, but does not receive the other streams.
    """

    SUBSCRIBER = "subscriber"
    PUBLISHER = "publisher"
    PUBLISHER_ONLY = "publisheronly"
    MODERATOR = "moderator"


@dataclass(frozen=True, slots=True)
class Invited:
    """A role in one room, which an invitation gives a guest. In other rooms it gives nothing."""

    invitation_id: str
    room_id: str
    role: Role


def is_guest_id(user_id: str) -> bool:
    return user_id.startswith(GUEST_PREFIX)
