"""A network that answers at once and always the same: what is measured over it is all our own.

It begins at the socket. Everything above, HTTP, signatures and parsers included, does its work.
"""

import socket
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3.util.connection

_Connect = Callable[..., socket.socket]


class _Canned(socket.socket):
    """Takes a request and has the answer. To the system it is a connection that stays idle."""

    def __init__(self, answer: bytes) -> None:
        ours, self._other_end = socket.socketpair()
        super().__init__(fileno=ours.detach())
        self._answer = answer
        self._unread = memoryview(b"")

    def sendall(self, data: Any, flags: int = 0, /) -> None:  # noqa: ANN401, ARG002 - as the base
        self._unread = memoryview(self._answer)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:  # noqa: ANN401, ARG002 - as the base
        size = min(nbytes or len(buffer), len(self._unread))
        buffer[:size] = self._unread[:size]
        self._unread = self._unread[size:]
        return size

    def setsockopt(self, *_: object) -> None:
        """Options of TCP, which this is not."""

    def close(self) -> None:
        self._other_end.close()
        super().close()


@contextmanager
def canned_network(bodies: Mapping[str, bytes]) -> Iterator[None]:
    """Answer every request to one of these hosts with its body; leave the others alone."""
    answers = {host: _http_answer(body) for host, body in bodies.items()}

    def connecting(to_others: _Connect) -> _Connect:
        def connect(address: tuple[str, int], *options: Any, **named: Any) -> socket.socket:  # noqa: ANN401 - as those it stands for
            answer = answers.get(address[0])
            return to_others(address, *options, **named) if answer is None else _Canned(answer)

        return connect

    # Where botocore's and requests' connections come from, and where http.client's do.
    kept = urllib3.util.connection.create_connection, socket.create_connection
    urllib3.util.connection.create_connection = connecting(kept[0])
    socket.create_connection = connecting(kept[1])
    try:
        yield
    finally:
        urllib3.util.connection.create_connection, socket.create_connection = kept


def _http_answer(body: bytes) -> bytes:
    """An answer with the headers that DynamoDB sends; it has to pass botocore's checksum."""
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: Server\r\n"
        "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "x-amzn-RequestId: T8QL1B3EPB3BF6HMTMD0AGHI1BVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    )
    return head.encode() + body
