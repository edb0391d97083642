"""A network with fixed immediate answers, so that a measurement contains only our own work.

It replaces the socket. HTTP, signatures and parsers run as usual.
"""

import re
import socket
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3.util.connection

_Connect = Callable[..., socket.socket]
_JSON = "application/json"
_DYNAMODBS = "application/x-amz-json-1.0"
_TARGET = re.compile(rb"X-Amz-Target: \w+\.(\w+)", re.IGNORECASE)
_Answer = Callable[[bytes], bytes | None]
_Body = bytes | Mapping[str, bytes] | Callable[[str], bytes]


class _Canned(socket.socket):
    """A socket that takes a request and returns the fixed answer."""

    def __init__(self, answer: "_Answer") -> None:
        ours, self._other_end = socket.socketpair()
        super().__init__(fileno=ours.detach())
        self._answer = answer
        self._unread = memoryview(b"")

    def sendall(self, data: Any, flags: int = 0, /) -> None:  # noqa: ANN401, ARG002 - as the base
        answer = self._answer(bytes(data))
        if answer is not None:  # a body may come after its headers
            self._unread = memoryview(answer)

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
def canned_network(bodies: Mapping[str, _Body]) -> Iterator[None]:
    """Answer every request to one of these hosts with its body. Connect to others as usual.

    Args:
        bodies: For each host its body, a body for each end of a path, or what returns the body for
            an operation of AWS.
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


def _answering(body: _Body) -> _Answer:
    if isinstance(body, bytes):
        whole = _http_answer(body)
        return lambda _: whole
    if callable(body):
        return lambda request: _answer_to_operation(request, body)
    by_path = {path.encode(): _http_answer(each, _JSON) for path, each in body.items()}

    def answer(request: bytes) -> bytes:
        path = request.split(b" ", 2)[1].partition(b"?")[0]
        return next(each for end, each in by_path.items() if path.endswith(end))

    return answer


def _answer_to_operation(request: bytes, body: Callable[[str], bytes]) -> bytes | None:
    named = _TARGET.search(request)
    return None if named is None else _http_answer(body(named[1].decode()))


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
