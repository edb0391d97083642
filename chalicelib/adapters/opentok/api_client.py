"""Calls to OpenTok's REST API, with retries and an exception for each kind of failure.

The SDK loses statuses. So it provides only the auth header and the project here.
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
from chalicelib.adapters.opentok.sdk_client import SdkClient, SdkClients
from chalicelib.adapters.opentok.transport import Answer, Request, Transport
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderUnavailable

_ATTEMPTS: Final = 2
_RETRY_NEEDS_SECONDS: Final = 3.0
_FAILED: Final = 300


def is_absence(answer: Answer) -> bool:
    """Return True if OpenTok itself answered 404, rather than a server in between."""
    return answer.status == HTTPStatus.NOT_FOUND and own_message(answer) is not None


@dataclass(frozen=True, slots=True)
class Call:
    """A call to OpenTok.

    Args:
        path: The path below the project's address.
        content: The JSON body.
        secret: True if the content holds secrets. OpenTok's message may repeat them, so it is not
            logged then.
        attempts: The maximum number of attempts; 1 for a call that must not be performed twice.
        is_expected_failure: Returns True for a failure that the caller handles. Others are raised.
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
        """Describe the call and its outcome for the log."""
        return f"{self}: {answer.status if self.secret else summary(answer)}"


class ApiClient:
    """A client of OpenTok's REST API, for one project at a time."""

    def __init__(self, sdk_clients: SdkClients, transport: Transport) -> None:
        self._sdk_clients = sdk_clients
        self._transport = transport

    def call(self, call: Call, deadline: Deadline) -> Answer:
        """Perform a call and return its response: a success or an expected failure.

        Raises:
            ProviderUnavailable: No such response came in time, or another server sent it.
            ProviderRefused: OpenTok rejected the credentials or the request.
        """
        sdk = self._sdk_clients.current(deadline)
        answer = self._send(sdk, call, deadline)
        if answer.status in REFUSALS:
            sdk = self._sdk_clients.after_refusal(sdk, deadline)
            answer = self._send(sdk, call, deadline)
        if answer.status < _FAILED or call.is_expected_failure(answer):
            return answer
        if answer.status == HTTPStatus.NOT_FOUND and own_message(answer) is None:
            raise unavailable(call.note(answer))
        raise refused(call.note(answer))

    def _send(self, sdk: SdkClient, call: Call, deadline: Deadline) -> Answer:
        """Send the request. Retry while OpenTok is unavailable."""
        client = sdk.client
        url = f"{client.endpoints.api_url}/v2/project/{client.api_key}/{call.path}"
        attempt = 0
        while True:
            attempt += 1
            try:
                headers = client.get_json_headers()
                request = Request(call.method, url, headers, json=call.content)
                answer = self._transport.send(request, deadline)
                if not call.is_expected_failure(answer):
                    check_available(answer, call.note(answer))
            except ProviderUnavailable:
                increment("ProviderErrors")
                if attempt == call.attempts or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.back_off(attempt)
            else:
                return answer
