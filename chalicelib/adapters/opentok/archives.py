"""Archives by OpenTok's REST API; the SDK drops some of their fields, and statuses."""

from collections.abc import Collection
from http import HTTPStatus

from chalicelib.adapters.opentok.api_client import DONE, DONE_WITHOUT_BODY, ApiClient, Call
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
from chalicelib.errors import AlreadyRecording, StreamsNotManual


class OpenTokArchives(MediaClient):
    """The archive platform."""

    def __init__(self, api: ApiClient, clock: Clock) -> None:
        super().__init__(api, clock, MediaKind.ARCHIVE, _already)

    def stop(self, archive_id: str, deadline: Deadline) -> MediaReport | None:
        call = _call("POST", f"archive/{archive_id}/stop")
        return self.read_one(archive_id, call, self._api.call(call, deadline))

    def set_layout(self, archive_id: str, layout: Options, deadline: Deadline) -> bool:
        call = _call("PUT", f"archive/{archive_id}/layout", layout)
        return self._api.call(call, deadline).status < FAILED

    def change_streams(self, archive_id: str, change: Options, deadline: Deadline) -> bool:
        call = Call(
            "PATCH",
            f"archive/{archive_id}/streams",
            change,
            secret=True,
            succeeds_with=DONE_WITHOUT_BODY,
            is_expected_failure=is_about_streams,
        )
        answer = self._api.call(call, deadline)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            raise StreamsNotManual
        return answer.status < FAILED

    def delete(self, archive_id: str, deadline: Deadline) -> bool:
        call = _call("DELETE", f"archive/{archive_id}", succeeds_with=DONE_WITHOUT_BODY)
        return self._api.call(call, deadline).status < FAILED


def _call(
    method: str,
    path: str,
    content: Options | None = None,
    succeeds_with: Collection[int] = DONE,
) -> Call:
    # OpenTok knows the archive's name and may repeat it.
    return Call(
        method,
        path,
        content,
        secret=True,
        succeeds_with=succeeds_with,
        is_expected_failure=is_about_the_state,
    )


def _already() -> AlreadyRecording:
    return AlreadyRecording(
        "This room is being recorded already. Stop that archive, or use another multiArchiveTag."
    )
