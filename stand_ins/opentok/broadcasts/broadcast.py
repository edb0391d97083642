"""One broadcast: its fields, its changes over time, and its JSON."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from stand_ins.opentok.archives.composition import Composition
from stand_ins.opentok.broadcasts.broadcast_request import BroadcastRequest, Hls, RtmpTarget
from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.session_record import Change, given, owner

_DEFAULT_SECONDS = 4 * 3600
_DEFAULT_RESOLUTION = "640x480"
# Players have to wait this long for HLS.
_ON_AIR_AFTER_SECONDS = 20.0


@dataclass(kw_only=True)
class Broadcast(Composition):
    """A broadcast: live a little after its start, ended by a stop, its time, or lack of clients.

    Args:
        host_part: The part of the playlist's address that no other broadcast has.
    """

    wanted: BroadcastRequest
    on_air: bool = False
    host_part: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def max_duration(self) -> int:
        return self.wanted.max_duration or _DEFAULT_SECONDS

    def become(self, change: Change) -> None:
        self.on_air = change.status == "started"
        super().become(change)

    def next_change(self) -> Change | None:
        if not self.running:
            return None
        ends_at = min(self.deserted_until, self.created_at + self.max_duration)
        on_air_at = self.created_at + _ON_AIR_AFTER_SECONDS
        if self.on_air or ends_at < on_air_at:
            return Change("stopped", ends_at)
        return Change("started", on_air_at)

    def callback(self) -> Callback:
        # The callback's content is not documented. Here it is the broadcast itself, as for
        # archives.
        return Callback("broadcast", self.key, "broadcast/status", self.to_json())

    def to_json(self) -> dict[str, Any]:
        wanted = self.wanted
        hls = wanted.outputs.hls
        return {
            "id": self.record_id,
            "sessionId": self.session_id,
            **owner(self.key),
            "createdAt": milliseconds(self.created_at),
            "updatedAt": milliseconds(self.updated_at),
            "broadcastUrls": self._urls() if self.running else None,
            "status": self.status,
            "streamMode": self.stream_mode,
            **self.chosen_streams(),
            "hasAudio": wanted.has_audio is not False,
            "hasVideo": wanted.has_video is not False,
            "maxDuration": self.max_duration,
            **given(maxBitrate=wanted.max_bitrate, multiBroadcastTag=wanted.multi_broadcast_tag),
            "settings": {} if hls is None else {"hls": _hls_settings(hls)},
            "event": "broadcast",
            "resolution": wanted.resolution or _DEFAULT_RESOLUTION,
        }

    def _urls(self) -> dict[str, Any]:
        urls: dict[str, Any] = {}
        outputs = self.wanted.outputs
        if outputs.hls is not None:
            dvr = "?DVR" if outputs.hls.dvr else ""
            urls["hls"] = f"https://broadcast.invalid/{self.host_part}/playlist.m3u8{dvr}"
            urls["hlsStatus"] = "live" if self.on_air else "ready"
        if outputs.rtmp:
            urls["rtmp"] = [self._rtmp(target) for target in outputs.rtmp]
        return urls

    def _rtmp(self, target: RtmpTarget) -> dict[str, Any]:
        return {
            "status": "live" if self.on_air else "connecting",
            **given(id=target.id),
            "serverUrl": target.server_url,
            "streamName": target.stream_name,
        }


def _hls_settings(hls: Hls) -> dict[str, bool]:
    return {"lowLatency": bool(hls.low_latency), "dvr": bool(hls.dvr)}
