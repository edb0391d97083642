"""HTTP to OpenTok over reused connections, with each exchange under the caller's deadline.

OpenTok's SDK does not send these requests: it opens a connection for each call, has no timeout by
default and none at all in some methods, and loses statuses
(docs/decisions/0003-own-http-to-opentok.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import requests

from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import timer
from chalicelib.errors import ProviderUnavailable

_CONNECT_SECONDS: Final = 2.0
_READ_SECONDS: Final = 5.0
_MAX_RESPONSE_BYTES: Final = 4 << 20
_CHUNK_BYTES: Final = 1 << 14

UNAVAILABLE: Final = "The video platform gave no valid answer; try again."


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response from OpenTok."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request to OpenTok, with a form, JSON, or no body."""

    method: str
    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str] | None = None
    json: Mapping[str, object] | None = None


class Transport:
    """A pool of connections to OpenTok, shared by all threads of a process."""

    def __init__(self) -> None:
        self._session = requests.Session()

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
        with self._session.request(
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
                if len(body) > _MAX_RESPONSE_BYTES or not deadline.remaining():
                    raise requests.ConnectionError("The response is too long or too slow.")
            return Answer(response.status_code, bytes(body))
