"""Reading what OpenTok answers of broadcasts, captions and renders."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from chalicelib.adapters.opentok.http import Answer
from chalicelib.adapters.opentok.outcomes import own_message, unavailable
from chalicelib.adapters.opentok.rest import Call, OpenTokRest, is_absence
from chalicelib.core.deadline import Deadline
from chalicelib.core.media import MediaKind
from chalicelib.core.media_reports import MediaReport
from chalicelib.core.media_rules import NOT_ROUTED
from chalicelib.core.ports import Clock
from chalicelib.core.told import told_content, told_object
from chalicelib.errors import NobodyConnected, NotRouted, RoomkeyError

FAILED: Final = 300
MOST_LISTED: Final = 1000
NOBODY: Final = "Nobody is connected to this room; start once somebody is."


class Reports:
    """Asks OpenTok about one kind of them.

    Args:
        path: Where they are, below the project's own address.
    """

    def __init__(self, rest: OpenTokRest, clock: Clock, kind: MediaKind, path: str) -> None:
        self._rest = rest
        self._clock = clock
        self._kind = kind
        self._path = path

    def one(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        """How it stands; None if there is none of this id."""
        call = Call("GET", f"{self._path}/{media_id}")
        answer = self._rest.ask(call, deadline)
        return self.read(call, answer) if answer.status < FAILED else None

    def of_session(self, query: str, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """The session's among those that the query finds."""
        call = Call("GET", f"{self._path}?{query}count={MOST_LISTED}")
        answer = self._rest.ask(call, deadline)
        if answer.status == HTTPStatus.NOT_FOUND:
            return ()
        items = told_content(answer.body).get("items")
        if not isinstance(items, list):
            raise unavailable(f"{call.note(answer)}, without a list")
        read = (self._report(told_object(item)) for item in items)
        # Whether OpenTok heeds the session's id is not for us to trust.
        return [each for each in read if each is not None and each.session_id == session_id]

    def read(self, call: Call, answer: Answer, **known: object) -> MediaReport:
        """What an answer tells, and what is known without its telling."""
        report = self._report({**told_content(answer.body), **known})
        if report is None:
            raise unavailable(f"{call.note(answer)}, without a {self._kind}")
        return report

    def _report(self, content: Mapping[str, Any]) -> MediaReport | None:
        return MediaReport.of(self._kind, content, self._clock())


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
