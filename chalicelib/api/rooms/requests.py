"""Requests about rooms and tokens: structs with the type and the limits of each field."""

from datetime import datetime
from ipaddress import IPv4Address
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.api.http.fields import ONE_LINE, VISIBLE_LINE, PageQuery, UserId
from chalicelib.core.model.room_settings import (
    CALLERS_LOCATION,
    MAX_ARCHIVE_NAME_CHARACTERS,
    MAX_ARCHIVE_RETENTION_DAYS,
    MAX_MEMBERS,
    MAX_MODERATOR_SEATS,
    MAX_MODERATORS,
    MAX_PARTICIPANTS,
    ArchiveMode,
    ArchivesFor,
    MediaMode,
    Resolution,
    RoomSettings,
)
from chalicelib.core.model.user import Role
from chalicelib.core.rooms.join_request import MAX_TOKEN_SECONDS, MIN_TOKEN_SECONDS
from chalicelib.core.support.formats import to_milliseconds
from chalicelib.errors import FieldProblem, InvalidField

MAX_EXCLUDED: Final = 1000
MAX_NAME_CHARACTERS: Final = 200

DisplayName = Annotated[
    str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=VISIBLE_LINE)
]
LayoutClass = Annotated[str, Meta(pattern=r"^\S+(?![\s\S])")]
Location = Annotated[
    str, Meta(extra_json_schema={"anyOf": [{"format": "ipv4"}, {"const": CALLERS_LOCATION}]})
]
DefaultRole = Annotated[Role, Meta(extra_json_schema={"not": {"const": Role.MODERATOR}})]
Moment = Annotated[datetime, Meta(tz=True)]


class RoomBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The settings of a room. Each one is optional."""

    media_mode: MediaMode | UnsetType = UNSET
    archive_mode: ArchiveMode | UnsetType = UNSET
    archive_name: (
        Annotated[str, Meta(min_length=1, max_length=MAX_ARCHIVE_NAME_CHARACTERS, pattern=ONE_LINE)]
        | UnsetType
        | None
    ) = UNSET
    archive_resolution: Resolution | UnsetType | None = UNSET
    location: Location | UnsetType | None = UNSET
    e2ee: bool | UnsetType = UNSET
    default_role: DefaultRole | UnsetType = UNSET
    moderators: Annotated[list[UserId], Meta(max_length=MAX_MODERATORS)] | UnsetType = UNSET
    members: Annotated[list[UserId], Meta(max_length=MAX_MEMBERS)] | UnsetType | None = UNSET
    max_participants: Annotated[int, Meta(ge=1, le=MAX_PARTICIPANTS)] | UnsetType | None = UNSET
    moderator_seats: Annotated[int, Meta(ge=0, le=MAX_MODERATOR_SEATS)] | UnsetType = UNSET
    waiting_room: bool | UnsetType = UNSET
    opens_at: Moment | UnsetType | None = UNSET
    closes_at: Moment | UnsetType | None = UNSET
    archives_for: ArchivesFor | UnsetType = UNSET
    archive_retention_days: (
        Annotated[int, Meta(ge=1, le=MAX_ARCHIVE_RETENTION_DAYS)] | UnsetType | None
    ) = UNSET

    def settings(self) -> tuple[RoomSettings, frozenset[str]]:
        """Return the settings, and the names of those that the caller chose.

        Raises:
            InvalidField: A value has the right type, but a room cannot have it.
        """
        chosen: dict[str, Any] = {
            name: setting(self.__struct_encode_fields__[position], getattr(self, name))
            for position, name in enumerate(self.__struct_fields__)
            if getattr(self, name) is not UNSET
        }
        return RoomSettings(**chosen), frozenset(chosen)


class TokenBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The options of a client token. Each one is optional."""

    role: Role | None = None
    expires_in: Annotated[int, Meta(ge=MIN_TOKEN_SECONDS, le=MAX_TOKEN_SECONDS)] | None = None
    name: DisplayName | None = None
    data: str | None = None
    layout_classes: list[LayoutClass] | None = None


class RoomListQuery(PageQuery):
    """The page of a list of rooms, and for admins whose rooms, or which."""

    of: UserId | None = None
    live: bool = False
    all: bool = False

    def check(self) -> None:
        """Refuse two lists at once.

        Raises:
            InvalidField: More than one of `of`, `live` and `all` is given.
        """
        if self.of is not None and (self.live or self.all):
            raise InvalidField(FieldProblem("of", "must be given without live and all"))
        if self.live and self.all:
            raise InvalidField(FieldProblem("live", "must be given without all"))


class SmallestTokenQuery(Struct, forbid_unknown_fields=True):
    """The query of `GET /token`."""

    username: Annotated[str, Meta(min_length=1)]


class BanBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The user to ban."""

    user_id: UserId


class MuteBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The streams to mute.

    If `active` is true, future streams are muted too. If false, only that stops, and muted streams
    stay muted.
    """

    active: bool
    excluded_stream_ids: Annotated[list[UUID], Meta(max_length=MAX_EXCLUDED)] | None = None


class SignalBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The signal to send. Without `connectionId` all clients get it."""

    data: str
    type: str | None = None
    connection_id: str | None = None


def setting(field: str, value: object) -> object:
    """Return a field's value as rooms store it."""
    if isinstance(value, list):
        return frozenset(value)
    if isinstance(value, datetime):
        return utc(field, value)
    if field == "location" and isinstance(value, str) and value != CALLERS_LOCATION:
        return _address(value)
    return value


def utc(field: str, moment: datetime) -> datetime:
    """Return a time in UTC, to the millisecond, as it is stored."""
    try:
        return to_milliseconds(moment)
    except OverflowError:
        raise InvalidField(FieldProblem(field, "must be in the years 1 to 9999 in UTC")) from None


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        reason = f"must be an IPv4 address or {CALLERS_LOCATION}"
        raise InvalidField(FieldProblem("location", reason)) from None
