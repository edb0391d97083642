"""A network with fixed immediate answers, so that a measurement contains only our own work.

It replaces the socket. HTTP, signatures and parsers run as usual.
"""

import socket
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3.util.connection

_Connect = Callable[..., socket.socket]
_JSON = "application/json"
_DYNAMODBS = "application/x-amz-json-1.0"
_Answer = Callable[[bytes], bytes]


class _Canned(socket.socket):
    """A socket that takes a request and returns the fixed answer."""

    def __init__(self, answer: "_Answer") -> None:
        ours, self._other_end = socket.socketpair()
        super().__init__(fileno=ours.detach())
        self._answer = answer
        self._unread = memoryview(b"")

    def sendall(self, data: Any, flags: int = 0, /) -> None:  # noqa: ANN401, ARG002 - as the base
        self._unread = memoryview(self._answer(bytes(data)))

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:  # noqa: ANN401, ARG002 - as the base
        size = min(nbytes or len(buffer), len(self._unread))
        buffer[:size] = self._unread[:size]
        self._unread = self._unread[size:]
        return size

    def setsockopt(self, *_: object) -> None:
        """Ignore TCP options, because this is not a TCP socket."""

    def close(self) -> None:
        self._other_end.close()
        super().close()


@contextmanager
def canned_network(bodies: Mapping[str, bytes | Mapping[str, bytes]]) -> Iterator[None]:
    """Answer every request to one of these hosts with its body. Connect to others as usual.

    Args:
        bodies: For each host its body, or a body for each end of a path.
    """
    answers = {host: _answering(body) for host, body in bodies.items()}

    def connecting(connect_to_others: _Connect) -> _Connect:
        def connect(address: tuple[str, int], *options: Any, **named: Any) -> socket.socket:  # noqa: ANN401 - as the originals
            answer = answers.get(address[0])
            return (
                connect_to_others(address, *options, **named) if answer is None else _Canned(answer)
            )

        return connect

    # The first creates connections for botocore and requests, the second for http.client.
    originals = urllib3.util.connection.create_connection, socket.create_connection
    urllib3.util.connection.create_connection = connecting(originals[0])
    socket.create_connection = connecting(originals[1])
    try:
        yield
    finally:
        urllib3.util.connection.create_connection, socket.create_connection = originals


def _answering(body: bytes | Mapping[str, bytes]) -> _Answer:
    if isinstance(body, bytes):
        whole = _http_answer(body)
        return lambda _: whole
    by_path = {path.encode(): _http_answer(each, _JSON) for path, each in body.items()}

    def answer(request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].partition(b"?")[0]
        return next(each for end, each in by_path.items() if path.endswith(end))

    return answer


def _http_answer(body: bytes, content_type: str = _DYNAMODBS) -> bytes:
    """Build an answer with DynamoDB's headers, including the checksum that botocore verifies."""
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Server: Server\r\n"
        "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: keep-alive\r\n"
        "x-amzn-RequestId: T8QL1B3EPB3BF6HMTMD0AGHI1BVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    )
    return head.encode() + body
