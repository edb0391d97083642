"""Calls to OpenTok's REST API: connections, retries, and an error for each kind of failure.

The SDK loses statuses, so it only provides the auth header and the project here.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from threading import Lock
from typing import Final

import requests

from chalicelib.adapters.opentok.sdk_client import SdkClient, SdkClients
from chalicelib.core.support.concurrency import MAX_WORKERS
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import parse_json_object
from chalicelib.core.support.metrics import increment, timer
from chalicelib.errors import ProviderRefused, ProviderUnavailable

_CONNECT_SECONDS: Final = 2.0
_READ_SECONDS: Final = 5.0
MAX_RESPONSE_BYTES: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 14
UNAVAILABLE: Final = "The video platform gave no valid answer; try again."
REFUSALS: Final = frozenset({401, 403})
_TEMPORARY: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_MAX_MESSAGE_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response from OpenTok."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to OpenTok, with a form, JSON, or no body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Mapping[str, object] | None = field(default=None, repr=False)


class Transport:
    """A pool of connections to OpenTok, shared by all threads of a process.

    A join into an existing room calls OpenTok never, so the first call loads what it needs.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    @cached_property
    def _pool(self) -> "requests.Session":
        pool = requests.Session()
        # By default only ten connections are kept, and others are closed after each request.
        for scheme in ("https://", "http://"):
            pool.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=MAX_WORKERS))
        return pool

    def _session(self) -> "requests.Session":
        with self._lock:
            return self._pool

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Send a request and read the whole response.

        Raises:
            ProviderUnavailable: No complete response came in time.
        """
        try:
            with timer("ProviderLatency"):
                return deadline.run(lambda: self._exchange(request, deadline))
        except (requests.RequestException, TimeoutError) as error:
            raise ProviderUnavailable(
                UNAVAILABLE,
                note=f"{request.method} {request.url}: {type(error).__name__}",
                retry_after=5,
            ) from error

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        with self._session().request(
            request.method,
            request.url,
            headers=dict(request.headers),
            data=None if request.form is None else dict(request.form),
            json=request.json,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES or not deadline.remaining():
                    raise requests.ConnectionError("The response is too long or too slow.")
            return Answer(response.status_code, bytes(body))


_ATTEMPTS: Final = 2
_RETRY_NEEDS_SECONDS: Final = 3.0
_FAILED: Final = 300
DONE: Final = frozenset({HTTPStatus.OK})
DONE_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT})


def is_absence(answer: Answer) -> bool:
    """Return True if OpenTok itself answered 404, rather than a server in between."""
    return answer.status == HTTPStatus.NOT_FOUND and own_message(answer) is not None


@dataclass(frozen=True, slots=True)
class Call:
    """A call to OpenTok.

    Args:
        path: The path below the project's address.
        content: The JSON body.
        secret: True if OpenTok knows content that no log may show: secrets, signals, the names of
            archives. Its message may repeat them, so the log has only the message's number then.
        succeeds_with: The statuses of a success. Another one below 300 is of another server.
        attempts: The maximum number of attempts; 1 for a call that must not be performed twice.
        is_expected_failure: Returns True for a failure that the caller handles. Others are raised.
    """

    method: str
    path: str
    content: Mapping[str, object] | None = field(default=None, repr=False)
    secret: bool = False
    succeeds_with: Collection[int] = DONE
    attempts: int = _ATTEMPTS
    is_expected_failure: Callable[[Answer], bool] = is_absence

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def note(self, answer: Answer) -> str:
        """Describe the call and its outcome for the log."""
        return f"{self}: {summary(answer, secret=self.secret)}"


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
                if answer.status < _FAILED and not _is_success(call, answer):
                    raise unavailable(f"{call.note(answer)}, of another server")
            except ProviderUnavailable:
                increment("ProviderErrors")
                if attempt == call.attempts or deadline.remaining() < _RETRY_NEEDS_SECONDS:
                    raise
                deadline.back_off(attempt)
            else:
                return answer


def _is_success(call: Call, answer: Answer) -> bool:
    """Return True if OpenTok sent this answer, which is not a failure."""
    if answer.status not in call.succeeds_with:
        return False
    body = answer.body.strip()
    return answer.status == HTTPStatus.NO_CONTENT or not body or body.startswith((b"{", b"["))


def check_available(answer: Answer, note: str) -> None:
    """Raise ProviderUnavailable with this note if a later retry may succeed."""
    if answer.status in _TEMPORARY:
        raise unavailable(note, not_performed=True)
    if answer.status >= _SERVER_ERROR:
        raise unavailable(note)


def refused(note: str) -> ProviderRefused:
    return ProviderRefused(
        "The video platform rejected this service's credentials or request. "
        "The service's log has the reason under this request id.",
        note=note,
    )


def unavailable(note: str, *, not_performed: bool = False) -> ProviderUnavailable:
    return ProviderUnavailable(UNAVAILABLE, note=note, retry_after=5, not_performed=not_performed)


def summary(answer: Answer, *, secret: bool = False) -> str:
    """Return the status, and OpenTok's message if the body has one.

    If the message may repeat what is secret, this is its number instead.
    """
    if secret:
        code = parse_json_object(answer.body).get("code")
        return f"{answer.status} code {code}" if isinstance(code, int) else str(answer.status)
    message = own_message(answer) or "(no error body of OpenTok)"
    return f"{answer.status} {message[:_MAX_MESSAGE_CHARACTERS]}"


def own_message(answer: Answer) -> str | None:
    """Return the message of an error from OpenTok. None if another server sent the error."""
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
