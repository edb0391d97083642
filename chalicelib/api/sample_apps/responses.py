"""What official sample apps read: every field they insist on, of the type they insist on.

Some of them refuse a whole list where one archive lacks a field, so none is left out or null.
"""

from typing import Final, Self

from msgspec import UNSET, Struct, UnsetType

from chalicelib.api.http.context import Call
from chalicelib.api.media.archive_responses import TranscriptionAnswer
from chalicelib.api.media.responses import BroadcastUrls
from chalicelib.core.model.media import AVAILABLE, UPLOADED, Media
from chalicelib.core.rooms.join_room import JoinResult
from chalicelib.core.support.parsing import owning_project_id, parse_object
from chalicelib.core.support.timestamps import epoch_milliseconds

OK: Final = 200
"""Reference apps look for it in the body."""


class SampleSessionAnswer(Struct, rename="camel"):
    """All that a sample app needs to connect; the two ids are one, by the names it goes by."""

    api_key: str
    application_id: str
    session_id: str
    token: str

    @classmethod
    def of(cls, admission: JoinResult) -> Self:
        token = admission.token
        return cls(token.project_id, token.project_id, admission.room.session_id, token.text)


class SampleArchiveAnswer(Struct, rename="camel"):
    """An archive of a sample room; `url` leads to its file once there is one."""

    id: str
    status: str
    name: str
    reason: str
    session_id: str
    application_id: str
    created_at: int
    updated_at: int
    size: int
    duration: int
    output_mode: str
    stream_mode: str
    has_audio: bool
    has_video: bool
    has_transcription: bool
    sha256sum: str
    password: str
    multi_archive_tag: str
    event: str
    resolution: str
    url: str | None = None
    transcription: TranscriptionAnswer | UnsetType = UNSET

    @classmethod
    def of(cls, call: Call, archive: Media) -> Self:
        told = archive.content

        def text(name: str, default: str = "") -> str:
            return _text(told.get(name)) or default

        return cls(
            id=archive.id,
            # Android's reference app plays what is available, and waits for anything else.
            status=AVAILABLE if archive.status == UPLOADED else archive.status,
            name=text("name"),
            reason=text("reason"),
            session_id=archive.session_id,
            application_id=owning_project_id(told) or "",
            created_at=epoch_milliseconds(archive.created_at),
            updated_at=epoch_milliseconds(archive.updated_at),
            size=_number(told.get("size")),
            duration=_number(told.get("duration")),
            output_mode=text("outputMode", "composed"),
            stream_mode=text("streamMode", "auto"),
            has_audio=told.get("hasAudio") is not False,
            has_video=told.get("hasVideo") is not False,
            has_transcription=told.get("hasTranscription") is True,
            sha256sum=text("sha256sum"),
            password="",
            multi_archive_tag=text("multiArchiveTag"),
            event=text("event", "archive"),
            resolution=text("resolution"),
            url=_view_address(call, archive),
            transcription=_transcription(told.get("transcription")),
        )


class SampleArchiveList(Struct):
    """The archives of all sample rooms, newest first."""

    count: int
    items: list[SampleArchiveAnswer]


class SampleBroadcastAnswer(Struct, rename="camel"):
    """A sample room's broadcast; its addresses are null once it has ended."""

    id: str
    status: str
    session_id: str
    created_at: int
    broadcast_urls: BroadcastUrls | None

    @classmethod
    def of(cls, broadcast: Media) -> Self:
        urls = parse_object(broadcast.content.get("broadcastUrls"))
        hls = _text(urls.get("hls"))
        return cls(
            id=broadcast.id,
            status=broadcast.status,
            session_id=broadcast.session_id,
            created_at=epoch_milliseconds(broadcast.created_at),
            broadcast_urls=BroadcastUrls(hls=hls) if hls else None,
        )


class SampleCaptionsAnswer(Struct):
    """What captions are stopped by, and whether they run."""

    id: str
    status: str


class ReferenceArchiveAnswer(Struct, rename="camel"):
    """The archive that was started or stopped; `status` is 200."""

    archive_id: str
    status: int = OK


class ReferenceArchiveList(Struct):
    """A sample room's archives, newest first; `status` is 200."""

    archives: list[SampleArchiveAnswer]
    status: int = OK


class ReferenceCaptionsAnswer(Struct, rename="camel"):
    """What captions are disabled by; `status` is 200."""

    captions_id: str
    status: int = OK


class ReferenceCaptionsEnd(Struct, rename="camel"):
    """That captions are disabled; `status` is 200."""

    disable_response: str
    status: int = OK


class FeedbackAnswer(Struct, rename="camel"):
    """What became of feedback."""

    message: str
    ticket_url: str
    screenshot_included: bool


class FeedbackReceipt(Struct, rename="camel"):
    """What the reference apps show after feedback."""

    feedback_data: FeedbackAnswer


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _transcription(value: object) -> TranscriptionAnswer | UnsetType:
    told = parse_object(value)
    status = _text(told.get("status"))
    if status is None:
        return UNSET
    if status == "completed":
        status = AVAILABLE  # What Vonage's sample waits for; OpenTok says the other.
    return TranscriptionAnswer(status, _text(told.get("url")), _text(told.get("reason")))


def _view_address(call: Call, archive: Media) -> str | None:
    """Where its file can be had whenever it is asked for: OpenTok's own addresses lapse."""
    if archive.status not in (AVAILABLE, UPLOADED):
        return None
    address = call.api_address() or f"http://{call.request.headers.get('host', 'localhost')}"
    return f"{address}/archive/{archive.id}/view"
