"""A WSGI app on a kept connection; the app may also wait, or break the connection."""

import io
import sys
import threading
from typing import IO, Any, cast
from urllib.parse import unquote
from wsgiref.handlers import SimpleHandler
from wsgiref.headers import Headers
from wsgiref.types import WSGIApplication, WSGIEnvironment

from stand_ins.http.keep_alive import KeepAliveRequestHandler
from stand_ins.http.request_body import BODY_LIMIT, UnreadableBodyError, read_body

# The first two have variables of their own, and the body's chunks have been put together.
_NOT_PASSED_ON = frozenset({"content-type", "content-length", "transfer-encoding"})
# A key of the WSGI environment: an Event that is set when the server stops.
_SERVER_CLOSING = "roomkey.server_closing"


class ConnectionDroppedError(ConnectionAbortedError):
    """A WSGI app raises this error to close its connection without an answer."""


def delay(environ: WSGIEnvironment, seconds: float) -> None:
    """Let a request wait, but end the wait when its server stops.

    Raises:
        ConnectionDroppedError: the server stops.
    """
    closing: threading.Event = environ.get(_SERVER_CLOSING) or threading.Event()
    if closing.wait(seconds):
        raise ConnectionDroppedError


class WsgiRequestHandler(KeepAliveRequestHandler):
    """A handler that answers the requests of one connection by a WSGI app."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as the base has it
        wsgi_app: WSGIApplication,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        self._wsgi_app = wsgi_app
        self._body_limit = body_limit
        super().__init__(*args)

    def _answer(self) -> None:
        try:
            body = read_body(self.headers, self.rfile, self._body_limit)
        except UnreadableBodyError as error:
            self.close_connection = True
            self.send_error(error.status, str(error))
            return
        answer = _WsgiAnswer(
            io.BytesIO(body),
            cast("IO[bytes]", self.wfile),
            sys.stderr,
            self._environ(len(body)),
            multithread=True,
        )
        answer.run(self._wsgi_app)
        if not answer.reusable:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def _environ(self, body_length: int) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        host, port = self.keep_alive_server.server_address[:2]
        headers = self.joined_headers()
        environ: WSGIEnvironment = {
            # Two spellings of one header must not meet in one variable. Headers with an underscore
            # are left out, as by Werkzeug.
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in headers.items()
            if "_" not in name and name not in _NOT_PASSED_ON
        }
        return environ | {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "iso-8859-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(body_length),
            _SERVER_CLOSING: self.keep_alive_server.closing,
            # simple-websocket takes the socket from here, by Werkzeug's name for it.
            "werkzeug.socket": self.connection,
        }


class _WsgiAnswer(SimpleHandler):
    """wsgiref's handler, set up for HTTP/1.1 on a kept connection."""

    http_version = "1.1"
    os_environ: dict[str, str] = {}  # noqa: RUF012 - wsgiref's way; nothing of this process's leaks in
    headers: Headers | None
    status: str | None

    reusable = False
    _framed = True

    def cleanup_headers(self) -> None:
        super().cleanup_headers()
        if self.headers is None or self.status is None:
            return
        if self.status.startswith(("204", "304")):
            del self.headers["Content-Length"]
        elif "Content-Length" not in self.headers:
            self._framed = False
            self.headers["Connection"] = "close"

    def close(self) -> None:
        """Complete the answer; a dropped connection never comes to this point."""
        super().close()
        self.reusable = self._framed
