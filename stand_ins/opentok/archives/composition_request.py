"""What archives and broadcasts are asked for with: the fields that both have."""

from typing import Annotated, Literal

import msgspec

from stand_ins.opentok.layout import Layout
from stand_ins.opentok.sessions.session_options import RESOLUTIONS

StreamMode = Literal["auto", "manual"]
_Bitrate = Annotated[int, msgspec.Meta(ge=100_000, le=6_000_000)]


class CompositionRequest(msgspec.Struct, rename="camel", frozen=True):
    """A null is as good as nothing: the SDKs send many."""

    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    has_audio: bool | None = None
    has_video: bool | None = None
    layout: Layout | None = None
    max_bitrate: _Bitrate | None = None
    resolution: str | None = None
    stream_mode: StreamMode | None = None

    @property
    def tag(self) -> str | None:
        """What keeps it apart from others in the session at the same time."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        if self.has_audio is False and self.has_video is False:
            raise ValueError("hasAudio and hasVideo cannot both be false")
        if self.resolution is not None and self.resolution not in RESOLUTIONS:
            raise ValueError("Invalid resolution")


class StreamPatch(msgspec.Struct, rename="camel", frozen=True):
    """One stream to take in, or one to leave out."""

    add_stream: str | None = None
    remove_stream: str | None = None
    has_audio: bool | None = None
    has_video: bool | None = None

    def __post_init__(self) -> None:
        if bool(self.add_stream) == bool(self.remove_stream):
            raise ValueError("say one of addStream and removeStream")
        if self.has_audio is False and self.has_video is False:
            raise ValueError("hasAudio and hasVideo cannot both be false")
