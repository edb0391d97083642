"""The common part of archives and broadcasts, which both take in the streams of one session."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from stand_ins.opentok.archives.composition_request import CompositionRequest, StreamPatch
from stand_ins.opentok.layout import Layout
from stand_ins.opentok.rest_errors import AbsentError, RestError
from stand_ins.opentok.sessions.session_record import Change, SessionRecord


@dataclass(kw_only=True)
class Composition(SessionRecord):
    """A record with a layout and streams.

    Args:
        taken_in: The streams chosen one by one, by stream id: the media taken of each stream.
        arranged: The layout that a call set after the start.
    """

    wanted: CompositionRequest
    taken_in: dict[str, dict[str, Any]] = field(default_factory=dict)
    arranged: Layout | None = None

    @property
    def layout(self) -> Layout | None:
        return self.arranged or self.wanted.layout

    @property
    def stream_mode(self) -> str:
        return self.wanted.stream_mode or "auto"

    def arrange(self, layout: Layout, now: float) -> None:
        self.arranged = layout
        self.updated_at = now

    def patch_streams(self, patch: StreamPatch, now: float) -> None:
        """Add a stream of the session, or remove one.

        Raises:
            RestError: The stream mode is not manual, or there is no such stream.
        """
        if self.stream_mode == "auto":
            message = "Streams are chosen one by one in stream mode manual only"
            raise RestError(message, HTTPStatus.METHOD_NOT_ALLOWED)
        if patch.add_stream:
            self.taken_in[self.session.stream(patch.add_stream).stream_id] = {
                "streamId": patch.add_stream,
                "hasAudio": patch.has_audio is not False,
                "hasVideo": patch.has_video is not False,
            }
        elif self.taken_in.pop(patch.remove_stream or "", None) is None:
            raise AbsentError("Stream not found")
        self.updated_at = now

    def follow_session(self, now: float) -> Change | None:
        for stream_id in self.taken_in.keys() - self.session.streams.keys():
            del self.taken_in[stream_id]
        return super().follow_session(now)

    def chosen_streams(self) -> dict[str, Any]:
        """Return the streams chosen one by one; only a running record in mode manual shows them."""
        is_shown = self.status == "started" and self.stream_mode == "manual"
        return {"streams": list(self.taken_in.values())} if is_shown else {}
