"""The request for a broadcast, checked as OpenTok checks it."""

from typing import Annotated

import msgspec

from stand_ins.opentok.archives.composition_request import CompositionRequest

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Hls(msgspec.Struct, rename="camel", frozen=True):
    dvr: bool | None = None
    low_latency: bool | None = None

    def __post_init__(self) -> None:
        if self.dvr and self.low_latency:
            raise ValueError("dvr and lowLatency exclude each other")


class RtmpTarget(msgspec.Struct, rename="camel", frozen=True):
    """A server and its stream key, which is a secret despite its name."""

    server_url: _Text
    stream_name: _Text
    id: str | None = None

    def __repr__(self) -> str:
        return f"RtmpTarget({self.server_url})"


class Outputs(msgspec.Struct, frozen=True):
    hls: Hls | None = None
    rtmp: Annotated[list[RtmpTarget], msgspec.Meta(max_length=5)] | None = None

    def __post_init__(self) -> None:
        if self.hls is None and not self.rtmp:
            raise ValueError("a broadcast goes to HLS, to RTMP or to both")


class BroadcastRequest(CompositionRequest, frozen=True, kw_only=True):
    outputs: Outputs
    max_duration: Annotated[int, msgspec.Meta(ge=60, le=36_000)] | None = None
    multi_broadcast_tag: str | None = None

    @property
    def tag(self) -> str | None:
        return self.multi_broadcast_tag
