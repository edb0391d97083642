"""Requests about archives: OpenTok's own fields, in the combinations that it accepts."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, to_builtins

from chalicelib.api.http.fields import ONE_LINE
from chalicelib.core.model.room_settings import Resolution
from chalicelib.errors import FieldProblem, InvalidField

MAX_TEXT_CHARACTERS: Final = 255
MAX_STYLESHEET_CHARACTERS: Final = 32 * 1024

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS, pattern=ONE_LINE)]
Stylesheet = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_STYLESHEET_CHARACTERS,
        # Line breaks and tabs are allowed.
        pattern=r"^[^\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]*(?![\s\S])",
    ),
]
_LOADS: Final = re.compile(r"(url|src|image|image-set)\(|@import|\\", re.IGNORECASE)
"""The ways of CSS to have something loaded, by OpenTok here. A backslash could hide them."""
Rule = tuple[bool, str, str]
"""A rule's result: True if it is broken, the field to blame, and the reason."""


class OutputMode(StrEnum):
    COMPOSED = "composed"
    INDIVIDUAL = "individual"


class StreamMode(StrEnum):
    AUTO = "auto"
    MANUAL = "manual"


class LayoutType(StrEnum):
    BEST_FIT = "bestFit"
    PIP = "pip"
    VERTICAL = "verticalPresentation"
    HORIZONTAL = "horizontalPresentation"
    CUSTOM = "custom"


class ScreenshareType(StrEnum):
    """A layout while a screen is shared. OpenTok accepts no custom layout for it."""

    BEST_FIT = "bestFit"
    PIP = "pip"
    VERTICAL = "verticalPresentation"
    HORIZONTAL = "horizontalPresentation"


class LayoutBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The layout of the streams in one composed video."""

    type: LayoutType
    stylesheet: Stylesheet | None = None
    screenshare_type: ScreenshareType | None = None

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them.

        Raises:
            InvalidField: OpenTok forbids this combination.
        """
        check_rules(self.rules())
        return without_nulls(self)

    def rules(self, within: str = "") -> Iterable[Rule]:
        custom = self.type is LayoutType.CUSTOM
        sheet, screenshare = self.stylesheet is not None, self.screenshare_type is not None
        return (
            (custom and not sheet, f"{within}stylesheet", "is required with type custom"),
            (sheet and not custom, f"{within}stylesheet", "needs type custom"),
            (
                _LOADS.search(self.stylesheet or "") is not None,
                f"{within}stylesheet",
                "must not have url(), src(), image(), image-set(), @import or a backslash",
            ),
            (
                screenshare and self.type is not LayoutType.BEST_FIT,
                f"{within}screenshareType",
                "needs type bestFit",
            ),
        )


class TranscriptionBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The options of a transcription."""

    primary_language_code: (
        Annotated[str, Meta(min_length=2, max_length=35, pattern=ONE_LINE)] | None
    ) = None
    has_summary: bool | None = None


class ArchiveBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The options of a new archive. `null` means the default."""

    name: Text | None = None
    has_audio: bool | None = None
    has_video: bool | None = None
    output_mode: OutputMode | None = None
    resolution: Resolution | None = None
    layout: LayoutBody | None = None
    stream_mode: StreamMode | None = None
    multi_archive_tag: Text | None = None
    max_bitrate: Annotated[int, Meta(ge=100_000, le=6_000_000)] | None = None
    quantization_parameter: Annotated[int, Meta(ge=15, le=40)] | None = None
    has_transcription: bool | None = None
    transcription_properties: TranscriptionBody | None = None

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them, without the session.

        Raises:
            InvalidField: OpenTok forbids this combination.
        """
        check_rules((*self._rules(), *(self.layout.rules("layout.") if self.layout else ())))
        return without_nulls(self)

    def _rules(self) -> Iterable[Rule]:
        individual = self.output_mode is OutputMode.INDIVIDUAL
        transcribed = bool(self.has_transcription)
        silent_and_blind = self.has_audio is False and self.has_video is False
        composed_alone = "needs outputMode composed"
        exclusive = "cannot be given together with quantizationParameter"
        properties = self.transcription_properties is not None
        bitrate, quantization = (
            self.max_bitrate is not None,
            self.quantization_parameter is not None,
        )
        return (
            (silent_and_blind, "hasAudio", "cannot be false together with hasVideo"),
            (silent_and_blind, "hasVideo", "cannot be false together with hasAudio"),
            (individual and self.resolution is not None, "resolution", composed_alone),
            (individual and self.layout is not None, "layout", composed_alone),
            (individual and bitrate, "maxBitrate", composed_alone),
            (individual and quantization, "quantizationParameter", composed_alone),
            (bitrate and quantization, "maxBitrate", exclusive),
            (transcribed and not individual, "hasTranscription", "needs outputMode individual"),
            (properties and not transcribed, "transcriptionProperties", "needs hasTranscription"),
        )


class StreamsBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """A stream to add, with its audio, its video or both, or a stream to remove."""

    add_stream: Text | None = None
    has_audio: bool | None = None
    has_video: bool | None = None
    remove_stream: Text | None = None

    def change(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them.

        Raises:
            InvalidField: OpenTok forbids this combination.
        """
        adds, removes = self.add_stream is not None, self.remove_stream is not None
        needs = "needs addStream"
        silent_and_blind = self.has_audio is False and self.has_video is False
        check_rules(
            (
                (
                    not adds and not removes,
                    "addStream",
                    "is required without removeStream",
                ),
                (adds and removes, "removeStream", "cannot be given together with addStream"),
                (self.has_audio is not None and not adds, "hasAudio", needs),
                (self.has_video is not None and not adds, "hasVideo", needs),
                (silent_and_blind, "hasAudio", "cannot be false together with hasVideo"),
            )
        )
        return without_nulls(self)


def check_rules(rules: Iterable[Rule]) -> None:
    """Check the rules.

    Raises:
        InvalidField: A rule is broken. It names each field to blame.
    """
    broken = [FieldProblem(name, reason) for is_broken, name, reason in rules if is_broken]
    if broken:
        raise InvalidField(*broken)


def without_nulls(body: Struct) -> dict[str, Any]:
    """Return the fields that are not null, at any depth, by OpenTok's names."""
    return _drop_nulls(to_builtins(body))


def _drop_nulls(content: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _drop_nulls(value) if isinstance(value, dict) else value
        for name, value in content.items()
        if value is not None
    }
