"""Connections and streams of a session, by OpenTok's REST API.

The SDK cannot list connections. It ignores a failed mute, and loses the statuses of disconnects and
signals.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from chalicelib.adapters.opentok.api_client import (
    DONE_WITHOUT_BODY,
    Answer,
    ApiClient,
    Call,
    is_absence,
    own_message,
    unavailable,
)
from chalicelib.adapters.opentok.session_ids import started_at
from chalicelib.core.ports.video_platform import ListedConnection, ListedStream
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import from_epoch_milliseconds
from chalicelib.errors import SignalTooLarge

_FAILED: Final = 300

_Listed = TypeVar("_Listed")


class OpenTokConnections:
    """The control of clients that are connected to a session."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def session_started(self, session_id: str) -> datetime | None:
        return started_at(session_id)

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        return self._list(f"session/{session_id}/connection", _listed_connection, deadline)

    def streams(self, session_id: str, deadline: Deadline) -> Sequence[ListedStream]:
        return self._list(f"session/{session_id}/stream", _listed_stream, deadline)

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        path = f"session/{session_id}/connection/{connection_id}"
        return self._succeeds(Call("DELETE", path, succeeds_with=DONE_WITHOUT_BODY), deadline)

    def signal(
        self,
        session_id: str,
        connection_id: str | None,
        kind: str | None,
        data: str,
        deadline: Deadline,
    ) -> bool:
        target = "" if connection_id is None else f"/connection/{connection_id}"
        content = {"data": data} if kind is None else {"type": kind, "data": data}
        # No retry, because a client could receive the signal twice.
        call = Call(
            "POST",
            f"session/{session_id}{target}/signal",
            content,
            secret=True,
            succeeds_with=DONE_WITHOUT_BODY,
            attempts=1,
            is_expected_failure=_is_expected_signal_failure,
        )
        answer = self._client.call(call, deadline)
        if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise SignalTooLarge("This signal is too large for the video platform.")
        return answer.status < _FAILED

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        path = f"session/{session_id}/stream/{stream_id}/mute"
        return self._succeeds(
            Call("POST", path, {}, is_expected_failure=_is_unknown_stream), deadline
        )

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        content = {"active": active, "excludedStreamIds": list(excluded)}
        return self._succeeds(Call("POST", f"session/{session_id}/mute", content), deadline)

    def _list(
        self, path: str, read: Callable[[Any], _Listed], deadline: Deadline
    ) -> Sequence[_Listed]:
        answer = self._client.call(Call("GET", path), deadline)
        if answer.status == HTTPStatus.NOT_FOUND:
            return ()  # OpenTok knows a session only after its first connection.
        try:
            return [read(item) for item in json.loads(answer.body)["items"]]
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
            raise unavailable(f"{path}: {answer.status} without a list") from error

    def _succeeds(self, call: Call, deadline: Deadline) -> bool:
        return self._client.call(call, deadline).status < _FAILED


def _is_expected_signal_failure(answer: Answer) -> bool:
    return answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or is_absence(answer)


def _is_unknown_stream(answer: Answer) -> bool:
    """Return True if the session has no such stream. OpenTok also answers 408 for this."""
    if answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return "stream" in (own_message(answer) or "").lower()
    return is_absence(answer)


def _listed_connection(item: Any) -> ListedConnection:  # noqa: ANN401  JSON is anything
    # `createdAt` is a string here, but a number in callbacks.
    return ListedConnection(
        str(item["connectionId"]), from_epoch_milliseconds(int(item["createdAt"]))
    )


def _listed_stream(item: Any) -> ListedStream:  # noqa: ANN401  JSON is anything
    name, video_type = item.get("name"), item.get("videoType")
    return ListedStream(
        str(item["id"]),
        name if isinstance(name, str) else "",
        video_type if isinstance(video_type, str) else None,
    )
