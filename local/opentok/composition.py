"""What an archive and a broadcast have in common: they take in the streams of one session."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from local.opentok.composition_request import CompositionRequest, StreamPatch
from local.opentok.layout import Layout
from local.opentok.live_session import Session
from local.opentok.rest_errors import AbsentError, RestError

DESERTED_SECONDS = 60.0


@dataclass(frozen=True)
class Change:
    """What something becomes, when, and why; without a reason the one before stays."""

    status: str
    at: float
    reason: str | None = None


@dataclass
class Composition:
    """Not safe under threads: who keeps it holds the lock.

    Args:
        taken_in: by stream id, the streams chosen one by one; what of each is taken.
        deserted_at: since when nobody is connected to the session.
    """

    record_id: str
    session: Session
    wanted: CompositionRequest
    created_at: float
    updated_at: float
    status: str = "started"
    layout: Layout | None = None
    taken_in: dict[str, dict[str, Any]] = field(default_factory=dict)
    deserted_at: float | None = None

    @property
    def key(self) -> str:
        return self.session.key

    @property
    def session_id(self) -> str:
        return self.session.session_id

    @property
    def stream_mode(self) -> str:
        return self.wanted.stream_mode or "auto"

    def arrange(self, layout: Layout, now: float) -> None:
        self.layout = layout
        self.updated_at = now

    def patch_streams(self, patch: StreamPatch, now: float) -> None:
        """Take in a stream of the session, or leave one out.

        Raises:
            RestError: streams are not chosen one by one here, or there is no such stream.
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

    def follow_session(self, now: float) -> None:
        """Let go of streams that have ended, and note when the last client has left."""
        for stream_id in self.taken_in.keys() - self.session.streams.keys():
            del self.taken_in[stream_id]
        if self.session.connections:
            self.deserted_at = None
        elif self.deserted_at is None:
            self.deserted_at = now

    @property
    def deserted_until(self) -> float:
        """When it ends for want of clients; never, while there are some."""
        return float("inf") if self.deserted_at is None else self.deserted_at + DESERTED_SECONDS


def owner(key: str) -> dict[str, Any]:
    """The project as records name it: OpenTok's two numbers, or Vonage's application."""
    if key.isdecimal():
        return {"projectId": int(key), "partnerId": int(key)}
    return {"applicationId": key}


def given(**fields: object) -> dict[str, object]:
    """These fields, without those that are not set."""
    return {name: value for name, value in fields.items() if value is not None}
