"""Calls by SIP and audio by WebSocket, by OpenTok's REST API."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.opentok.api_client import ApiClient, Call
from chalicelib.adapters.opentok.errors import unavailable
from chalicelib.adapters.opentok.media_client import (
    FAILED,
    check_started,
    is_about_the_state,
)
from chalicelib.adapters.opentok.transport import Answer
from chalicelib.core.model.media import NOT_ROUTED
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.parsing import PLATFORM_ID_PATTERN, parse_json_object
from chalicelib.errors import NotRouted


class OpenTokTelephony:
    """The audio platform."""

    def __init__(self, rest: ApiClient) -> None:
        self._rest = rest

    def dial(self, order: StartRequest, deadline: Deadline) -> Mapping[str, Any]:
        return self._begin("dial", order, deadline)

    def connect_audio(self, order: StartRequest, deadline: Deadline) -> Mapping[str, Any]:
        return self._begin("connect", order, deadline)

    def play_digits(
        self, session_id: str, connection_id: str | None, digits: str, deadline: Deadline
    ) -> bool:
        to_whom = "" if connection_id is None else f"/connection/{connection_id}"
        path = f"session/{session_id}{to_whom}/play-dtmf"
        # Not asked again: they would be played twice. Nor noted: they may be somebody's PIN.
        call = Call("POST", path, {"digits": digits}, secret=True, attempts=1)
        return self._rest.call(call, deadline).status < FAILED

    def _begin(self, path: str, order: StartRequest, deadline: Deadline) -> Mapping[str, Any]:
        call = Call(
            "POST",
            path,
            {**order.options, "sessionId": order.session_id, "token": order.token.text},
            secret=True,
            attempts=1,
            is_expected_failure=is_about_the_state,
        )
        answer = self._rest.call(call, deadline)
        check_started(answer, NotRouted(NOT_ROUTED))
        return _told_connection(call, answer)


def _told_connection(call: Call, answer: Answer) -> Mapping[str, Any]:
    """The answer, if it tells which connection was made."""
    content = parse_json_object(answer.body)
    ids = (content.get("id"), content.get("connectionId"))
    if not all(isinstance(each, str) and PLATFORM_ID_PATTERN.fullmatch(each) for each in ids):
        raise unavailable(f"{call.note(answer)}, without a connection")
    return content
