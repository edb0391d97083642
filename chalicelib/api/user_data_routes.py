"""Users' data: what is held of a user, and the erasure of it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

from msgspec import Meta, Struct

from chalicelib import errors
from chalicelib.api.http.cursors import Position, decode_cursor, encode_cursor
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.model.user_data.user_record import (
    Erasure,
    Part,
    Recording,
    RecordKind,
    UserRecord,
)
from chalicelib.core.support.formats import is_user_id, rfc3339
from chalicelib.errors import FieldProblem, InvalidField

routes: Final = Routes(tag="users")
ME: Final = "me"
"""The path parameter that means the caller."""
REMAINS: Final = (
    "Log lines stay until the retention time of their log group.",
    "Backups of the table stay for 35 days.",
    "Recordings show who was in; delete each with DELETE /rooms/{room}/archives/{archive}.",
    "Counts behind quotas, and hashes of departures, end by themselves within a day.",
    "Hashes of decisions in waiting rooms end by themselves within 90 days.",
    "Names that somebody gave an invitation stay until 2 days after its end.",
    "Client tokens that were issued before carry the id until they expire.",
    "OpenTok and the identity provider keep what they have.",
)
"""The data that an erasure leaves, for the answer."""
_Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class UserDataQuery(Struct, forbid_unknown_fields=True):
    """The cursor of the page before."""

    cursor: str | None = None


class UserRecordAnswer(Struct, rename="camel"):
    """A record that names the user.

    `id` is the room's name, the id of the session, connection or invitation, the day, or the name
    of the quota. `parts` says what the user is in the room. `usage` has the sums of a day by rooms
    that the user created, times in milliseconds.
    """

    kind: RecordKind
    id: str
    room: str | None
    session_id: str | None
    parts: list[Part]
    name: str | None
    role: str | None
    since: _Time | None
    until: _Time | None
    banned_since: _Time | None
    usage: dict[str, int] | None

    @classmethod
    def of(cls, record: UserRecord, rooms: Mapping[str, str]) -> Self:
        in_session = record.kind in (RecordKind.CONNECTION, RecordKind.WAITING)
        within = record.within or ""
        room = rooms.get(within) if in_session else record.within
        return cls(
            kind=record.kind,
            id=record.id,
            room=record.id if record.kind is RecordKind.ROOM else room,
            session_id=within if in_session else None,
            parts=list(record.parts),
            name=record.name,
            role=None if record.role is None else record.role.value,
            since=_time(record.since),
            until=_time(record.until),
            banned_since=_time(record.banned_since),
            usage=None if record.usage is None else asdict(record.usage),
        )


class RecordingAnswer(Struct, rename="camel"):
    """A recording of a time at which the user was in the room."""

    room: str
    archive_id: str

    @classmethod
    def of(cls, recording: Recording) -> Self:
        return cls(recording.room, recording.archive_id)


class ErasureAnswer(Struct, rename="camel"):
    """The erasure of a user, as far as it has come.

    While it is `waiting`, the user is connected to the rooms in `waitsFor`. It goes on when they
    have left. `keptBans` names the rooms whose ban stays, because the user asked and no admin did.
    `recordings` and `remains` say what an erasure leaves.
    """

    state: Literal["running", "waiting", "finished"]
    requested_at: _Time
    finished_at: _Time | None
    erased: int
    waits_for: list[str]
    kept_bans: list[str]
    recordings: list[RecordingAnswer]
    remains: list[str]

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        state: Literal["running", "waiting", "finished"] = "running"
        if erasure.finished_at is not None:
            state = "finished"
        elif erasure.waits_for:
            state = "waiting"
        listed = sorted(erasure.recordings, key=lambda each: (each.room, each.archive_id))
        return cls(
            state=state,
            requested_at=rfc3339(erasure.requested_at),
            finished_at=_time(erasure.finished_at),
            erased=erasure.erased,
            waits_for=sorted(erasure.waits_for),
            kept_bans=sorted(erasure.kept_bans),
            recordings=[RecordingAnswer.of(each) for each in listed],
            remains=list(REMAINS),
        )


class UserDataAnswer(Struct, rename="camel"):
    """A part of what is held of a user, and the cursor of the next part.

    A page may be empty, and still have a cursor. `erasure` is the latest one, for 7 days after its
    end.
    """

    user_id: str
    items: list[UserRecordAnswer]
    recordings: list[RecordingAnswer]
    erasure: ErasureAnswer | None
    cursor: str | None


@routes.get(
    "/users/{user_id}",
    summary="See what is held of a user",
    description=(
        "For admins, and for the user themselves, as `me`. Each page looks at a part of all "
        "records, so read on until `cursor` is null. A cursor holds for a day."
    ),
    query=UserDataQuery,
    returns={HTTPStatus.OK: UserDataAnswer},
    raises=(errors.NotAnAdmin, errors.QuotaExceeded),
)
def show_user_data(context: RequestContext, user_id: str) -> Response:
    subject, cursor = _subject(context, user_id), context.query(UserDataQuery).cursor
    scope = f"users/{subject}/{context.user.id}"
    number = 0 if cursor is None else _number(decode_cursor(cursor, scope, Position).id)
    page = context.use_cases.user_data().show.page(context.user, subject, number, context.deadline)
    following = None
    if page.next_page is not None:
        following = encode_cursor(Position(str(page.next_page)), scope)
    answer = UserDataAnswer(
        user_id=subject,
        items=[UserRecordAnswer.of(each, page.rooms) for each in page.records],
        recordings=[RecordingAnswer.of(each) for each in page.recordings],
        erasure=None if page.erasure is None else ErasureAnswer.of(page.erasure),
        cursor=following,
    )
    return Response(HTTPStatus.OK, answer)


@routes.delete(
    "/users/{user_id}",
    summary="Erase a user",
    description=(
        "For admins, and for the user themselves, as `me`. A tombstone, an id that nobody can sign "
        "in with, takes the user's place within minutes. Nobody is disconnected. A repeated call "
        "says how far it has come, and begins anew once it has finished. Bans stay if the user "
        "asks: an admin's call replaces them too."
    ),
    returns={HTTPStatus.ACCEPTED: ErasureAnswer},
    raises=(errors.NotAnAdmin, errors.InvalidField, errors.QuotaExceeded),
)
def erase_user(context: RequestContext, user_id: str) -> Response:
    subject = _subject(context, user_id)
    erase = context.use_cases.user_data().erase
    erasure = erase.request(context.user, subject, context.deadline)
    return Response(HTTPStatus.ACCEPTED, ErasureAnswer.of(erasure))


def _subject(context: RequestContext, user_id: str) -> str:
    if user_id == ME:
        return context.user.id
    if not is_user_id(user_id):
        raise InvalidField(FieldProblem("user_id", "must be one line of 1 to 255 bytes of UTF-8"))
    return user_id


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise InvalidField(FieldProblem("cursor", "is not a cursor of this list"))
    return int(text)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
