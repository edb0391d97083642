"""Experience Composer: a web page that OpenTok opens and publishes into a session."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.captions.captions_request import CallbackUrl
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.session_options import RESOLUTIONS
from stand_ins.opentok.sessions.session_record import Change, given
from stand_ins.opentok.telephony.connected_record import ConnectedRecord

_DEFAULT_SECONDS = 7200
_DEFAULT_RESOLUTION = "1280x720"


class RenderProperties(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class RenderRequest(msgspec.Struct, rename="camel", frozen=True):
    """A request for a render; it holds a client token, so no answer may show it."""

    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    token: str
    url: CallbackUrl
    max_duration: Annotated[int, msgspec.Meta(ge=60, le=36_000)] | None = None
    resolution: str | None = None
    properties: RenderProperties | None = None
    status_callback_url: CallbackUrl | None = None

    def __post_init__(self) -> None:
        if self.resolution is not None and self.resolution not in RESOLUTIONS:
            raise ValueError("Invalid resolution")

    def __repr__(self) -> str:
        return f"RenderRequest({self.session_id})"

    @property
    def stream_name(self) -> str:
        return (self.properties and self.properties.name) or ""


@dataclass(kw_only=True)
class Render(ConnectedRecord):
    """A render: starting until it has a connection and a stream, ended by its disconnection."""

    wanted: RenderRequest
    status: str = "starting"

    @property
    def running(self) -> bool:
        return self.status in {"starting", "started"}

    def follow_session(self, now: float) -> Change | None:
        if self.status == "starting" or self.is_connected:
            return None
        return Change("stopped", now, "Stop Requested")

    def next_change(self) -> Change | None:
        if not self.running:
            return None
        ends_at = self.created_at + (self.wanted.max_duration or _DEFAULT_SECONDS)
        return Change("stopped", ends_at, "Max duration exceeded")

    def callback(self) -> Callback:
        content = {
            "id": self.record_id,
            "sessionId": self.session_id,
            "streamId": self.stream_id,
            "status": self.status,
            "reason": self.reason,
        }
        url = self.wanted.status_callback_url
        return Callback("render", self.key, "render/status", content, url)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.record_id,
            "sessionId": self.session_id,
            "projectId": self.key,
            "createdAt": milliseconds(self.created_at),
            "updatedAt": milliseconds(self.updated_at),
            "url": self.wanted.url,
            "resolution": self.wanted.resolution or _DEFAULT_RESOLUTION,
            "status": self.status,
            **given(streamId=self.stream_id, reason=self.reason or None),
        }
