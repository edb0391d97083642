"""Who is connected to a session and what is done to them, by OpenTok's REST API.

The SDK lacks the list of connections, takes a failed mute for none, and loses the statuses of
disconnects and signals, so that it gives the auth header and the project alone here.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from chalicelib.adapters.opentok.http import Answer, OpenTokHttp, Request
from chalicelib.adapters.opentok.outcomes import (
    REFUSALS,
    check_available,
    own_message,
    refused,
    summary,
    unavailable,
)
from chalicelib.adapters.opentok.projects import Project, Projects
from chalicelib.adapters.opentok.session_ids import started_at
from chalicelib.core.deadline import Deadline
from chalicelib.core.live_ports import ListedConnection
from chalicelib.core.measurements import count
from chalicelib.core.times import from_epoch_milliseconds
from chalicelib.errors import ProviderUnavailable, SignalTooLarge

_ATTEMPTS: Final = 2
_RETRY_NEEDS_SECONDS: Final = 3.0
_NOT_FOUND: Final = 404
_TIMED_OUT: Final = 408
_TOO_LARGE: Final = 413
_FAILED: Final = 300

_Listed = TypeVar("_Listed")


@dataclass(frozen=True, slots=True)
class _Call:
    """What is asked about a session, how often at most, and whether it is a signal."""

    method: str
    path: str
    content: Mapping[str, object] | None = None
    attempts: int = _ATTEMPTS
    signals: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class OpenTokLive:
    """The live platform."""

    def __init__(self, projects: Projects, http: OpenTokHttp) -> None:
        self._projects = projects
        self._http = http

    def session_started(self, session_id: str) -> datetime | None:
        return started_at(session_id)

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        return self._list(f"{session_id}/connection", _listed_connection, deadline)

    def stream_ids(self, session_id: str, deadline: Deadline) -> Collection[str]:
        return frozenset(self._list(f"{session_id}/stream", lambda item: str(item["id"]), deadline))

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        return self._done(_Call("DELETE", f"{session_id}/connection/{connection_id}"), deadline)

    def signal(
        self,
        session_id: str,
        connection_id: str | None,
        kind: str | None,
        data: str,
        deadline: Deadline,
    ) -> bool:
        to_whom = "" if connection_id is None else f"/connection/{connection_id}"
        content = {"data": data} if kind is None else {"type": kind, "data": data}
        # Not asked again: who got it would get it twice.
        call = _Call("POST", f"{session_id}{to_whom}/signal", content, attempts=1, signals=True)
        return self._done(call, deadline)

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        return self._done(_Call("POST", f"{session_id}/stream/{stream_id}/mute", {}), deadline)

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        content = {"active": active, "excludedStreamIds": list(excluded)}
        return self._done(_Call("POST", f"{session_id}/mute", content), deadline)

    def _list(
        self, path: str, read: Callable[[Any], _Listed], deadline: Deadline
    ) -> Sequence[_Listed]:
        answer = self._ask(_Call("GET", path), deadline)
        if answer.status == _NOT_FOUND:
            return ()  # OpenTok does not know of a session before anybody has connected.
        try:
            return [read(item) for item in json.loads(answer.body)["items"]]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise unavailable(f"{path}: {answer.status} without a list") from error

    def _done(self, call: _Call, deadline: Deadline) -> bool:
        return self._ask(call, deadline).status < _FAILED

    def _ask(self, call: _Call, deadline: Deadline) -> Answer:
        """The answer, a success or OpenTok's own 404; any other is raised as what it means."""
        project = self._projects.current(deadline)
        answer = self._repeated(project, call, deadline)
        if answer.status in REFUSALS:
            project = self._projects.after_refusal(project, deadline)
            answer = self._repeated(project, call, deadline)
        if answer.status == _TOO_LARGE and call.signals:
            raise SignalTooLarge("The video platform finds this signal too large.")
        if answer.status == _NOT_FOUND and own_message(answer) is None:
            raise unavailable(f"{call}: {summary(answer)}")
        if answer.status >= _FAILED and answer.status != _NOT_FOUND:
            raise refused(f"{call}: {summary(answer)}")
        return answer

    def _repeated(self, project: Project, call: _Call, deadline: Deadline) -> Answer:
        """The answer of a platform that is available, asked again while that may help."""
        client = project.client
        url = f"{client.endpoints.api_url}/v2/project/{client.api_key}/session/{call.path}"
        attempt = 0
        while True:
            attempt += 1
            try:
                headers = client.get_json_headers()
                request = Request(call.method, url, headers, json=call.content)
                answer = self._http.send(request, deadline)
                if _is_unknown_stream(answer):
                    return Answer(_NOT_FOUND, answer.body)
                check_available(str(call), answer)
            except ProviderUnavailable:
                count("ProviderErrors")
                if attempt == call.attempts or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.pause(attempt)
            else:
                return answer


def _is_unknown_stream(answer: Answer) -> bool:
    """OpenTok says 408 where a stream's id is not one of the session's."""
    return answer.status == _TIMED_OUT and "stream" in (own_message(answer) or "").lower()


def _listed_connection(item: Any) -> ListedConnection:  # noqa: ANN401  JSON is anything
    # A string here, a number in callbacks.
    return ListedConnection(
        str(item["connectionId"]), from_epoch_milliseconds(int(item["createdAt"]))
    )
