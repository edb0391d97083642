"""A server for HTTP/1.1 with kept connections, the base of every server of the stack.

The servers of wsgiref and Werkzeug keep no connection open. With such a server no test could
show that the app reuses its connections.
"""

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, cast


class KeepAliveServer(TCPServer):
    """A server with one thread for each connection; `server_close` ends all threads."""

    allow_reuse_address = True
    # 50 callers at once must not find the queue full. Chalice's own server has room for 5.
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: Any) -> None:  # noqa: ANN401 - a class or partial
        self.connections_accepted = 0
        self.closing = threading.Event()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as TCPServer
        thread = threading.Thread(
            target=self._serve_connection, args=(request, client_address), daemon=True
        )
        with self._lock:
            self.connections_accepted += 1
            self._open[thread] = request
        thread.start()

    def _serve_connection(self, request: socket.socket, client_address: Any) -> None:  # noqa: ANN401
        try:
            self.finish_request(request, client_address)
        except Exception:  # noqa: BLE001 - one connection's failure must not end the server
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)
            with self._lock:
                del self._open[threading.current_thread()]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as TCPServer
        """Ignore a client that has closed its connection; print every other error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop listening, break the open connections, and wait for their threads."""
        self.closing.set()
        super().server_close()
        with self._lock:
            still_open = list(self._open.items())
        for thread, connection in still_open:
            with suppress(OSError):  # the connection's own thread has closed the socket
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


class KeepAliveRequestHandler(BaseHTTPRequestHandler):
    """A handler that keeps connections, writes each answer at once, and logs nothing."""

    protocol_version = "HTTP/1.1"
    # Unbuffered, headers and body go out as two packets. The second packet waits for the client's
    # delayed acknowledgement of the first: 40 ms on every kept connection.
    wbufsize = -1
    disable_nagle_algorithm = True

    @property
    def keep_alive_server(self) -> KeepAliveServer:
        return cast("KeepAliveServer", self.server)

    def joined_headers(self) -> dict[str, str]:
        """Return each header once; the values of a repeated header are joined, as HTTP allows."""
        return {
            name: ", ".join(self.headers.get_all(name, []))
            for name in dict.fromkeys(key.lower() for key in self.headers)
        }

    def finish(self) -> None:
        """Close both files; the base class leaves one open after a broken connection."""
        try:
            super().finish()
        finally:
            self.rfile.close()

    def handle_expect_100(self) -> bool:
        """Send `100 Continue` at once; in the answer's buffer it would keep the client waiting."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base names it
        """Log nothing, because the app logs its requests itself and the stand-ins record theirs."""
