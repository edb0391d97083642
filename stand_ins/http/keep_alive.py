"""HTTP/1.1 with kept connections: the ground that every server of the stack stands on.

Neither wsgiref's nor Werkzeug's server keeps a connection open, so neither could show
whether the app reuses its connections.
"""

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, cast


class KeepAliveServer(TCPServer):
    """A thread per connection, counted, and all of them ended by `server_close`."""

    allow_reuse_address = True
    # 50 callers at once must not find the queue full; Chalice's own server has room for 5.
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
        """A client that went away is no news; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop listening, break the open connections, and wait for their threads."""
        self.closing.set()
        super().server_close()
        with self._lock:
            still_open = list(self._open.items())
        for thread, connection in still_open:
            with suppress(OSError):  # closed by its own thread meanwhile
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


class KeepAliveRequestHandler(BaseHTTPRequestHandler):
    """Kept connections, each answer written at once, and no access log."""

    protocol_version = "HTTP/1.1"
    # Unbuffered, headers and body go out as two packets, and the second one waits for the
    # client's delayed acknowledgement of the first: 40 ms on every kept connection.
    wbufsize = -1
    disable_nagle_algorithm = True

    @property
    def keep_alive_server(self) -> KeepAliveServer:
        return cast("KeepAliveServer", self.server)

    def joined_headers(self) -> dict[str, str]:
        """Each header once; repeated ones are joined, as HTTP says they may be."""
        return {
            name: ", ".join(self.headers.get_all(name, []))
            for name in dict.fromkeys(key.lower() for key in self.headers)
        }

    def finish(self) -> None:
        """As the base does; but it leaves a file open where the caller has gone already."""
        try:
            super().finish()
        finally:
            self.rfile.close()

    def handle_expect_100(self) -> bool:
        """Tell the client to go on now; the answer's buffer would keep it waiting."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base names it
        """Say nothing: the app logs its requests itself, the stand-ins record theirs."""
