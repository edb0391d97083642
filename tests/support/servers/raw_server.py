"""A server that speaks HTTP badly: silent, byte by byte, or with early ends."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Final

DRIP_SECONDS: Final = 0.2
JSON_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Script = Callable[[], Iterable[bytes]]
"""The pieces to send, with a pause before each."""


def silence() -> Iterable[bytes]:
    """Take the request and never answer."""
    while True:
        yield b""


def dripping_headers() -> Iterable[bytes]:
    """Answer with headers that never end."""
    return itertools.chain([JSON_HEAD, b"X-Drip: "], itertools.repeat(b"."))


def dripping_body() -> Iterable[bytes]:
    """Answer with a body of a declared length that comes byte by byte."""
    return itertools.chain([JSON_HEAD, b"Content-Length: 1000\r\n\r\n"], itertools.repeat(b" "))


def dripping_chunks() -> Iterable[bytes]:
    """Answer with a body in chunks of a byte that never ends."""
    return itertools.chain(
        [JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\n"], itertools.repeat(b"1\r\n \r\n")
    )


@contextmanager
def raw_server(script: Script) -> Iterator[str]:
    """Serve the script to every connection, and yield the server's URL."""
    closing = threading.Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            connection: socket.socket = self.request
            connection.recv(1 << 16)
            with suppress(OSError):  # a client that goes away is expected
                for piece in script():
                    connection.sendall(piece)
                    if closing.wait(DRIP_SECONDS):
                        return

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            closing.set()
            server.shutdown()


@contextmanager
def closed_port() -> Iterator[str]:
    """Yield the URL of a taken port that refuses connections, so that nobody else gets it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


BAD_SERVERS: Final[Mapping[str, Callable[[], AbstractContextManager[str]]]] = {
    "refusing connections": closed_port,
    "without an address": lambda: nullcontext("http://no-such-host.invalid"),
    "silent": lambda: raw_server(silence),
    "dripping headers": lambda: raw_server(dripping_headers),
    "dripping a body": lambda: raw_server(dripping_body),
    "dripping chunks": lambda: raw_server(dripping_chunks),
}
"""All ways to give no answer; each is a function that yields a URL."""
