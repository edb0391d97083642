"""Archives by OpenTok's REST API; the SDK drops some of their fields, and statuses."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from chalicelib.adapters.opentok.http import Answer
from chalicelib.adapters.opentok.outcomes import own_message, unavailable
from chalicelib.adapters.opentok.rest import Call, OpenTokRest, is_absence
from chalicelib.core.deadline import Deadline
from chalicelib.core.media import MediaKind
from chalicelib.core.media_reports import MediaReport
from chalicelib.core.media_rules import NOT_ROUTED, STREAMS_NOT_MANUAL
from chalicelib.core.ports import Clock
from chalicelib.core.told import told_content, told_object
from chalicelib.errors import AlreadyRecording, NobodyConnected, NotRouted, StreamsNotManual

_FAILED: Final = 300
_PAGE: Final = 1000
_OF_A_RELAYED_SESSION: Final = 15008


class OpenTokArchives:
    """The archive platform."""

    def __init__(self, rest: OpenTokRest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock

    def start(
        self, session_id: str, options: Mapping[str, object], deadline: Deadline
    ) -> MediaReport:
        content = {**options, "sessionId": session_id}
        call = Call("POST", "archive", content, attempts=1, understood=_is_about_the_state)
        answer = self._rest.ask(call, deadline)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise NobodyConnected("Nobody is connected to this room; start once somebody is.")
        if answer.status == HTTPStatus.CONFLICT:
            raise _conflict(answer)
        return self._report(call, answer)

    def stop(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        call = Call("POST", f"archive/{archive_id}/stop", understood=_is_about_the_state)
        return self._if_done(call, deadline)

    def archive(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        return self._if_done(Call("GET", f"archive/{archive_id}"), deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        found: dict[str, MediaReport] = {}
        offset, count = 0, 1
        while offset < count:
            path = f"archive?sessionId={session_id}&offset={offset}&count={_PAGE}"
            items, count = self._list(Call("GET", path), deadline)
            reports = (self._read(item) for item in items)
            found |= {each.id: each for each in reports if each is not None}
            offset += len(items) or count
        # Whether OpenTok heeds the session's id is not for us to trust.
        return [each for each in found.values() if each.session_id == session_id]

    def set_layout(self, archive_id: str, layout: Mapping[str, object], deadline: Deadline) -> bool:
        call = Call("PUT", f"archive/{archive_id}/layout", layout, understood=_is_about_the_state)
        return self._rest.ask(call, deadline).status < _FAILED

    def change_streams(
        self, archive_id: str, change: Mapping[str, object], deadline: Deadline
    ) -> bool:
        call = Call("PATCH", f"archive/{archive_id}/streams", change, understood=_is_about_streams)
        answer = self._rest.ask(call, deadline)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            raise StreamsNotManual(STREAMS_NOT_MANUAL)
        return answer.status < _FAILED

    def delete(self, archive_id: str, deadline: Deadline) -> bool:
        call = Call("DELETE", f"archive/{archive_id}", understood=_is_about_the_state)
        return self._rest.ask(call, deadline).status != HTTPStatus.CONFLICT

    def _if_done(self, call: Call, deadline: Deadline) -> MediaReport | None:
        answer = self._rest.ask(call, deadline)
        return self._report(call, answer) if answer.status < _FAILED else None

    def _report(self, call: Call, answer: Answer) -> MediaReport:
        report = self._read(told_content(answer.body))
        if report is None:
            raise unavailable(f"{call}: {answer.status} without an archive")
        return report

    def _list(self, call: Call, deadline: Deadline) -> tuple[Sequence[object], int]:
        """Some items, and how many there are in all."""
        answer = self._rest.ask(call, deadline)
        if answer.status == HTTPStatus.NOT_FOUND:
            return (), 0
        content = told_content(answer.body)
        items, count = content.get("items"), content.get("count")
        if not isinstance(items, list) or not isinstance(count, int):
            raise unavailable(f"{call}: {answer.status} without a list")
        return items, count

    def _read(self, item: object) -> MediaReport | None:
        return MediaReport.of(MediaKind.ARCHIVE, told_object(item), self._clock())


def _is_about_the_state(answer: Answer) -> bool:
    """Whether it tells that the archive or session is not there, or not in a state for this."""
    conflict = answer.status == HTTPStatus.CONFLICT and own_message(answer) is not None
    return conflict or is_absence(answer)


def _is_about_streams(answer: Answer) -> bool:
    return answer.status == HTTPStatus.METHOD_NOT_ALLOWED or is_absence(answer)


def _conflict(answer: Answer) -> NotRouted | AlreadyRecording:
    if told_content(answer.body).get("code") == _OF_A_RELAYED_SESSION:
        return NotRouted(NOT_ROUTED)
    return AlreadyRecording(
        "This room is being recorded already: stop that archive, or give this one a "
        "multiArchiveTag that no running one has."
    )
