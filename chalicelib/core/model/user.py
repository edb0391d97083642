from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class User:
    """A caller, identified by the app's own identity provider.

    Args:
        id: The `sub` of the bearer token: 1 to 255 bytes of UTF-8.
        name: The display name in the bearer token, if it has one.
        admin: True if the user moderates every room and may always create rooms.
        claims_end: The time until which the bearer token says so.
    """

    id: str
    name: str | None = None
    admin: bool = False
    claims_end: datetime = NEVER


class Role(StrEnum):
    """A set of permissions in a client token, by OpenTok's own names.

    A client with `publisheronly` publishes, but does not receive the other streams.
    """

    SUBSCRIBER = "subscriber"
    PUBLISHER = "publisher"
    PUBLISHER_ONLY = "publisheronly"
    MODERATOR = "moderator"
