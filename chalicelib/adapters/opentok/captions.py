"""Live captions by OpenTok's REST API, which reports them by callbacks alone."""

from collections.abc import Sequence

from chalicelib.adapters.opentok.api_client import ApiClient, Call
from chalicelib.adapters.opentok.media_client import ACCEPTED, MediaClient
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import AlreadyCaptioning


class OpenTokCaptions:
    """The captions platform."""

    def __init__(self, api: ApiClient, clock: Clock) -> None:
        self._api = api
        self._media = MediaClient(api, clock, MediaKind.CAPTIONS, _already)

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        return self._media.start(request, deadline, sessionId=request.session_id, status="started")

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:  # noqa: ARG002
        return ()

    def stop(self, media_id: str, deadline: Deadline) -> None:
        call = Call("POST", f"captions/{media_id}/stop", secret=True, succeeds_with=ACCEPTED)
        self._api.call(call, deadline)


def _already() -> AlreadyCaptioning:
    return AlreadyCaptioning(
        "This room has captions already. Stop them, or wait: captions end a minute after "
        "everybody has left."
    )
