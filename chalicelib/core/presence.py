"""Who is in a session: its connections, their streams, and what their data tells."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import parse_qs

from chalicelib.core.roles import Role
from chalicelib.core.rooms import MAX_USER_ID_CHARACTERS

COUNTS_FRESH: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Passenger:
    """Whom a connection's data names; all None where it is not data of ours.

    The data was signed inside the client's token, so that a client cannot change it.
    """

    user_id: str | None = None
    name: str | None = None
    role: Role | None = None

    @classmethod
    def of(cls, data: str) -> Self:
        """Read what `JoinRoom` wrote: JSON, or the smallest contract's `username=…&userId=…`."""
        try:
            content = _content(data)
            data.encode()
        except (ValueError, RecursionError):
            return cls()
        user_id = content.get("userId") if isinstance(content, dict) else None
        if not isinstance(user_id, str) or not 1 <= len(user_id) <= MAX_USER_ID_CHARACTERS:
            return cls()
        name, role = content.get("name"), content.get("role")
        roles = {each.value: each for each in Role}
        return cls(
            user_id,
            name if isinstance(name, str) else None,
            roles.get(role) if isinstance(role, str) else None,
        )


@dataclass(frozen=True, slots=True)
class Stream:
    """What a connection publishes; without a video type it is audio alone."""

    id: str
    name: str
    video_type: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """A client in a session.

    Args:
        refused: It may not be there, and is being disconnected.
    """

    id: str
    since: datetime
    passenger: Passenger = Passenger()
    streams: tuple[Stream, ...] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are in a session, as counted at one moment."""

    connections: int
    publishing: int
    streams: int
    counted_at: datetime

    @classmethod
    def of(cls, connections: Iterable[Connection], now: datetime) -> Self:
        every = list(connections)
        return cls(
            connections=len(every),
            publishing=sum(bool(each.streams) for each in every),
            streams=sum(len(each.streams) for each in every),
            counted_at=now,
        )

    @property
    def watching(self) -> int:
        return self.connections - self.publishing

    def are_fresh(self, now: datetime) -> bool:
        return self.counted_at + COUNTS_FRESH > now


def _content(data: str) -> Any:  # noqa: ANN401  JSON is anything
    if not data.startswith("username="):
        return json.loads(data)
    fields = parse_qs(data, errors="strict")
    return {
        "userId": fields.get("userId", [None])[0],
        "name": fields.get("username", [None])[0],
        "role": Role.PUBLISHER.value,
    }
