"""Examples of what official sample apps send and read."""

from typing import Final

from msgspec import Struct

from chalicelib.api.media.responses import BroadcastUrls
from chalicelib.api.sample_apps.requests import (
    SampleArchiveBody,
    SampleBroadcastBody,
    SampleCaptionsBody,
    SampleSessionBody,
)
from chalicelib.api.sample_apps.responses import (
    FeedbackAnswer,
    FeedbackReceipt,
    ReferenceArchiveAnswer,
    ReferenceArchiveList,
    ReferenceCaptionsAnswer,
    ReferenceCaptionsEnd,
    SampleArchiveAnswer,
    SampleArchiveList,
    SampleBroadcastAnswer,
    SampleCaptionsAnswer,
    SampleSessionAnswer,
)

_SESSION: Final = "2_MX40NzAwMDAwMX5-MTc2OTg2MDgwMDAwMH5leGFtcGxlfn4"
_TOKEN: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZXNzaW9uX2lkIjoiMV9NWDQifQ.c2lnbmF0dXJl"  # noqa: S105  of nobody
_STARTED: Final = 1769860800000
_ID: Final = "30b3ebf1-ba36-4f5b-8def-6f70d9986fe9"
_ARCHIVE: Final = SampleArchiveAnswer(
    id=_ID,
    status="available",
    name="session",
    reason="user initiated",
    session_id=_SESSION,
    application_id="47000001",
    created_at=_STARTED,
    updated_at=_STARTED,
    size=2_390_400,
    duration=60,
    output_mode="composed",
    stream_mode="auto",
    has_audio=True,
    has_video=True,
    has_transcription=False,
    sha256sum="",
    password="",
    multi_archive_tag="",
    event="archive",
    resolution="640x480",
    url=f"https://rooms.example/archive/{_ID}/view",
)

SAMPLE_EXAMPLES: Final[tuple[Struct, ...]] = (
    SampleSessionAnswer(
        api_key="47000001", application_id="47000001", session_id=_SESSION, token=_TOKEN
    ),
    SampleSessionBody(session_id=_SESSION),
    SampleArchiveBody(session_id=_SESSION),
    _ARCHIVE,
    SampleArchiveList(count=1, items=[_ARCHIVE]),
    SampleBroadcastBody(session_id=_SESSION, dvr=True),
    SampleBroadcastAnswer(
        id=_ID,
        status="started",
        session_id=_SESSION,
        created_at=_STARTED,
        broadcast_urls=BroadcastUrls(hls="https://cdn.example/playlist.m3u8?DVR"),
    ),
    SampleCaptionsBody(session_id=_SESSION, token=_TOKEN),
    SampleCaptionsAnswer(id=_ID, status="started"),
    ReferenceArchiveAnswer(archive_id=_ID),
    ReferenceArchiveList(archives=[_ARCHIVE]),
    ReferenceCaptionsAnswer(captions_id=_ID),
    ReferenceCaptionsEnd(disable_response="Captions are stopped."),
    FeedbackReceipt(
        FeedbackAnswer(
            message="This server takes no feedback.",
            ticket_url="about:blank",
            screenshot_included=False,
        )
    ),
)
