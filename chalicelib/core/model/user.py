from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

NEVER: Final = datetime.max.replace(tzinfo=UTC)
GUEST_PREFIX: Final = "guest:"
"""The beginning of every guest's user id. No bearer token may have such a `sub`."""


@dataclass(frozen=True, slots=True)
class User:
    """A caller: one whom the app's own identity provider vouches for, or a guest.

    Args:
        id: The `sub` of the bearer token: 1 to 255 bytes of UTF-8. A guest's id is made here.
        name: The display name in the bearer token, if it has one.
        admin: True if the user moderates every room and may always create rooms.
        claims_end: The time until which the bearer token or the invitation says so.
        invitation_id: The invitation that a guest comes by. It admits to one room only.
        invited_as: The role that the invitation gives.
        invited_to: The id of the room that it admits to.
    """

    id: str
    name: str | None = None
    admin: bool = False
    claims_end: datetime = NEVER
    invitation_id: str | None = None
    invited_as: "Role | None" = None
    invited_to: str | None = None

    @property
    def is_guest(self) -> bool:
        return self.invitation_id is not None


class Role(StrEnum):
    """A set of permissions in a client token, by OpenTok's own names.

    A client with `publisheronly` publishes, but does not receive the other streams.
    """

    SUBSCRIBER = "subscriber"
    PUBLISHER = "publisher"
    PUBLISHER_ONLY = "publisheronly"
    MODERATOR = "moderator"
