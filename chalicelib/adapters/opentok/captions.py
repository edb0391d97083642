"""Live captions by OpenTok's REST API, which tells of them by callbacks alone."""

from collections.abc import Sequence

from chalicelib.adapters.opentok.api_client import ApiClient, Call
from chalicelib.adapters.opentok.media_client import Reports, check_started, is_about_the_state
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import AlreadyCaptioning


class OpenTokCaptions:
    """The captions platform."""

    def __init__(self, rest: ApiClient, clock: Clock) -> None:
        self._rest = rest
        self._reports = Reports(rest, clock, MediaKind.CAPTIONS, "captions")

    def start(self, order: StartRequest, deadline: Deadline) -> MediaReport:
        call = Call(
            "POST",
            "captions",
            {**order.options, "sessionId": order.session_id, "token": order.token.text},
            secret=True,
            attempts=1,
            is_expected_failure=is_about_the_state,
        )
        answer = self._rest.call(call, deadline)
        check_started(answer, AlreadyCaptioning("This room has captions already."))
        return self._reports.read(call, answer, sessionId=order.session_id, status="started")

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:  # noqa: ARG002
        return ()

    def stop(self, media_id: str, deadline: Deadline) -> None:
        self._rest.call(Call("POST", f"captions/{media_id}/stop"), deadline)
