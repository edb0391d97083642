"""What sample apps send, as far as it is looked at: whatever else they send is let pass."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from chalicelib.api.media.archive_requests import ArchiveBody, OutputMode, check

MAX_TOKEN_CHARACTERS: Final = 8192

SessionId = Annotated[str, Meta(pattern="^[A-Za-z0-9_~.=-]{1,255}$")]


class AnyQuery(Struct):
    """What sample apps may put into a query: anything."""


class SampleSessionBody(Struct, rename="camel"):
    """The session that something is about."""

    session_id: SessionId


class SampleArchiveBody(Struct, rename="camel"):
    """A session to be recorded; null counts as not given."""

    session_id: SessionId
    output_mode: OutputMode | None = None
    has_transcription: bool | None = None

    def options(self) -> dict[str, Any]:
        """As OpenTok takes them, without the session.

        Raises:
            InvalidField: It does not take this combination.
        """
        body = ArchiveBody(output_mode=self.output_mode, has_transcription=self.has_transcription)
        return body.options()


class SampleBroadcastBody(Struct, rename="camel"):
    """A session to be broadcast by HLS; `rtmp`, which the apps send too, must be empty."""

    session_id: SessionId
    low_latency: bool | None = None
    dvr: bool | None = None
    rtmp: list[dict[str, Any]] | None = None

    def hls(self) -> dict[str, bool]:
        """How, as OpenTok takes it.

        Raises:
            InvalidField: It does not take this combination, or sample apps may not have it.
        """
        low_latency, dvr = bool(self.low_latency), bool(self.dvr)
        check(
            (
                (low_latency and dvr, "lowLatency", "cannot be true together with dvr"),
                (bool(self.rtmp), "rtmp", "must be empty: sample apps broadcast by HLS alone"),
            )
        )
        return {"lowLatency": low_latency, "dvr": dvr}


class SampleCaptionsBody(Struct, rename="camel"):
    """A session to be captioned, and a client token for it; its repr does not show the token."""

    session_id: SessionId
    token: Annotated[str, Meta(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]

    def __repr__(self) -> str:
        return f"SampleCaptionsBody(session_id={self.session_id!r}, token=...)"
