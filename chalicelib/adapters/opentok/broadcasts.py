"""Broadcasts by OpenTok's REST API; the SDK cannot list them, and loses most statuses."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from chalicelib.adapters.opentok.api_client import ApiClient, Call, is_absence
from chalicelib.adapters.opentok.media_client import (
    FAILED,
    Reports,
    check_started,
    is_about_the_state,
)
from chalicelib.adapters.opentok.transport import Answer
from chalicelib.core.model.media import STREAMS_NOT_MANUAL, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import AlreadyBroadcasting, StreamsNotManual


class OpenTokBroadcasts:
    """The broadcast platform."""

    def __init__(self, rest: ApiClient, clock: Clock) -> None:
        self._rest = rest
        self._reports = Reports(rest, clock, MediaKind.BROADCAST, "broadcast")

    def start(
        self, session_id: str, options: Mapping[str, object], deadline: Deadline
    ) -> MediaReport:
        content = {**options, "sessionId": session_id}
        call = Call(
            "POST",
            "broadcast",
            content,
            secret=True,
            attempts=1,
            is_expected_failure=is_about_the_state,
        )
        answer = self._rest.call(call, deadline)
        already = AlreadyBroadcasting(
            "This room is being broadcast already: stop that broadcast, or give this one a "
            "multiBroadcastTag that no running one has."
        )
        check_started(answer, already)
        return self._reports.read(call, answer)

    def one(self, broadcast_id: str, deadline: Deadline) -> MediaReport | None:
        return self._reports.one(broadcast_id, deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        return self._reports.of_session(session_id, deadline)

    def stop(self, broadcast_id: str, deadline: Deadline) -> MediaReport | None:
        path = f"broadcast/{broadcast_id}/stop"
        call = Call("POST", path, secret=True, is_expected_failure=is_about_the_state)
        answer = self._rest.call(call, deadline)
        if answer.status == HTTPStatus.CONFLICT:
            # Why, OpenTok does not say: it may run on.
            return self.one(broadcast_id, deadline)
        return self._reports.read_one(broadcast_id, call, answer)

    def set_layout(
        self, broadcast_id: str, layout: Mapping[str, object], deadline: Deadline
    ) -> bool:
        path = f"broadcast/{broadcast_id}/layout"
        return self._rest.call(Call("PUT", path, layout), deadline).status < FAILED

    def change_streams(
        self, broadcast_id: str, change: Mapping[str, object], deadline: Deadline
    ) -> bool:
        path = f"broadcast/{broadcast_id}/streams"
        answer = self._rest.call(
            Call("PATCH", path, change, is_expected_failure=_is_about_streams), deadline
        )
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            raise StreamsNotManual(STREAMS_NOT_MANUAL)
        return answer.status < FAILED


def _is_about_streams(answer: Answer) -> bool:
    return answer.status == HTTPStatus.METHOD_NOT_ALLOWED or is_absence(answer)
