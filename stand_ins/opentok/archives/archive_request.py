"""The request for an archive, checked as OpenTok checks it."""

from typing import Annotated, Literal

import msgspec

from stand_ins.opentok.archives.composition_request import CompositionRequest


class TranscriptionProperties(msgspec.Struct, rename="camel", frozen=True):
    primary_language_code: str = "en-US"
    has_summary: bool = False


class ArchiveRequest(CompositionRequest, frozen=True, kw_only=True):
    name: str | None = None
    output_mode: Literal["composed", "individual"] | None = None
    quantization_parameter: Annotated[int, msgspec.Meta(ge=15, le=40)] | None = None
    multi_archive_tag: str | None = None
    has_transcription: bool | None = None
    transcription_properties: TranscriptionProperties | None = None

    @property
    def tag(self) -> str | None:
        return self.multi_archive_tag

    @property
    def individual(self) -> bool:
        return self.output_mode == "individual"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.individual and (self.resolution or self.layout or self.quantization_parameter):
            raise ValueError("an individual archive has no resolution, layout or quantization")
        if self.max_bitrate and self.quantization_parameter:
            raise ValueError("maxBitrate and quantizationParameter exclude each other")
        if self.has_transcription and not self.individual:
            raise ValueError("hasTranscription needs outputMode individual")
