"""One archive: what it is, what becomes of it with time, and how it is shown."""

from dataclasses import dataclass
from typing import Any

from local.opentok.archive_file import media_file
from local.opentok.archive_request import ArchiveRequest, TranscriptionProperties
from local.opentok.composition import Change, Composition, given, owner
from local.opentok.session_events import milliseconds

RECORDING = frozenset({"started", "paused"})
STOPPABLE = RECORDING | {"stopped"}
FILED = frozenset({"available", "uploaded"})
DELETABLE = FILED | {"deleted"}
_DEFAULT_RESOLUTION = "640x480"
_LONGEST_RECORDED_SECONDS = 4 * 3600.0
_KEPT_SECONDS = 72 * 3600.0


@dataclass
class Archive(Composition):
    """It moves on by `become`.

    Args:
        automatic: it began with its session, and ends with it alone.
        reason: why it ended.
        has_heard: whether anybody has published yet; until then it does not pause.
        counted_from: what was recorded before this is in `recorded_seconds`.
    """

    wanted: ArchiveRequest
    automatic: bool = False
    reason: str = ""
    has_heard: bool = False
    recorded_seconds: float = 0.0
    counted_from: float = 0.0

    @property
    def recording(self) -> bool:
        return self.status in RECORDING

    @property
    def file_name(self) -> str:
        return "archive.zip" if self.wanted.individual else "archive.mp4"

    def become(self, change: Change) -> None:
        if self.status == "started":
            self.recorded_seconds += change.at - self.counted_from
        self.counted_from = self.updated_at = change.at
        self.status = change.status
        if change.reason is not None:
            self.reason = change.reason

    def pause_or_resume(self, now: float) -> Change | None:
        """It pauses while nobody publishes; what changes by that now, if anything."""
        self.has_heard = self.has_heard or bool(self.session.streams)
        status = "paused" if self.has_heard and not self.session.streams else "started"
        return None if status == self.status else Change(status, now)

    def next_change(self, ready_after: float, filed_as: str) -> Change | None:
        """What it becomes by the passing of time alone, and when.

        Args:
            ready_after: seconds from the end to the file.
            filed_as: available or uploaded.
        """
        if self.status == "stopped":
            return Change(filed_as, self.updated_at + ready_after)
        if self.status == "available":
            return Change("expired", self.updated_at + _KEPT_SECONDS)
        if not self.recording:
            return None
        left = _LONGEST_RECORDED_SECONDS - self.recorded_seconds
        full_at = self.counted_from + left if self.status == "started" else float("inf")
        if full_at < self.deserted_until:
            return Change("stopped", full_at, "maximum duration exceeded")
        return Change("stopped", self.deserted_until, "session ended")

    def shown(self, url: str | None, transcript_url: str | None) -> dict[str, Any]:
        wanted = self.wanted
        composed = {} if wanted.individual else {"resolution": self._resolution}
        chosen = self.status == "started" and self.stream_mode == "manual"
        return {
            "id": self.record_id,
            "status": self.status,
            "name": wanted.name,
            "reason": self.reason,
            "sessionId": self.session_id,
            **owner(self.key),
            "createdAt": _whole_second(self.created_at),
            "updatedAt": _whole_second(self.updated_at),
            "size": len(media_file(self.record_id, self.file_name)) if self._filed else 0,
            "duration": 0 if self.recording else int(self.recorded_seconds),
            "outputMode": wanted.output_mode or "composed",
            "streamMode": self.stream_mode,
            "hasAudio": wanted.has_audio is not False,
            "hasVideo": wanted.has_video is not False,
            **composed,
            **({"streams": list(self.taken_in.values())} if chosen else {}),
            "sha256sum": "",
            "password": "",
            "certificate": "",
            **given(
                multiArchiveTag=wanted.multi_archive_tag,
                maxBitrate=wanted.max_bitrate,
                quantizationParameter=wanted.quantization_parameter,
            ),
            "hasTranscription": bool(wanted.has_transcription),
            **self._transcription(transcript_url),
            "event": "archive",
            "url": url,
        }

    @property
    def _resolution(self) -> str:
        return self.wanted.resolution or _DEFAULT_RESOLUTION

    @property
    def _filed(self) -> bool:
        return self.status in FILED

    def _transcription(self, url: str | None) -> dict[str, Any]:
        if not self.wanted.has_transcription:
            return {}
        properties = self.wanted.transcription_properties or TranscriptionProperties()
        status = "failed" if self.status == "failed" else "requested"
        return {
            "transcription": {
                "status": "completed" if self._filed else status,
                "url": url,
                "reason": "",
                "primaryLanguageCode": properties.primary_language_code,
                "hasSummary": properties.has_summary,
            }
        }


def _whole_second(seconds: float) -> int:
    return milliseconds(int(seconds))
