"""A server for bodies of any length, because a zip is longer than API Gateway's limit."""

import threading
from typing import Self
from wsgiref.types import WSGIApplication

from werkzeug.serving import WSGIRequestHandler, make_server


class LongBodyServer:
    """A server of a WSGI app from `__enter__` to `__exit__`, on any free port."""

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        self._server = make_server(
            "127.0.0.1", 0, wsgi_app, threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - as its base has it
        """Log nothing, because the account keeps a log of its own."""
