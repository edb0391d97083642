"""Live captions by OpenTok's REST API, which tells of them by callbacks alone."""

from collections.abc import Sequence

from chalicelib.adapters.opentok.reports import Reports, check_started, is_about_the_state
from chalicelib.adapters.opentok.rest import Call, OpenTokRest
from chalicelib.core.deadline import Deadline
from chalicelib.core.media import MediaKind
from chalicelib.core.media_ports import ServiceOrder
from chalicelib.core.media_reports import MediaReport
from chalicelib.core.ports import Clock
from chalicelib.errors import AlreadyCaptioning


class OpenTokCaptions:
    """The captions platform."""

    def __init__(self, rest: OpenTokRest, clock: Clock) -> None:
        self._rest = rest
        self._reports = Reports(rest, clock, MediaKind.CAPTIONS, "captions")

    def start(self, order: ServiceOrder, deadline: Deadline) -> MediaReport:
        call = Call(
            "POST",
            "captions",
            {**order.options, "sessionId": order.session_id, "token": order.token.text},
            secret=True,
            attempts=1,
            understood=is_about_the_state,
        )
        answer = self._rest.ask(call, deadline)
        check_started(answer, AlreadyCaptioning("This room has captions already."))
        return self._reports.read(call, answer, sessionId=order.session_id, status="started")

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:  # noqa: ARG002
        return ()

    def stop(self, media_id: str, deadline: Deadline) -> None:
        self._rest.ask(Call("POST", f"captions/{media_id}/stop"), deadline)
