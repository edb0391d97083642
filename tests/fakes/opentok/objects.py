"""Archives, broadcasts, captions or renders of the fake OpenTok."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chalicelib.core.model.media import DELETED, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.timestamps import epoch_milliseconds
from chalicelib.errors import NobodyConnected, NotRouted
from tests.fakes.opentok.clients import PROJECT, FakeOpenTok, FakeSession

_RUNNING: Final = frozenset({"starting", "started", "paused"})


class Objects:
    """All objects of one kind, by id.

    Args:
        opentok: The owner of their sessions, which reports their events.
        kind: Their kind.

    Attributes:
        unlisted: Ids that lists leave out wrongly.
        denied: Ids that OpenTok wrongly calls unknown.
    """

    def __init__(self, opentok: FakeOpenTok, kind: MediaKind) -> None:
        self.opentok = opentok
        self.kind = kind
        self.unlisted: set[str] = set()
        self.denied: set[str] = set()
        self._contents: dict[str, dict[str, Any]] = {}

    def begin(self, session_id: str, *, status: str = "started", **content: object) -> str:
        """Start one, report that, and return its id."""
        with self.opentok.faults.lock:
            media_id, now = self.opentok.new_id(self.kind), epoch_milliseconds(self.opentok.clock())
            self._contents[media_id] = {
                "id": media_id,
                "status": status,
                "sessionId": session_id,
                "projectId": int(PROJECT),
                "createdAt": now,
                "updatedAt": now,
                "reason": "",
                **content,
            }
            self._report(media_id)
            return media_id

    def move(self, media_id: str, status: str, **changed: object) -> None:
        """Give one another status, and report that."""
        with self.opentok.faults.lock:
            now = epoch_milliseconds(self.opentok.clock())
            self._contents[media_id] |= {"status": status, "updatedAt": now, **changed}
            self._report(media_id)

    def change(self, media_id: str, **changed: object) -> None:
        """Change one without a report."""
        self._contents[media_id] |= changed

    def content(self, media_id: str) -> Mapping[str, Any] | None:
        """Return OpenTok's own object."""
        return self._contents.get(media_id)

    def is_running(self, media_id: str) -> bool:
        return media_id in self._contents and self._contents[media_id]["status"] in _RUNNING

    def report(self, media_id: str) -> MediaReport | None:
        """Return a report of one; None if there is none of this id."""
        content = None if media_id in self.denied else self._contents.get(media_id)
        return None if content is None else self.read(content)

    def read(self, content: Mapping[str, Any]) -> MediaReport:
        report = MediaReport.parse(self.kind, dict(content), self.opentok.clock())
        assert report is not None
        return report

    def of_session(self, session_id: str) -> Sequence[MediaReport]:
        """Return reports of a session's that are not deleted, newest first."""
        listed = reversed(self._of_session(session_id))
        return [
            self.read(each)
            for each in listed
            if each["status"] != DELETED and each["id"] not in self.unlisted
        ]

    def running(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """Return those of a session that have not ended."""
        return [each for each in self._of_session(session_id) if each["status"] in _RUNNING]

    def session_to_process(self, session_id: str) -> FakeSession:
        """Return the session if OpenTok can process its media.

        Raises:
            NobodyConnected: There is none of this id.
            NotRouted: Its media do not pass OpenTok.
        """
        session = self.opentok.sessions.get(session_id)
        if session is None:
            raise NobodyConnected("Nobody is connected to this room; start once somebody is.")
        if session.is_relayed:
            raise NotRouted("This room's media go from client to client.")
        return session

    def _of_session(self, session_id: str) -> list[dict[str, Any]]:
        return [each for each in self._contents.values() if each["sessionId"] == session_id]

    def _report(self, media_id: str) -> None:
        content = self._contents[media_id]
        if self.kind is MediaKind.RENDER:
            reported = ("id", "sessionId", "streamId", "status", "reason")
            content = {name: content[name] for name in reported if name in content}
        self.opentok.events.append(self.read(content))
