"""Experience Composers by OpenTok's REST API."""

from collections.abc import Sequence
from functools import partial

from chalicelib.adapters.opentok.api_client import DONE, DONE_WITHOUT_BODY, ApiClient, Call
from chalicelib.adapters.opentok.media_client import NOBODY, MediaClient
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import NobodyConnected


class OpenTokRenders:
    """The render platform."""

    def __init__(self, api: ApiClient, clock: Clock) -> None:
        self._api = api
        self._media = MediaClient(api, clock, MediaKind.RENDER, partial(NobodyConnected, NOBODY))

    def start(self, request: StartRequest, deadline: Deadline) -> MediaReport:
        return self._media.start(request, deadline)

    def one(self, render_id: str, deadline: Deadline) -> MediaReport | None:
        return self._media.one(render_id, deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> Sequence[MediaReport]:
        return self._media.of_project(session_id, deadline)

    def stop(self, media_id: str, deadline: Deadline) -> None:
        # OpenTok says 200 in its documentation, and has answered 204.
        done = DONE | DONE_WITHOUT_BODY
        call = Call("DELETE", f"render/{media_id}", secret=True, succeeds_with=done)
        self._api.call(call, deadline)
