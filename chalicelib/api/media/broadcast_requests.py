"""Requests about broadcasts: OpenTok's own fields, in the combinations that it accepts."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from chalicelib.api.http.fields import ONE_LINE
from chalicelib.api.http.url_checks import LONGEST_ADDRESS, RTMP, check_address
from chalicelib.api.media.archive_requests import (
    LayoutBody,
    Rule,
    StreamMode,
    Text,
    check_rules,
    without_nulls,
)
from chalicelib.core.model.room_settings import Resolution

MAX_RTMP_TARGETS: Final = 5
MAX_STREAM_NAME: Final = 1024

_LEADS_AWAY: Final = re.compile(r"\s|^//|://")
"""The text in a stream's name that a client of RTMP may read as options or another address."""


class HlsBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The options of HLS: with rewinding (`dvr`), or with low latency."""

    dvr: bool | None = None
    low_latency: bool | None = None


class RtmpBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """An RTMP server to stream to, such as YouTube's. Responses do not contain its stream name."""

    server_url: Annotated[str, Meta(max_length=LONGEST_ADDRESS)]
    stream_name: Annotated[str, Meta(min_length=1, max_length=MAX_STREAM_NAME, pattern=ONE_LINE)]
    id: Text | None = None

    def __repr__(self) -> str:
        return f"RtmpBody(id={self.id!r}, ...)"


class OutputsBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The outputs of a broadcast: HLS, RTMP, or both."""

    hls: HlsBody | None = None
    rtmp: Annotated[list[RtmpBody], Meta(max_length=MAX_RTMP_TARGETS)] | None = None

    def rules(self) -> Iterable[Rule]:
        hls, rtmp = self.hls or HlsBody(), self.rtmp or ()
        ids = Counter(each.id for each in rtmp if each.id)
        return (
            (self.hls is None and not rtmp, "outputs", "needs hls or rtmp"),
            (
                bool(hls.dvr and hls.low_latency),
                "outputs.hls.lowLatency",
                "cannot be true together with dvr",
            ),
            (max(ids.values(), default=0) > 1, "outputs.rtmp", "must have different ids"),
            *(
                (
                    _LEADS_AWAY.search(each.stream_name) is not None,
                    f"outputs.rtmp[{position}].streamName",
                    "must not have white space, or be a URL",
                )
                for position, each in enumerate(rtmp)
            ),
        )


class BroadcastBody(Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """The options of a new broadcast. `null` means the default."""

    outputs: OutputsBody
    layout: LayoutBody | None = None
    max_duration: Annotated[int, Meta(ge=60, le=36_000)] | None = None
    max_bitrate: Annotated[int, Meta(ge=100_000, le=6_000_000)] | None = None
    resolution: Resolution | None = None
    stream_mode: StreamMode | None = None
    multi_broadcast_tag: Text | None = None
    has_audio: bool | None = None
    has_video: bool | None = None

    def options(self) -> dict[str, Any]:
        """Return the fields as OpenTok accepts them, without the session.

        Raises:
            InvalidField: OpenTok forbids this combination, or a URL is malformed.
        """
        silent_and_blind = self.has_audio is False and self.has_video is False
        check_rules(
            (
                *self.outputs.rules(),
                *(self.layout.rules("layout.") if self.layout else ()),
                (silent_and_blind, "hasAudio", "cannot be false together with hasVideo"),
                (silent_and_blind, "hasVideo", "cannot be false together with hasAudio"),
            )
        )
        for position, target in enumerate(self.outputs.rtmp or ()):
            field = f"outputs.rtmp[{position}].serverUrl"
            check_address(field, target.server_url, RTMP, may_log_in=True)
        return without_nulls(self)
