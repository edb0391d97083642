"""Archives in responses: OpenTok's own objects, with the room's name."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from chalicelib.core.model.media import STOPPED_AT, Media
from chalicelib.core.model.room import Room


class ArchivedStream(Struct, rename="camel"):
    """A stream that was added to an archive."""

    stream_id: str
    has_audio: bool
    has_video: bool


class TranscriptionAnswer(Struct, rename="camel"):
    """The transcription of an archive."""

    status: str
    url: str | None = None
    reason: str | None = None
    primary_language_code: str | UnsetType | None = UNSET
    has_summary: bool | UnsetType | None = UNSET


class ArchiveAnswer(Struct, rename="camel"):
    """An archive, as OpenTok reports it. There may be further fields."""

    room: str
    id: str
    status: str
    session_id: str
    url: str | None
    name: str | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET
    project_id: int | str | UnsetType = UNSET
    partner_id: int | str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET
    created_at: int | UnsetType = UNSET
    updated_at: int | UnsetType = UNSET
    size: int | UnsetType = UNSET
    duration: int | UnsetType = UNSET
    output_mode: str | UnsetType = UNSET
    stream_mode: str | UnsetType = UNSET
    has_audio: bool | UnsetType = UNSET
    has_video: bool | UnsetType = UNSET
    resolution: str | UnsetType | None = UNSET
    streams: list[ArchivedStream] | UnsetType | None = UNSET
    multi_archive_tag: str | UnsetType | None = UNSET
    max_bitrate: int | UnsetType | None = UNSET
    quantization_parameter: int | UnsetType | None = UNSET
    has_transcription: bool | UnsetType | None = UNSET
    transcription: TranscriptionAnswer | UnsetType | None = UNSET
    sha256sum: str | UnsetType | None = UNSET
    password: str | UnsetType | None = UNSET
    certificate: str | UnsetType | None = UNSET
    event: str | UnsetType = UNSET


class ArchiveList(Struct):
    """A page of a room's archives, and the cursor of the next page."""

    items: list[ArchiveAnswer]
    cursor: str | None


def archive_response(room: Room, archive: Media) -> dict[str, Any]:
    """Return an `ArchiveAnswer`, with all further fields that OpenTok reports."""
    reported = {name: value for name, value in archive.content.items() if name != STOPPED_AT}
    return {"url": None, **reported, "room": room.name}
