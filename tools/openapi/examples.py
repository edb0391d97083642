"""An example of every body and problem, made from the structs themselves."""

from datetime import UTC, datetime
from inspect import cleandoc
from typing import Final
from uuid import UUID

from msgspec import Struct

from chalicelib import VERSION, errors
from chalicelib.api.admin_route import OverviewAnswer
from chalicelib.api.health import HealthAnswer
from chalicelib.api.media.archive_requests import (
    ArchiveBody,
    LayoutBody,
    LayoutType,
    ScreenshareType,
    StreamsBody,
)
from chalicelib.api.media.archive_responses import ArchiveAnswer, ArchiveList
from chalicelib.api.openapi_route import OpenApiDocument
from chalicelib.api.rooms.attendance_responses import AttendanceAnswer, AttendanceList
from chalicelib.api.rooms.participant_routes import ParticipantAnswer, ParticipantList
from chalicelib.api.rooms.patch_request import MembersPatch, RoomPatch
from chalicelib.api.rooms.requests import BanBody, MuteBody, RoomBody, SignalBody, TokenBody
from chalicelib.api.rooms.responses import (
    BanAnswer,
    BanList,
    ConnectionAnswer,
    ConnectionList,
    CountsAnswer,
    RoomAnswer,
    RoomList,
    SmallestTokenAnswer,
    StreamAnswer,
    TokenAnswer,
)
from chalicelib.api.rooms.waiting_routes import (
    AdmissionsAnswer,
    WaitingAnswer,
    WaitingPlace,
    WaitingUserAnswer,
    WaitingUserList,
)
from chalicelib.api.usage_route import UsageAnswer, UsageItemAnswer, UsageList
from chalicelib.core.model.connection import Ending
from chalicelib.core.model.room import State
from chalicelib.core.model.room_settings import ArchiveMode, ArchivesFor, MediaMode, Resolution
from chalicelib.core.model.user import Role
from tools.openapi.invitation_examples import INVITATION_EXAMPLES
from tools.openapi.service_examples import SERVICE_EXAMPLES
from tools.openapi.user_data_examples import USER_DATA_EXAMPLES

_NOW: Final = "2026-01-31T12:00:00Z"
_PARTICIPANT: Final = "hx0uV3Jf5P1l5wXq0b2mCq3kLz8YtQ7dR1nS9eGf4aBcDhJk"
_SESSION: Final = "2_MX40NzAwMDAwMX5-MTc2OTg2MDgwMDAwMH5leGFtcGxlfn4"
_TOKEN: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZXNzaW9uX2lkIjoiMV9NWDQifQ.c2lnbmF0dXJl"  # noqa: S105  of nobody
_CONNECTION: Final = "0d4b6b1c-94b3-4b5c-9f0c-3c8d5f6a7b8c"
_STREAM: Final = "6c1e2f3a-1b2c-4d5e-8f90-a1b2c3d4e5f6"
_CURSOR: Final = "pPZ3l8t4s1FbInN0YW5kdXAiLDFd"
_BAN: Final = BanAnswer(id="2bd806c97f0e00af1a1fc3328fa763a9", user_id="mallory", since=_NOW)
_WAITING: Final = WaitingUserAnswer(
    id="pJ0aVd3o0yq7R5mQk1ZrXw", user_id="bob", name="Bob", guest=False, since=_NOW
)
_COUNTS: Final = CountsAnswer(
    connections=1, publishing=1, watching=0, streams=1, seats_held=0, counted_at=_NOW
)
_USAGE: Final = UsageAnswer(
    participant_minutes=1234.5,
    subscribed_minutes=1200.25,
    connections=61,
    peak=12,
    composed_archive_minutes=90,
    individual_archive_minutes=0,
    broadcast_minutes=0,
    caption_minutes=0,
    render_minutes=0,
    sip_minutes=5.5,
    estimate=8.1,
)
_USAGE_ITEM: Final = UsageItemAnswer(_USAGE, day="2026-01-31")
_ROOM: Final = RoomAnswer(
    room="standup",
    room_id="01j5x0k9zq",
    session_id=_SESSION,
    api_key="47000001",
    state=State.OPEN,
    created_at=_NOW,
    created_by="alice",
    media_mode=MediaMode.ROUTED,
    archive_mode=ArchiveMode.MANUAL,
    archive_name=None,
    archive_resolution=None,
    location=None,
    e2ee=False,
    default_role=Role.PUBLISHER,
    moderators=["alice"],
    members=None,
    max_participants=10,
    moderator_seats=1,
    waiting_room=False,
    opens_at=None,
    closes_at="2026-01-31T18:00:00Z",
    archives_for=ArchivesFor.MEMBERS,
    archive_retention_days=None,
)

_LAYOUT: Final = LayoutBody(type=LayoutType.BEST_FIT, screenshare_type=ScreenshareType.HORIZONTAL)
_ARCHIVE: Final = ArchiveAnswer(
    room="standup",
    id="30b3ebf1-ba36-4f5b-8def-6f70d9986fe9",
    status="started",
    session_id=_SESSION,
    url=None,
    name="Stand-up of Monday",
    reason="",
    project_id=47000001,
    partner_id=47000001,
    created_at=1769860800000,
    updated_at=1769860800000,
    size=0,
    duration=0,
    output_mode="composed",
    stream_mode="auto",
    has_audio=True,
    has_video=True,
    resolution="1280x720",
    event="archive",
)

