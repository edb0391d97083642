"""Fakes of archives and broadcasts, which compose the streams of a session."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.core.model.media import AVAILABLE, DELETED, STOPPED, UPLOADED, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    AlreadyBroadcasting,
    AlreadyRecording,
    NobodyConnected,
    RoomkeyError,
    StreamsNotManual,
)
from tests.fakes.opentok.clients import FakeOpenTok
from tests.fakes.opentok.objects import Objects

_DELETABLE: Final = frozenset({AVAILABLE, UPLOADED, DELETED})


class Compositions:
    """The base of archives and broadcasts.

    Attributes:
        objects: All of them, for tests to read and to change.
        layouts: The last layout that was asked for, by id.
        chosen: The streams that were added one by one, by id.
    """

    def __init__(self, opentok: FakeOpenTok, kind: MediaKind) -> None:
        self.objects = Objects(opentok, kind)
        self.layouts: dict[str, Mapping[str, object]] = {}
        self.chosen: dict[str, set[str]] = {}
        self._faults = opentok.faults
        self._kind = kind

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        with self._faults.call(f"{self._kind}.of_session", deadline):
            return self.objects.of_session(session_id)

    def set_layout(self, media_id: str, layout: Mapping[str, object], deadline: Deadline) -> bool:
        with self._faults.call(f"{self._kind}.set_layout", deadline):
            if self.objects.content(media_id) is None:
                return False
            self.layouts[media_id] = layout
            return True

    def change_streams(
        self, media_id: str, change: Mapping[str, object], deadline: Deadline
    ) -> bool:
        with self._faults.call(f"{self._kind}.change_streams", deadline):
            content = self.objects.content(media_id)
            if content is None:
                return False
            if content["streamMode"] == "auto":
                raise StreamsNotManual("It takes its streams by itself.")
            chosen = self.chosen.setdefault(media_id, set())
            added, removed = change.get("addStream"), change.get("removeStream")
            if added is None:
                if removed not in chosen:
                    return False
                chosen.discard(str(removed))
                return True
            if added not in self.objects.opentok.sessions[content["sessionId"]].streams:
                return False
            chosen.add(str(added))
            return True

    def one(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        with self._faults.call(f"{self._kind}.one", deadline):
            return self.objects.report(media_id)

    def _begin(
        self,
        session_id: str,
        options: Mapping[str, object],
        tag: str,
        taken: RoomkeyError,
        **content: Any,
    ) -> MediaReport:
        session = self.objects.session_to_process(session_id)
        if not session.connections:
            raise NobodyConnected("Nobody is connected to this room; start once somebody is.")
        if options.get(tag) in {each.get(tag) for each in self.objects.running(session_id)}:
            raise taken
        shown = {name: value for name, value in options.items() if name != "layout"}
        defaults = {"streamMode": "auto", "hasAudio": True, "hasVideo": True}
        media_id = self.objects.begin(session_id, **{**defaults, **content, **shown})
        report = self.objects.report(media_id)
        assert report is not None
        return report


class FakeArchives(Compositions):
    """The archive platform."""

    def __init__(self, opentok: FakeOpenTok) -> None:
        super().__init__(opentok, MediaKind.ARCHIVE)

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        with self._faults.call("archive.start", deadline):
            taken = AlreadyRecording("This room is being recorded already.")
            return self._begin(
                request.session_id,
                request.options,
                "multiArchiveTag",
                taken,
                name=None,
                outputMode="composed",
                size=0,
                duration=0,
                url=None,
            )

    def stop(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        with self._faults.call("archive.stop", deadline):
            content = self.objects.content(archive_id)
            if content is None:
                return None
            if self.objects.is_running(archive_id):
                # OpenTok accepts the stop of an automatic archive, and records on.
                if not content.get("automatic"):
                    self.objects.move(archive_id, STOPPED, reason="user initiated")
            elif content["status"] != STOPPED:
                return None
            return self.objects.report(archive_id)

    def delete(self, archive_id: str, deadline: Deadline) -> bool:
        with self._faults.call("archive.delete", deadline):
            content = self.objects.content(archive_id)
            if content is None or content["status"] not in _DELETABLE:
                return False
            self.objects.move(archive_id, DELETED, url=None)
            return True


class FakeBroadcasts(Compositions):
    """The broadcast platform."""

    def __init__(self, opentok: FakeOpenTok) -> None:
        super().__init__(opentok, MediaKind.BROADCAST)

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        with self._faults.call("broadcast.start", deadline):
            taken = AlreadyBroadcasting("This room is being broadcast already.")
            outputs = request.options.get("outputs")
            named = outputs if isinstance(outputs, dict) else {}
            urls = {name: f"https://{name}.invalid" for name in named}
            shown = {name: value for name, value in request.options.items() if name != "outputs"}
            return self._begin(
                request.session_id, shown, "multiBroadcastTag", taken, broadcastUrls=urls
            )

    def stop(self, broadcast_id: str, deadline: Deadline) -> MediaReport | None:
        with self._faults.call("broadcast.stop", deadline):
            if not self.objects.is_running(broadcast_id):
                return None
            self.objects.move(broadcast_id, STOPPED, broadcastUrls=None)
            return self.objects.report(broadcast_id)
