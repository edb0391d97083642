"""Broadcasts by OpenTok's REST API; the SDK cannot list them, and loses most statuses."""

from http import HTTPStatus

from chalicelib.adapters.opentok.api_client import DONE_WITHOUT_BODY, ApiClient, Call
from chalicelib.adapters.opentok.media_client import (
    FAILED,
    MediaClient,
    is_about_streams,
    is_about_the_state,
)
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.ports.media_platforms import Options
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import AlreadyBroadcasting, StreamsNotManual


class OpenTokBroadcasts(MediaClient):
    """The broadcast platform."""

    def __init__(self, api: ApiClient, clock: Clock) -> None:
        super().__init__(api, clock, MediaKind.BROADCAST, _already)

    def stop(self, broadcast_id: str, deadline: Deadline) -> MediaReport | None:
        path = f"broadcast/{broadcast_id}/stop"
        call = Call("POST", path, secret=True, is_expected_failure=is_about_the_state)
        answer = self._api.call(call, deadline)
        if answer.status == HTTPStatus.CONFLICT:
            # OpenTok gives no reason: the broadcast may still be running.
            return self.one(broadcast_id, deadline)
        return self.read_one(broadcast_id, call, answer)

    def set_layout(self, broadcast_id: str, layout: Options, deadline: Deadline) -> bool:
        path = f"broadcast/{broadcast_id}/layout"
        return self._api.call(Call("PUT", path, layout, secret=True), deadline).status < FAILED

    def change_streams(self, broadcast_id: str, change: Options, deadline: Deadline) -> bool:
        path = f"broadcast/{broadcast_id}/streams"
        call = Call(
            "PATCH",
            path,
            change,
            secret=True,
            succeeds_with=DONE_WITHOUT_BODY,
            is_expected_failure=is_about_streams,
        )
        answer = self._api.call(call, deadline)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            raise StreamsNotManual
        return answer.status < FAILED


def _already() -> AlreadyBroadcasting:
    return AlreadyBroadcasting(
        "This room is being broadcast already. Stop that broadcast, or use another "
        "multiBroadcastTag."
    )
