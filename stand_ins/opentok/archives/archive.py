"""One archive: its fields, its changes over time, and its JSON."""

from dataclasses import dataclass, field
from typing import Any

from stand_ins.opentok.archives.archive_file import TRANSCRIPT, media_file
from stand_ins.opentok.archives.archive_links import ArchiveLinks
from stand_ins.opentok.archives.archive_request import ArchiveRequest, TranscriptionProperties
from stand_ins.opentok.archives.archive_storage import ArchiveStorage
from stand_ins.opentok.archives.composition import Composition
from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.session_record import Change, given, owner

RECORDING = frozenset({"started", "paused"})
STOPPABLE = RECORDING | {"stopped"}
DELETABLE = frozenset({"available", "uploaded", "deleted"})
_WITH_FILE = DELETABLE | {"expired"}
_LONGEST_RECORDED_SECONDS = 4 * 3600.0
_KEPT_SECONDS = 72 * 3600.0


@dataclass(kw_only=True)
class Archive(Composition):
    """An archive; `become` changes its status.

    Args:
        automatic: True if the archive begins and ends with its session.
        has_heard: True if anybody has published yet; until then the archive does not pause.
        counted_from: The time up to which `recorded_seconds` counts.
    """

    wanted: ArchiveRequest
    storage: ArchiveStorage
    links: ArchiveLinks
    automatic: bool = False
    has_heard: bool = field(init=False)
    recorded_seconds: float = 0.0
    counted_from: float = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.counted_from = self.created_at
        self.has_heard = bool(self.session.streams)

    @property
    def running(self) -> bool:
        return self.status in RECORDING

    @property
    def file_name(self) -> str:
        return "archive.zip" if self.wanted.individual else "archive.mp4"

    def become(self, change: Change) -> None:
        if self.status == "started":
            self.recorded_seconds += change.at - self.counted_from
        self.counted_from = change.at
        super().become(change)

    def follow_session(self, now: float) -> Change | None:
        """Return the change that the session causes at once, if any.

        An archive pauses while nobody publishes. An automatic archive ends with the last client.
        """
        super().follow_session(now)
        if self.automatic and not self.session.connections:
            return Change("stopped", now, "session ended")
        self.has_heard = self.has_heard or bool(self.session.streams)
        status = "paused" if self.has_heard and not self.session.streams else "started"
        return None if status == self.status else Change(status, now)

    def next_change(self) -> Change | None:
        if self.status == "stopped":
            return Change(
                self.storage.final_status(self.key), self.updated_at + self.storage.ready_after
            )
        if self.status == "available":
            return Change("expired", self.updated_at + _KEPT_SECONDS)
        if not self.running:
            return None
        left = _LONGEST_RECORDED_SECONDS - self.recorded_seconds
        full_at = self.counted_from + left if self.status == "started" else float("inf")
        if full_at < self.deserted_until:
            return Change("stopped", full_at, "maximum duration exceeded")
        return Change("stopped", self.deserted_until, "session ended")

    def tell_clients(self) -> None:
        self.session.tell_recording(self.record_id, self.wanted.name, running=self.running)

    def callback(self) -> Callback:
        return Callback("archive", self.key, "archive/status", self.to_json())

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.record_id,
            "status": self.status,
            "name": self.wanted.name,
            "reason": self.reason,
            "sessionId": self.session_id,
            **owner(self.key),
            "createdAt": _whole_second(self.created_at),
            "updatedAt": _whole_second(self.updated_at),
            "size": len(media_file(self.record_id, self.file_name)) if self._has_file else 0,
            "duration": 0 if self.running else int(self.recorded_seconds),
            **self._options(),
            **self.chosen_streams(),
            "sha256sum": "",
            "password": "",
            "certificate": "",
            **self._transcription(),
            "event": "archive",
            "url": self._url(self.file_name),
        }

    def _options(self) -> dict[str, Any]:
        wanted = self.wanted
        composed = {} if wanted.individual else {"resolution": wanted.resolution or "640x480"}
        return {
            "outputMode": wanted.output_mode or "composed",
            "streamMode": self.stream_mode,
            "hasAudio": wanted.has_audio is not False,
            "hasVideo": wanted.has_video is not False,
            **composed,
            **given(
                multiArchiveTag=wanted.multi_archive_tag,
                maxBitrate=wanted.max_bitrate,
                quantizationParameter=wanted.quantization_parameter,
            ),
            "hasTranscription": bool(wanted.has_transcription),
        }

    def _url(self, file_name: str) -> str | None:
        return self.links.new(self.record_id, file_name) if self.status == "available" else None

    @property
    def _has_file(self) -> bool:
        return self.status in _WITH_FILE

    def _transcription(self) -> dict[str, Any]:
        if not self.wanted.has_transcription:
            return {}
        properties = self.wanted.transcription_properties or TranscriptionProperties()
        status = "failed" if self.status == "failed" else "requested"
        return {
            "transcription": {
                "status": "completed" if self._has_file else status,
                "url": self._url(TRANSCRIPT),
                "reason": "",
                "primaryLanguageCode": properties.primary_language_code,
                "hasSummary": properties.has_summary,
            }
        }


def _whole_second(seconds: float) -> int:
    return milliseconds(int(seconds))
