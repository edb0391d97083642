"""Calls of OpenTok about one kind of media, and the answers' reports."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from chalicelib.adapters.opentok.api_client import (
    DONE,
    Answer,
    ApiClient,
    Call,
    is_absence,
    own_message,
    unavailable,
)
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, parse_json_object, parse_object
from chalicelib.errors import NobodyConnected, NotRouted, RoomkeyError

FAILED: Final = 300
MAX_LISTED: Final = 250
"""The size of a page. So many items, of 4 KB each, fit in the longest answer that is read."""
MAX_OF_PROJECT: Final = 1000
ACCEPTED: Final = DONE | {HTTPStatus.ACCEPTED}
"""The statuses of starts: OpenTok answers 200 to some, and 202 to captions and renders."""
NOBODY: Final = "Nobody is connected to this room. Start once somebody is."
_RELAYED_SESSION: Final = 15008


class MediaClient:
    """Asks OpenTok about one kind of media.

    Args:
        kind: The kind. It is also the kind's path below the project's URL.
        conflict: Returns the error for a start that the session's state forbids.
    """

    def __init__(
        self, api: ApiClient, clock: Clock, kind: MediaKind, conflict: Callable[[], RoomkeyError]
    ) -> None:
        self._api = api
        self._clock = clock
        self._kind = kind
        self._path = kind.value
        self._conflict = conflict

    def start(self, request: StartRequest, deadline: Deadline, **known: object) -> MediaReport:
        """Start an item and return its report.

        Args:
            request: The request.
            deadline: The time by which OpenTok must answer.
            known: Fields that OpenTok's answer lacks.
        """
        call = start_call(self._path, request)
        answer = self._api.call(call, deadline)
        check_started(answer, self._conflict)
        return self.read(call, answer, **known)

    def one(self, media_id: str, deadline: Deadline) -> MediaReport | None:
        """Return the report of an item; None if OpenTok has none of this id."""
        call = Call("GET", f"{self._path}/{media_id}", secret=True)
        return self.read_one(media_id, call, self._api.call(call, deadline))

    def read_one(self, media_id: str, call: Call, answer: Answer) -> MediaReport | None:
        """Return the report in an answer about one item; None if the call failed.

        An answer about another item is refused, because that item may belong to another room.
        """
        if answer.status >= FAILED:
            return None
        report = self.read(call, answer)
        if report.id != media_id:
            raise unavailable(f"{call}: {answer.status}, about another one")
        return report

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """List all items of a session, page by page."""
        found: dict[str, MediaReport] = {}
        offset, count = 0, 1
        while offset < count:
            path = f"{self._path}?sessionId={session_id}&offset={offset}&count={MAX_LISTED}"
            items, count = self._list(path, deadline)
            found |= {each.id: each for each in self._of(session_id, items)}
            offset += len(items) or count
        return list(found.values())

    def of_project(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        """List the project's 1,000 newest items and keep those of this session.

        Some kinds cannot be filtered by session at OpenTok.
        """
        found: dict[str, MediaReport] = {}
        for offset in range(0, MAX_OF_PROJECT, MAX_LISTED):
            path = f"{self._path}?offset={offset}&count={MAX_LISTED}"
            items, _ = self._list(path, deadline)
            found |= {each.id: each for each in self._of(session_id, items)}
            if len(items) < MAX_LISTED:
                break
        return list(found.values())

    def _list(self, path: str, deadline: Deadline) -> tuple[Sequence[object], int]:
        """Return some items, and how many there are in all.

        An answer without a list is an error, because items missing from a list count as gone.
        """
        call = Call("GET", path, secret=True)
        answer = self._api.call(call, deadline)
        content = parse_json_object(answer.body)
        items, count = content.get("items"), content.get("count")
        if not isinstance(items, list):
            raise unavailable(f"{call.note(answer)}, without a list")
        return items, count if isinstance(count, int) else len(items)

    def _of(self, session_id: str, items: Sequence[object]) -> list[MediaReport]:
        reports = (self._report(parse_object(item)) for item in items)
        # OpenTok may ignore the session id of the query.
        return [each for each in reports if each is not None and each.session_id == session_id]

    def read(self, call: Call, answer: Answer, **known: object) -> MediaReport:
        """Return the report in an answer, completed with fields that are known otherwise."""
        report = self._report({**parse_json_object(answer.body), **known})
        if report is None:
            raise unavailable(f"{call.note(answer)}, without a {self._kind}")
        return report

    def _report(self, content: Mapping[str, Any]) -> MediaReport | None:
        return MediaReport.parse(self._kind, content, self._clock())


def start_call(path: str, request: StartRequest) -> Call:
    """Return the call that starts something; it is made once only."""
    token = {} if request.token is None else {"token": request.token.text}
    return Call(
        "POST",
        path,
        {**request.options, "sessionId": request.session_id, **token},
        secret=True,
        succeeds_with=ACCEPTED,
        attempts=1,
        is_expected_failure=is_about_the_state,
    )


def check_started(answer: Answer, conflict: Callable[[], RoomkeyError]) -> None:
    """Pass if OpenTok has started what was asked for.

    Raises:
        NobodyConnected: Nobody is in the session, or nobody ever was.
        NotRouted: The session's media do not pass through OpenTok.
        RoomkeyError: The error of `conflict`, if OpenTok names neither as the reason.
    """
    if answer.status == HTTPStatus.NOT_FOUND:
        raise NobodyConnected(NOBODY)
    if answer.status == HTTPStatus.CONFLICT:
        raise NotRouted if _is_about_media_mode(answer) else conflict()


def is_about_the_state(answer: Answer) -> bool:
    """Return True if OpenTok says that the item or session is missing, or in a wrong state."""
    conflict = answer.status == HTTPStatus.CONFLICT and own_message(answer) is not None
    return conflict or is_absence(answer)


def is_about_streams(answer: Answer) -> bool:
    """Return True if OpenTok says that a stream is missing, or that it chooses the streams."""
    return answer.status == HTTPStatus.METHOD_NOT_ALLOWED or is_absence(answer)


def _is_about_media_mode(answer: Answer) -> bool:
    if parse_json_object(answer.body).get("code") == _RELAYED_SESSION:
        return True
    message = (own_message(answer) or "").lower()
    return "routed" in message or "relayed" in message
