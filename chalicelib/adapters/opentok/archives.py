"""Archives by OpenTok's REST API; the SDK drops some of their fields, and statuses."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from chalicelib.adapters.opentok.api_client import ApiClient, Call, is_absence
from chalicelib.adapters.opentok.media_client import FAILED, Reports, is_about_the_state
from chalicelib.adapters.opentok.transport import Answer
from chalicelib.core.model.media import NOT_ROUTED, STREAMS_NOT_MANUAL, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import parse_json_object
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import AlreadyRecording, NobodyConnected, NotRouted, StreamsNotManual

_OF_A_RELAYED_SESSION: Final = 15008


class OpenTokArchives:
    """The archive platform."""

    def __init__(self, rest: ApiClient, clock: Clock) -> None:
        self._rest = rest
        self._reports = Reports(rest, clock, MediaKind.ARCHIVE, "archive")

    def start(
        self, session_id: str, options: Mapping[str, object], deadline: Deadline
    ) -> MediaReport:
        content = {**options, "sessionId": session_id}
        call = Call("POST", "archive", content, attempts=1, is_expected_failure=is_about_the_state)
        answer = self._rest.call(call, deadline)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise NobodyConnected("Nobody is connected to this room; start once somebody is.")
        if answer.status == HTTPStatus.CONFLICT:
            raise _conflict(answer)
        return self._reports.read(call, answer)

    def stop(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        call = Call("POST", f"archive/{archive_id}/stop", is_expected_failure=is_about_the_state)
        return self._reports.read_one(archive_id, call, self._rest.call(call, deadline))

    def archive(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        return self._reports.one(archive_id, deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        return self._reports.of_session(session_id, deadline)

    def set_layout(self, archive_id: str, layout: Mapping[str, object], deadline: Deadline) -> bool:
        call = Call(
            "PUT", f"archive/{archive_id}/layout", layout, is_expected_failure=is_about_the_state
        )
        return self._rest.call(call, deadline).status < FAILED

    def change_streams(
        self, archive_id: str, change: Mapping[str, object], deadline: Deadline
    ) -> bool:
        call = Call(
            "PATCH", f"archive/{archive_id}/streams", change, is_expected_failure=_is_about_streams
        )
        answer = self._rest.call(call, deadline)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            raise StreamsNotManual(STREAMS_NOT_MANUAL)
        return answer.status < FAILED

    def delete(self, archive_id: str, deadline: Deadline) -> bool:
        call = Call("DELETE", f"archive/{archive_id}", is_expected_failure=is_about_the_state)
        return self._rest.call(call, deadline).status < FAILED


def _is_about_streams(answer: Answer) -> bool:
    return answer.status == HTTPStatus.METHOD_NOT_ALLOWED or is_absence(answer)


def _conflict(answer: Answer) -> NotRouted | AlreadyRecording:
    if parse_json_object(answer.body).get("code") == _OF_A_RELAYED_SESSION:
        return NotRouted(NOT_ROUTED)
    return AlreadyRecording(
        "This room is being recorded already: stop that archive, or give this one a "
        "multiArchiveTag that no running one has."
    )
