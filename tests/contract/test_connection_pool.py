"""Many calls to OpenTok at once keep their connections, which are dear to make."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

from chalicelib.adapters.opentok.api_client import Request, Transport
from chalicelib.core.sessions.check_sessions import SESSIONS_AT_ONCE
from tests.support.stores.example_rooms import soon


class _Counting(ThreadingHTTPServer):
    """A server that answers when all callers of a round have asked."""

    request_queue_size = SESSIONS_AT_ONCE  # the default of 5 lets the others try again in a second

    def __init__(self, at_once: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.together = Barrier(at_once)

    def get_request(self) -> tuple[socket.socket, object]:
        self.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Counting

    def do_GET(self) -> None:
        self.server.together.wait(timeout=5)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write no log."""


@contextmanager
def counting_server(at_once: int) -> Iterator[_Counting]:
    with _Counting(at_once) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_as_many_connections_are_kept_as_a_worker_checks_sessions_at_once() -> None:
    transport = Transport()
    with (
        counting_server(SESSIONS_AT_ONCE) as server,
        ThreadPoolExecutor(SESSIONS_AT_ONCE) as callers,
    ):
        request = Request("GET", f"http://127.0.0.1:{server.server_port}/", {})
        for _ in range(3):
            calls = [
                callers.submit(transport.send, request, soon()) for _ in range(SESSIONS_AT_ONCE)
            ]
            assert {call.result().status for call in calls} == {200}
        assert server.connections == SESSIONS_AT_ONCE
