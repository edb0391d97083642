"""The fields that the requests for archives and broadcasts have in common."""

from typing import Annotated, Literal

import msgspec

from stand_ins.opentok.layout import Layout
from stand_ins.opentok.sessions.session_options import RESOLUTIONS

StreamMode = Literal["auto", "manual"]
_Bitrate = Annotated[int, msgspec.Meta(ge=100_000, le=6_000_000)]


class CompositionRequest(msgspec.Struct, rename="camel", frozen=True):
    """A request in which null means the same as a missing field: the SDKs send many nulls."""

    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    has_audio: bool | None = None
    has_video: bool | None = None
    layout: Layout | None = None
    max_bitrate: _Bitrate | None = None
    resolution: str | None = None
    stream_mode: StreamMode | None = None

    @property
    def tag(self) -> str | None:
        """Return the tag: running records of one session need different tags."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        if self.has_audio is False and self.has_video is False:
            raise ValueError("hasAudio and hasVideo cannot both be false")
        if self.resolution is not None and self.resolution not in RESOLUTIONS:
            raise ValueError("Invalid resolution")


class StreamPatch(msgspec.Struct, rename="camel", frozen=True):
    """A stream to add, or a stream to remove."""

    add_stream: str | None = None
    remove_stream: str | None = None
    has_audio: bool | None = None
    has_video: bool | None = None

    def __post_init__(self) -> None:
        if bool(self.add_stream) == bool(self.remove_stream):
            raise ValueError("say one of addStream and removeStream")
        if self.has_audio is False and self.has_video is False:
            raise ValueError("hasAudio and hasVideo cannot both be false")
