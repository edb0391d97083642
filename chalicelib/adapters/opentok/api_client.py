"""Calls of OpenTok's REST API, repeated while that may help, their outcomes told apart.

The SDK loses statuses, so that it gives the auth header and the project alone here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from chalicelib.adapters.opentok.errors import (
    REFUSALS,
    check_available,
    own_message,
    refused,
    summary,
    unavailable,
)
from chalicelib.adapters.opentok.sdk_client import Project, Projects
from chalicelib.adapters.opentok.transport import Answer, Request, Transport
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderUnavailable

_ATTEMPTS: Final = 2
_RETRY_NEEDS_SECONDS: Final = 3.0
_FAILED: Final = 300


def is_absence(answer: Answer) -> bool:
    """Whether OpenTok itself says that there is no such thing."""
    return answer.status == HTTPStatus.NOT_FOUND and own_message(answer) is not None


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of OpenTok.

    Args:
        path: Below the project's own address.
        content: Sent as JSON.
        secret: Whether the content holds secrets. What OpenTok says may repeat some of it, and is
            not noted then.
        attempts: How often at most; 1 where asking twice would do it twice.
        is_expected_failure: Return True for a failure that the caller handles; others are raised.
    """

    method: str
    path: str
    content: Mapping[str, object] | None = field(default=None, repr=False)
    secret: bool = False
    attempts: int = _ATTEMPTS
    is_expected_failure: Callable[[Answer], bool] = is_absence

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def note(self, answer: Answer) -> str:
        """The call and its outcome, for the operator."""
        return f"{self}: {answer.status if self.secret else summary(answer)}"


class ApiClient:
    """OpenTok's REST API for one project at a time."""

    def __init__(self, projects: Projects, http: Transport) -> None:
        self._projects = projects
        self._http = http

    def call(self, call: Call, deadline: Deadline) -> Answer:
        """The answer: a success, or a failure that the call understands.

        Raises:
            ProviderUnavailable: No such answer came in time, or none of OpenTok's own.
            ProviderRefused: OpenTok refuses the credentials or the request.
        """
        project = self._projects.current(deadline)
        answer = self._repeated(project, call, deadline)
        if answer.status in REFUSALS:
            project = self._projects.after_refusal(project, deadline)
            answer = self._repeated(project, call, deadline)
        if answer.status < _FAILED or call.is_expected_failure(answer):
            return answer
        if answer.status == HTTPStatus.NOT_FOUND and own_message(answer) is None:
            raise unavailable(call.note(answer))
        raise refused(call.note(answer))

    def _repeated(self, project: Project, call: Call, deadline: Deadline) -> Answer:
        """The answer of a platform that is available, asked again while that may help."""
        client = project.client
        url = f"{client.endpoints.api_url}/v2/project/{client.api_key}/{call.path}"
        attempt = 0
        while True:
            attempt += 1
            try:
                headers = client.get_json_headers()
                request = Request(call.method, url, headers, json=call.content)
                answer = self._http.send(request, deadline)
                if not call.is_expected_failure(answer):
                    check_available(answer, call.note(answer))
            except ProviderUnavailable:
                increment("ProviderErrors")
                if attempt == call.attempts or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.back_off(attempt)
            else:
                return answer
