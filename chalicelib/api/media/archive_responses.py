"""Archives as callers see them: OpenTok's own objects, with the room's name."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from chalicelib.core.model.media import Media
from chalicelib.core.model.room import Room


class ArchivedStream(Struct, rename="camel"):
    """A stream that was chosen for an archive."""

    stream_id: str
    has_audio: bool
    has_video: bool


class TranscriptionAnswer(Struct, rename="camel"):
    status: str
    url: str | None = None
    reason: str | None = None
    primary_language_code: str | UnsetType | None = UNSET
    has_summary: bool | UnsetType | None = UNSET


class ArchiveAnswer(Struct, rename="camel"):
    """An archive, as OpenTok tells of it. Fields that are not described here may be there too."""

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
    """Some of a room's archives, and the cursor of the next ones."""

    items: list[ArchiveAnswer]
    cursor: str | None


def shown_archive(room: Room, archive: Media) -> dict[str, Any]:
    """What `ArchiveAnswer` describes: nothing is left out that OpenTok tells."""
    return {"url": None, **archive.content, "room": room.name}