EXAMPLES: Final[dict[type[Struct], Struct]] = {
    type(example): example
    for example in (
        OpenApiDocument(openapi="3.1.0", info={}, servers=[], paths={}, components={}),
        HealthAnswer(status="ok", version=VERSION),
        RoomBody(max_participants=10, default_role=Role.PUBLISHER, moderators=["alice"]),
        RoomPatch(locked=True, members=MembersPatch(add=["bob"])),
        _ROOM,
        RoomList(items=[_ROOM], cursor=None),
        TokenBody(role=Role.PUBLISHER, expires_in=3600, data="seat 7"),
        TokenAnswer(
            api_key="47000001",
            application_id="47000001",
            session_id=_SESSION,
            token=_TOKEN,
            room="standup",
            role=Role.PUBLISHER,
            expires_at="2026-01-31T13:00:00Z",
            connect_by="2026-01-31T12:02:00Z",
            server_time=_NOW,
        ),
        SmallestTokenAnswer(api_key="47000001", session_id=_SESSION, token=_TOKEN),
        ConnectionList(
            items=[
                ConnectionAnswer(
                    id=_CONNECTION,
                    user_id="alice",
                    name="Alice",
                    since=_NOW,
                    streams=[StreamAnswer(id=_STREAM, name="Alice", video_type="camera")],
                )
            ],
            unassigned_streams=[],
            counts=_COUNTS,
            cursor=_CURSOR,
        ),
        ParticipantList(items=[ParticipantAnswer(id=_PARTICIPANT, user_id="alice", name="Alice")]),
        AttendanceList(
            items=[
                AttendanceAnswer(
                    id=_CONNECTION,
                    user_id="alice",
                    name="Alice",
                    role=Role.MODERATOR,
                    came=_NOW,
                    went="2026-01-31T12:45:00Z",
                    ending=Ending.LEFT,
                    published=True,
                    reconciled=False,
                )
            ],
            cursor=_CURSOR,
        ),
        _USAGE,
        _USAGE_ITEM,
        OverviewAnswer(12, 12, 31, 2, 0, {"room_full": 3, "unauthenticated": 17}),
        UsageList("2026-01-01", "2026-01-31", [_USAGE_ITEM], _USAGE, ["captionMinute"], _CURSOR),
        BanBody(user_id="mallory"),
        _BAN,
        BanList(items=[_BAN]),
        MuteBody(active=True, excluded_stream_ids=[UUID(_STREAM)]),
        ArchiveBody(name="Stand-up of Monday", resolution=Resolution.LANDSCAPE_HD, layout=_LAYOUT),
        _LAYOUT,
        StreamsBody(add_stream=_STREAM, has_video=False),
        _ARCHIVE,
        ArchiveList(items=[_ARCHIVE], cursor=None),
        WaitingAnswer(waiting=WaitingPlace(id=_WAITING.id, since=_NOW, ahead=0)),
        WaitingPlace(id=_WAITING.id, since=_NOW, ahead=0),
        _WAITING,
        WaitingUserList(items=[_WAITING]),
        AdmissionsAnswer(admitted=[_WAITING.id], waiting=0),
        SignalBody(type="chat", data="Welcome", connection_id=_CONNECTION),
        *SERVICE_EXAMPLES,
        *USER_DATA_EXAMPLES,
        *INVITATION_EXAMPLES,
    )
}

_PROBLEMS: Final[dict[type[errors.RoomkeyError], errors.RoomkeyError]] = {
    type(example): example
    for example in (
        errors.AlreadyRecording(
            "This room is being recorded already. Stop that archive, or use another "
            "multiArchiveTag.",
            extensions={"archiveId": _ARCHIVE.id},
        ),
        errors.AlreadyBroadcasting(
            "This room is being broadcast already. Stop that broadcast, or use another "
            "multiBroadcastTag.",
            extensions={"broadcastId": "1748b7070a81464c9759c46ad10d3734"},
        ),
        errors.AlreadyCaptioning(
            "This room already has captions. Stop them first.",
            extensions={"captionsId": "7c0680fc-6274-4de5-a66f-d0648e8d3ac2"},
        ),
        errors.FeatureDisabled(
            "The feature sip is off here. The operator's setting ALLOW_SIP decides it.",
            extensions={"feature": "sip", "allowedTo": "off", "setting": "ALLOW_SIP"},
        ),
        errors.InvalidField(errors.FieldProblem("expiresIn", "must be at least 60")),
        errors.NotConfigured("AUTH_ISSUER is not set"),
        errors.RoomExists(
            "Room standup exists with other settings. Change them with PATCH, or choose "
            "another name.",
            fields=(errors.FieldProblem("maxParticipants", "differs from the existing room"),),
        ),
        errors.Immutable(
            "The options of a session are fixed when its room is created.",
            fields=(errors.FieldProblem("mediaMode", "cannot be changed"),),
        ),
        errors.RoomNotOpen(
            "This room opens at 2026-01-31T13:00:00Z.",
            retry_after=3600,
            extensions={"opensAt": "2026-01-31T13:00:00Z"},
        ),
        errors.MustWait(_WAITING.id, datetime(2026, 1, 31, 12, tzinfo=UTC), 0, retry_after=5),
        errors.TurnedAway(
            "A moderator did not let you in. You may ask again later.", retry_after=600
        ),
        errors.RoomFull(
            "All 10 seats of this room are taken; please try again later.",
            retry_after=90,
            extensions={"maxParticipants": 10, "holdLapsesAt": "2026-01-31T12:01:30Z"},
        ),
    )
}
"""Examples of the errors that have more members than their text."""


def problem_example(leaf: type[errors.RoomkeyError]) -> errors.RoomkeyError:
    """Return an error of this kind, as it may be raised."""
    return _PROBLEMS.get(leaf) or leaf(cleandoc(leaf.__doc__ or ""))
