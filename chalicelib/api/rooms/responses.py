"""Rooms, tokens, connections and bans in responses."""

from datetime import datetime
from typing import Annotated, Self

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.core.model.connection import Connection, Service, Stream
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.room_settings import ArchiveMode, ArchivesFor, MediaMode, Resolution
from chalicelib.core.model.user import Role
from chalicelib.core.rooms.ban_users import Ban
from chalicelib.core.rooms.join_request import JoinResult
from chalicelib.core.sessions.read_presence import RoomCounts
from chalicelib.core.support.formats import rfc3339

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class CountsAnswer(Struct, rename="camel"):
    """The counts of a room. `watching` is the number of connections that publish nothing."""

    connections: int
    publishing: int
    watching: int
    streams: int
    seats_held: int
    counted_at: Time

    @classmethod
    def of(cls, room_counts: RoomCounts) -> Self:
        counts = room_counts.counts
        return cls(
            connections=counts.connections,
            publishing=counts.publishing,
            watching=counts.watching,
            streams=room_counts.streams,
            seats_held=room_counts.seats_held,
            counted_at=rfc3339(counts.counted_at),
        )


class RoomAnswer(Struct, rename="camel"):
    """A room with all its settings. Only `GET /rooms/{room}` returns `counts`."""

    room: str
    room_id: str
    session_id: str
    api_key: str
    state: State
    created_at: Time
    created_by: str | None
    media_mode: MediaMode
    archive_mode: ArchiveMode
    archive_name: str | None
    archive_resolution: Resolution | None
    location: str | None
    e2ee: bool
    default_role: Role
    moderators: list[str]
    members: list[str] | None
    max_participants: int | None
    moderator_seats: int
    waiting_room: bool
    opens_at: Time | None
    closes_at: Time | None
    archives_for: ArchivesFor
    archive_retention_days: int | None
    counts: CountsAnswer | UnsetType = UNSET

    @classmethod
    def of(cls, room: Room, api_key: str, now: datetime, counts: RoomCounts | None = None) -> Self:
        settings = room.settings
        return cls(
            room=room.name,
            room_id=room.room_id,
            session_id=room.session_id,
            api_key=api_key,
            state=room.state(now),
            created_at=rfc3339(room.created_at),
            created_by=room.created_by,
            media_mode=settings.media_mode,
            archive_mode=settings.archive_mode,
            archive_name=settings.archive_name,
            archive_resolution=settings.archive_resolution,
            location=settings.location,
            e2ee=settings.e2ee,
            default_role=settings.default_role,
            moderators=sorted(settings.moderators),
            members=None if settings.members is None else sorted(settings.members),
            max_participants=settings.max_participants,
            moderator_seats=settings.moderator_seats,
            waiting_room=settings.waiting_room,
            opens_at=_moment(settings.opens_at),
            closes_at=_moment(settings.closes_at),
            archives_for=settings.archives_for,
            archive_retention_days=settings.archive_retention_days,
            counts=UNSET if counts is None else CountsAnswer.of(counts),
        )


class RoomList(Struct):
    """A page of the caller's rooms, and the cursor of the next page."""

    items: list[RoomAnswer]
    cursor: str | None


class TokenAnswer(Struct, rename="camel"):
    """The data that a client needs to connect. `apiKey` and `applicationId` are the same id."""

    api_key: str
    application_id: str
    session_id: str
    token: str
    room: str
    role: Role
    expires_at: Time
    connect_by: Time | None
    server_time: Time

    @classmethod
    def of(cls, admission: JoinResult) -> Self:
        return cls(
            api_key=admission.token.project_id,
            application_id=admission.token.project_id,
            session_id=admission.room.session_id,
            token=admission.token.text,
            room=admission.room.name,
            role=admission.role,
            expires_at=rfc3339(admission.expires_at),
            connect_by=_moment(admission.connect_by),
            server_time=rfc3339(admission.server_time),
        )


class SmallestTokenAnswer(Struct):
    """The response of `GET /token`, with the field names of OpenTok's first samples."""

    api_key: str
    session_id: str
    token: str

    @classmethod
    def of(cls, admission: JoinResult) -> Self:
        return cls(admission.token.project_id, admission.room.session_id, admission.token.text)


class StreamAnswer(Struct, rename="camel"):
    """A stream of a connection. `videoType` is null if the stream has only audio."""

    id: str
    name: str
    video_type: str | None

    @classmethod
    def of(cls, stream: Stream) -> Self:
        return cls(stream.id, stream.name, stream.video_type)


class ConnectionAnswer(Struct, rename="camel"):
    """A connection. `userId` is null for a service of OpenTok, and if the user is not known."""

    id: str
    user_id: str | None
    name: str | None
    since: Time
    streams: list[StreamAnswer]
    service: Service | UnsetType = UNSET

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls(
            id=connection.id,
            user_id=connection.participant.user_id,
            name=connection.participant.name,
            service=connection.participant.service or UNSET,
            since=rfc3339(connection.since),
            streams=[StreamAnswer.of(each) for each in connection.streams],
        )


class ConnectionList(Struct, rename="camel"):
    """A page of a room's connections, the room's counts, and the cursor of the next page.

    `unassignedStreams` are streams whose connection is not known, because a callback was lost.
    """

    items: list[ConnectionAnswer]
    unassigned_streams: list[StreamAnswer]
    counts: CountsAnswer
    cursor: str | None


class BanAnswer(Struct, rename="camel"):
    """A banned user, the time of the ban, and the id that lifts it."""

    id: str
    user_id: str
    since: Time

    @classmethod
    def of(cls, ban: Ban) -> Self:
        return cls(ban.id, ban.user_id, rfc3339(ban.since))


class BanList(Struct):
    """The bans of a room."""

    items: list[BanAnswer]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
