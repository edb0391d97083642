"""A WSGI app behind a real socket, in this process."""

import functools
import threading
from typing import Self
from wsgiref.types import WSGIApplication

from stand_ins.http.keep_alive import KeepAliveServer
from stand_ins.http.request_body import BODY_LIMIT
from stand_ins.http.wsgi_connection import WsgiRequestHandler


class HttpServer:
    """A server that serves a WSGI app from `start` to `stop`; port 0 takes any free port.

    `start` raises OSError if the port is taken.
    """

    def __init__(
        self,
        wsgi_app: WSGIApplication,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        body_limit: int = BODY_LIMIT,
    ) -> None:
        self.wsgi_app = wsgi_app
        self._body_limit = body_limit
        self._address = (host, port)
        self._server: KeepAliveServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self) -> None:
        handler = functools.partial(
            WsgiRequestHandler, wsgi_app=self.wsgi_app, body_limit=self._body_limit
        )
        self._server = KeepAliveServer(self._address, handler)
        # serve_forever checks this often for the end. The interval delays `stop`, and no request.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Free the port and end every connection; do nothing if the server is not running."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._thread = None

    @property
    def url(self) -> str:
        host, port = self._started.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def connections_accepted(self) -> int:
        """Return the number of TCP connections accepted since `start`."""
        return self._started.connections_accepted

    @property
    def _started(self) -> KeepAliveServer:
        if self._server is None:
            raise RuntimeError("the server has not been started")
        return self._server
