"""Connections to AWS of Python's own HTTP client, for the calls that a join waits for.

botocore hands each request to an HTTP session. Its own session looks up a pool and a proxy for each
request, and has urllib3 around the same HTTP client: a quarter of a whole call of DynamoDB.
"""

import os
import ssl
from collections import deque
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit
from weakref import finalize

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import get_cert_path
from urllib3.exceptions import ProtocolError
from urllib3.util import wait_for_read

_Idle = dict[tuple[str, str], deque[HTTPConnection]]


class ConnectionsToAws:
    """An HTTP session like botocore's, for requests with a short body and without a proxy.

    It raises botocore's errors, so that botocore repeats calls by its own rules.

    Args:
        config: The timeouts, and the number of connections that are kept.
        verify: The path of the authorities to trust, or None for botocore's choice.
    """

    def __init__(self, config: Config, verify: str | None) -> None:
        settings: Any = config  # the stubs do not know its attributes
        self._connect_seconds: float = settings.connect_timeout
        self._read_seconds: float = settings.read_timeout
        self._most_idle: int = settings.max_pool_connections
        self._verify: Any = verify or os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._tls: ssl.SSLContext | None = None
        self._idle: _Idle = {}
        finalize(self, _close_all, self._idle)

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Send a request and return the answer, whose body is still to be read.

        Raises:
            BotoCoreError: There is no answer: botocore's own errors.
        """
        url = urlsplit(request.url)
        connection = self._idle_connection(url) or self._connect(url, request)
        headers: Any = request.headers
        content: Any = request.body
        try:
            connection.request(request.method, _target(url), content, headers)
            response = connection.getresponse()
        except TimeoutError as error:
            connection.close()
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except (HTTPException, OSError) as error:
            connection.close()
            raise ConnectionClosedError(
                endpoint_url=request.url, error=error, request=request
            ) from error
        body: Any = _Body(response, connection, self._idle_at(url), self._most_idle)
        received: Any = response.getheaders()
        return AWSResponse(request.url, response.status, received, body)

    def close(self) -> None:
        _close_all(self._idle)

    def _idle_at(self, url: SplitResult) -> deque[HTTPConnection]:
        return self._idle.setdefault((url.scheme, url.netloc), deque())

    def _idle_connection(self, url: SplitResult) -> HTTPConnection | None:
        """Return the connection that was used last and that the server has not closed."""
        idle = self._idle_at(url)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread took the last one
                break
            # While no answer is awaited, there is nothing to read but the end.
            if connection.sock is not None and not wait_for_read(connection.sock, 0):
                return connection
            connection.close()
        return None

    def _connect(self, url: SplitResult, request: AWSPreparedRequest) -> HTTPConnection:
        connection = self._new_connection(url)
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=request.url, error=error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=request.url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=request.url, error=error) from error
        connection.sock.settimeout(self._read_seconds)
        return connection

    def _new_connection(self, url: SplitResult) -> HTTPConnection:
        host, port, seconds = url.hostname or "", url.port, self._connect_seconds
        if url.scheme != "https":
            return HTTPConnection(host, port, timeout=seconds)
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=get_cert_path(self._verify))
        return HTTPSConnection(host, port, timeout=seconds, context=self._tls)


class _Body:
    """A body that is read from a connection, which is kept once the body has been read."""

    closed: Final = False

    def __init__(
        self,
        response: HTTPResponse,
        connection: HTTPConnection,
        idle: deque[HTTPConnection],
        most_idle: int,
    ) -> None:
        self._response = response
        self._connection = connection
        self._idle = idle
        self._most_idle = most_idle

    def read1(self, size: int) -> bytes:
        try:
            piece = self._response.read1(size)
        except (HTTPException, OSError) as error:
            raise ProtocolError(str(error), error) from error
        if not piece and self._response.length:
            raise ProtocolError("the body ended early")
        return piece

    def close(self) -> None:
        response = self._response
        at_end = response.isclosed() if response.chunked else response.length == 0
        kept = at_end and not response.will_close and len(self._idle) < self._most_idle
        response.close()
        if kept:
            self._idle.append(self._connection)
        else:
            self._connection.close()


def _target(url: SplitResult) -> str:
    return f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"


def _close_all(idle: _Idle) -> None:
    for connections in idle.values():
        while connections:
            connections.pop().close()
