"""Who is in a session: its connections, their streams, and what their data tells."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self, TypeVar
from urllib.parse import parse_qs

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import MAX_USER_ID_CHARACTERS
from chalicelib.core.model.user import Role
from chalicelib.core.support.parsing import is_valid_unicode

COUNTS_FRESH: Final = timedelta(seconds=5)

_Name = TypeVar("_Name", bound=StrEnum)


class Service(StrEnum):
    """A service of OpenTok's that connects to a session by itself, with a token of ours."""

    SIP = "sip"
    CAPTIONS = "captions"
    RENDER = "render"
    AUDIO_CONNECTOR = "audioConnector"


@dataclass(frozen=True, slots=True)
class Participant:
    """Whom a connection's data names: a user or a service; all None where it is no data of ours.

    The data was signed inside the client's token, so that a client cannot change it. A user's own
    part of it lies inside its `data`, so that none passes for another user or for a service.
    """

    user_id: str | None = None
    name: str | None = None
    role: Role | None = None
    service: Service | None = None

    @classmethod
    def of(cls, data: str) -> Self:
        """Read what was written for users or services.

        For users that is JSON, or the smallest contract's `username=…&userId=…`.
        """
        try:
            content = _content(data)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(content, dict):
            return cls()
        role = _member(Role, content.get("role"))
        match content.get("userId"):
            case None if service := _member(Service, content.get("service")):
                return cls(role=role, service=service)
            case str(user_id) if _may_be_user_id(user_id):
                name = content.get("name")
                is_name = isinstance(name, str) and is_valid_unicode(name)
                return cls(user_id, name if is_name else None, role)
        return cls()

    @classmethod
    def service_data(cls, service: Service, role: Role) -> str:
        """The connection data of a service: a user's without the user, so that apps can read it."""
        content = {"userId": None, "name": None, "role": role, "data": None, "service": service}
        return json.dumps(content, separators=(",", ":"))


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
    participant: Participant = Participant()
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


def _member(names: type[_Name], value: object) -> _Name | None:
    return next((each for each in names if each.value == value), None)


def _may_be_user_id(text: str) -> bool:
    return 1 <= len(text) <= MAX_USER_ID_CHARACTERS and is_valid_unicode(text)


def _content(data: str) -> Any:  # noqa: ANN401  JSON is anything
    if not data.startswith("username="):
        return json.loads(data)
    fields = parse_qs(data, errors="strict")
    return {
        "userId": fields.get("userId", [None])[0],
        "name": fields.get("username", [None])[0],
        "role": Role.PUBLISHER.value,
    }


@dataclass(frozen=True, slots=True)
class Session:
    """An OpenTok session, and the room that it belongs or belonged to.

    Args:
        guarded: Whether the room had a limit of participants or was locked when that last
            changed; a hint.
        watched: Whether reconciliation looks at it, and will go on to.
        retired_until: Its last token's latest end, where no room uses it any more.
    """

    id: str
    room_name: str
    room_id: str
    has_access_limits: bool = False
    monitored: bool = False
    retired_until: datetime | None = None

    def is_of(self, room: Room | None) -> bool:
        """Whether the room is this session's, and uses it still."""
        return room is not None and (room.room_id, room.session_id) == (self.room_id, self.id)
