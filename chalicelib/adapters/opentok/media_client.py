"""Reading what OpenTok answers of archives, broadcasts, captions and renders."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from chalicelib.adapters.opentok.api_client import ApiClient, Call, is_absence
from chalicelib.adapters.opentok.errors import own_message, unavailable
from chalicelib.adapters.opentok.transport import Answer
from chalicelib.core.model.media import NOT_ROUTED, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import parse_json_object, parse_object
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import NobodyConnected, NotRouted, RoomkeyError

FAILED: Final = 300
MOST_LISTED: Final = 1000
"""At once; OpenTok's own limit."""
NOBODY: Final = "Nobody is connected to this room; start once somebody is."


class Reports:
    """Asks OpenTok about one kind of them.

    Args:
        path: Where they are, below the project's own address.
    """

    def __init__(self, rest: ApiClient, clock: Clock, kind: MediaKind, path: str) -> None:
        self._rest = rest
        self._clock = clock
        self._kind = kind
        self._path = path

    def one(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        """How it stands; None if there is none of this id."""
        call = Call("GET", f"{self._path}/{media_id}")
        return self.read_one(media_id, call, self._rest.call(call, deadline))

    def read_one(self, media_id: str, call: Call, answer: Answer) -> MediaReport | None:
        """What an answer about one tells; None where it failed.

        Of another than was asked for it tells nothing: that may be another room's.
        """
        if answer.status >= FAILED:
            return None
        report = self.read(call, answer)
        if report.id != media_id:
            raise unavailable(f"{call}: {answer.status}, about another one")
        return report

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """All of the session's, page by page."""
        found: dict[str, MediaReport] = {}
        offset, count = 0, 1
        while offset < count:
            path = f"{self._path}?sessionId={session_id}&offset={offset}&count={MOST_LISTED}"
            items, count = self._list(path, deadline)
            found |= {each.id: each for each in self._of(session_id, items)}
            offset += len(items) or count
        return list(found.values())

    def of_project(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """The session's among the project's latest, where OpenTok cannot be asked for one's."""
        items, _ = self._list(f"{self._path}?count={MOST_LISTED}", deadline)
        return self._of(session_id, items)

    def _list(self, path: str, deadline: Deadline) -> tuple[Sequence[object], int]:
        """Some items, and how many there are in all.

        No list is no answer, whatever its status: what is not listed would be taken for gone.
        """
        call = Call("GET", path)
        answer = self._rest.call(call, deadline)
        content = parse_json_object(answer.body)
        items, count = content.get("items"), content.get("count")
        if not isinstance(items, list):
            raise unavailable(f"{call.note(answer)}, without a list")
        return items, count if isinstance(count, int) else len(items)

    def _of(self, session_id: str, items: Sequence[object]) -> list[MediaReport]:
        read = (self._report(parse_object(item)) for item in items)
        # Whether OpenTok heeds the session's id is not for us to trust.
        return [each for each in read if each is not None and each.session_id == session_id]

    def read(self, call: Call, answer: Answer, **known: object) -> MediaReport:
        """What an answer tells, and what is known without its telling."""
        report = self._report({**parse_json_object(answer.body), **known})
        if report is None:
            raise unavailable(f"{call.note(answer)}, without a {self._kind}")
        return report

    def _report(self, content: Mapping[str, Any]) -> MediaReport | None:
        return MediaReport.parse(self._kind, content, self._clock())


def is_about_the_state(answer: Answer) -> bool:
    """Whether it tells that a thing or session is not there, or not in a state for this."""
    conflict = answer.status == HTTPStatus.CONFLICT and own_message(answer) is not None
    return conflict or is_absence(answer)


def check_started(answer: Answer, already: RoomkeyError) -> None:
    """Pass if it was started.

    Raises:
        NobodyConnected: Nobody is in the session, or nobody ever was.
        NotRouted: OpenTok does not see its media.
        RoomkeyError: `already`, where OpenTok says neither and yet that it is in the way.
    """
    if answer.status == HTTPStatus.NOT_FOUND:
        raise NobodyConnected(NOBODY)
    if answer.status == HTTPStatus.CONFLICT:
        raise NotRouted(NOT_ROUTED) if _tells_of_media_mode(answer) else already


def _tells_of_media_mode(answer: Answer) -> bool:
    message = (own_message(answer) or "").lower()
    return "routed" in message or "relayed" in message
