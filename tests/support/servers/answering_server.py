"""A server that gives the same answer to every call, and counts the bytes that its callers take."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

_PIECE: Final = b" " * (1 << 14)
SOCKET_BYTES: Final = 8 << 20
"""More than both sockets' buffers take from a server while nobody reads."""


@dataclass(frozen=True)
class Answer:
    """An answer to every call.

    Args:
        body: The body.
        padding: The number of spaces after it.
        declared: False if the body's length is not declared, but the body comes in chunks.
    """

    body: bytes = b""
    padding: int = 0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    declared: bool = True


NOTHING: Final = Answer()


@dataclass
class AnsweringServer:
    """A running server.

    Args:
        url: Its address.
        answer: The answer to all calls from now on.
        calls: The number of calls so far.
        most_sent: The most bytes of one body that a caller took, or the sockets on the way.
    """

    url: str
    answer: Answer
    calls: int = 0
    most_sent: int = 0


@contextmanager
def answering_server(answer: Answer = NOTHING) -> Iterator[AnsweringServer]:
    """Run a server that gives this answer."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Write nothing."""

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                running.calls += 1
                answer = running.answer
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.declared:
                self.send_header("Content-Length", str(len(answer.body) + answer.padding))
            else:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            sent = 0
            try:
                for piece in _pieces(answer):
                    self.wfile.write(_framed(piece, answer))
                    sent += len(piece)
                    with lock:
                        running.most_sent = max(running.most_sent, sent)
                if not answer.declared:
                    self.wfile.write(b"0\r\n\r\n")
            except OSError:  # a caller that has had enough is expected
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        running = AnsweringServer(f"http://127.0.0.1:{server.server_address[1]}", answer)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield running
        finally:
            with suppress(OSError):
                server.shutdown()


def _framed(piece: bytes, answer: Answer) -> bytes:
    return piece if answer.declared else b"%x\r\n%b\r\n" % (len(piece), piece)


def _pieces(answer: Answer) -> Iterator[bytes]:
    if answer.body:
        yield answer.body
    for begin in range(0, answer.padding, len(_PIECE)):
        yield _PIECE[: answer.padding - begin]
