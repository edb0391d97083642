"""Experience Composers by OpenTok's REST API."""

from collections.abc import Sequence

from chalicelib.adapters.opentok.api_client import ApiClient, Call
from chalicelib.adapters.opentok.media_client import (
    NOBODY,
    Reports,
    check_started,
    is_about_the_state,
)
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import NobodyConnected


class OpenTokRenders:
    """The render platform."""

    def __init__(self, rest: ApiClient, clock: Clock) -> None:
        self._rest = rest
        self._reports = Reports(rest, clock, MediaKind.RENDER, "render")

    def start(self, order: StartRequest, deadline: Deadline) -> MediaReport:
        call = Call(
            "POST",
            "render",
            {**order.options, "sessionId": order.session_id, "token": order.token.text},
            secret=True,
            attempts=1,
            is_expected_failure=is_about_the_state,
        )
        answer = self._rest.call(call, deadline)
        check_started(answer, NobodyConnected(NOBODY))
        return self._reports.read(call, answer)

    def one(self, render_id: str, deadline: Deadline) -> MediaReport | None:
        return self._reports.one(render_id, deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        return self._reports.of_project(session_id, deadline)

    def stop(self, media_id: str, deadline: Deadline) -> None:
        self._rest.call(Call("DELETE", f"render/{media_id}"), deadline)
