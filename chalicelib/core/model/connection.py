"""Sessions, their connections and streams, and the data of connections."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self, TypeVar
from urllib.parse import parse_qs

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role
from chalicelib.core.support.formats import cut_to_bytes, is_user_id, is_valid_unicode, parse_id

MAX_STREAMS_AT_ONCE: Final = 8
"""The number of a connection's current streams that are on record. Further ones are left out."""
MAX_ENDED_STREAMS: Final = 100
"""The number of a connection's ended streams, after which no further stream is recorded."""
MAX_STREAM_NAME_BYTES: Final = 64
"""The length of a stream's name on record. A longer name is cut."""
MAX_RECORDED_NAME_BYTES: Final = 255
"""The length of a user's name on record. A longer name is cut."""
COUNTS_FRESH: Final = timedelta(seconds=5)
MANY_CONNECTIONS: Final = 40
"""The number of connections from which reconciliation saves their counts for readers.

So many are always read for 10 read units of DynamoDB.
"""
MANY_COUNTS_FRESH: Final = timedelta(minutes=3)
"""The age at which a reader counts even many: reconciliation has not, so it is late."""

_Name = TypeVar("_Name", bound=StrEnum)
Unseal = Callable[[str], tuple[str, str | None] | None]
"""A function that returns the user id and the name behind a sealed participant, or None."""


class Service(StrEnum):
    """A service of OpenTok that connects to a session with a client token from this service."""

    SIP = "sip"
    CAPTIONS = "captions"
    RENDER = "render"
    AUDIO_CONNECTOR = "audioConnector"


class Ending(StrEnum):
    """The reasons for which a connection ended."""

    LEFT = "left"
    DISCONNECTED = "disconnected"
    """By a moderator, or by another call that disconnected the client."""
    BANNED = "banned"
    CLOSED = "closed"
    """The room was closed, or got another session."""
    REFUSED = "refused"
    """The room's rules did not admit the client."""
    LOST = "lost"
    """The network failed, or no callback reported the end."""


@dataclass(frozen=True, slots=True)
class Participant:
    """The user or the service that a connection's data names.

    All fields are None if this service did not write the data. The data is part of the signed
    client token, so a client cannot change it. Users choose only the member `data`, so they cannot
    pose as another user or as a service.

    Args:
        invitation_id: The invitation by which a guest has come.
    """

    user_id: str | None = None
    name: str | None = None
    role: Role | None = None
    service: Service | None = None
    invitation_id: str | None = None

    @property
    def is_unknown(self) -> bool:
        return self.user_id is None and self.service is None

    @classmethod
    def of(cls, data: str, unseal: Unseal = lambda _: None) -> Self:
        """Parse connection data: JSON, or `username=…&userId=…` from a join of the default room.

        Under strict privacy, both have the member `participant` instead, which `unseal` resolves.
        """
        try:
            content = _content(data)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(content, dict):
            return cls()
        role = _member(Role, content.get("role"))
        user_id, name = content.get("userId"), content.get("name")
        if isinstance(sealed := content.get("participant"), str):
            user_id, name = unseal(sealed) or (None, None)
        match user_id:
            case None if service := _member(Service, content.get("service")):
                return cls(role=role, service=service)
            case str() if is_user_id(user_id):
                invited = parse_id(content.get("invitation"))
                if not isinstance(name, str) or not is_valid_unicode(name):
                    return cls(user_id, None, role, invitation_id=invited)
                shown = cut_to_bytes(name, MAX_RECORDED_NAME_BYTES)
                return cls(user_id, shown, role, invitation_id=invited)
        return cls()

    @classmethod
    def service_data(cls, service: Service, role: Role) -> str:
        """Return the connection data of a service. It has the same members as a user's data."""
        content = {"userId": None, "name": None, "role": role, "data": None, "service": service}
        return json.dumps(content, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that a connection publishes. A stream without a video type has only audio."""

    id: str
    name: str
    video_type: str | None
    since: datetime

    def shortened(self) -> "Stream":
        """Return the stream as it is recorded, with a name of bounded length."""
        return replace(self, name=cut_to_bytes(self.name, MAX_STREAM_NAME_BYTES))


@dataclass(frozen=True, slots=True)
class Connection:
    """A client in a session.

    Args:
        refused: True if the service rejected the connection and disconnects the client.
        recorded: The time at which it comes on record. What is read from there is without it.
    """

    id: str
    since: datetime
    participant: Participant = Participant()
    streams: tuple[Stream, ...] = ()
    refused: bool = False
    recorded: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndReport:
    """The end of a connection, as OpenTok reports it.

    Args:
        connection: The connection with its user, because the report of its start may be lost.
    """

    at: datetime
    ending: Ending
    connection: Connection


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of connections and streams in a session at one time."""

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

    @property
    def are_many(self) -> bool:
        """Return True if reading all connections again costs too much for one request."""
        return self.connections >= MANY_CONNECTIONS

    def are_fresh(self, now: datetime) -> bool:
        return self.counted_at + COUNTS_FRESH > now

    def are_reconciled(self, now: datetime) -> bool:
        """Return True if reconciliation counts, and is not late."""
        return self.are_many and self.counted_at + MANY_COUNTS_FRESH > now

    def agree_with(self, part: Iterable[Connection], *, others: bool) -> bool:
        """Return True if these connections, and others besides if any, may have been counted."""
        shown = Counts.of(part, self.counted_at)
        return (
            self.connections >= shown.connections + others
            and self.publishing >= shown.publishing
            and self.streams >= shown.streams
        )


def _member(names: type[_Name], value: object) -> _Name | None:
    return next((each for each in names if each.value == value), None)


def _content(data: str) -> Any:  # noqa: ANN401  JSON is anything
    if not data.startswith(("username=", "participant=")):
        return json.loads(data)
    fields = parse_qs(data, errors="strict")
    names = {"userId": "userId", "username": "name", "participant": "participant"}
    given = {name: fields[field][0] for field, name in names.items() if field in fields}
    return given | {"role": Role.PUBLISHER.value}


@dataclass(frozen=True, slots=True)
class Session:
    """An OpenTok session, and the room that it belongs or belonged to.

    Args:
        has_access_limits: True if the room had a limit of participants or a lock when either last
            changed. This is a hint: the room itself decides.
        monitored: True if reconciliation checks the session, and did not find it empty last time.
        owner: The user who created the room, if known. Checks are shared fairly between owners.
        next_check: The time of the next check, if there is one.
        quiet_since: The time of the first check that found nobody, or of the retirement. None once
            a token was issued or a client connected.
        retired_until: The latest expiry of the session's tokens, if no room uses it any more.
        unassigned_streams: Streams whose callback was lost, so that their connection is not known.
            The earliest comes first.
    """

    id: str
    room_name: str
    room_id: str
    has_access_limits: bool = False
    monitored: bool = False
    owner: str | None = None
    next_check: datetime | None = None
    quiet_since: datetime | None = None
    retired_until: datetime | None = None
    unassigned_streams: tuple[Stream, ...] = ()

    def is_of(self, room: Room | None) -> bool:
        """Return True if the room currently uses this session."""
        return room is not None and (room.room_id, room.session_id) == (self.room_id, self.id)
