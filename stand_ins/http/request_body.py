"""The body of an HTTP/1.1 request, with Content-Length or in chunks."""

import re
from email.message import Message
from http import HTTPStatus
from typing import Protocol

# API Gateway has the same limit. A longer body would work here and fail when deployed.
BODY_LIMIT = 10 * 1024 * 1024
_LONGEST_LINE = 1024
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")


class ByteStream(Protocol):
    """A source of bytes: a socket's file, or a buffer."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class UnreadableBodyError(Exception):
    """The body's framing is broken, so the connection cannot be used any further."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(reason)
        self.status = status


def read_body(headers: Message, stream: ByteStream, limit: int = BODY_LIMIT) -> bytes:
    """Return the whole body of at most `limit` bytes, empty if the request has none.

    Raises:
        UnreadableBodyError: the framing is malformed, or the body ends early or is too long.
    """
    if "Transfer-Encoding" in headers:
        return _read_chunks(stream, limit)
    lengths = {str(value).strip() for value in headers.get_all("Content-Length", ["0"])}
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()):
        raise UnreadableBodyError("Content-Length must be one number")
    return _read_exactly(stream, _within_limit(int(length[:20]), limit))


def _read_chunks(stream: ByteStream, limit: int) -> bytes:
    body = bytearray()
    while size := _read_chunk_size(stream):
        _within_limit(len(body) + size, limit)
        body += _read_exactly(stream, size)
        if stream.readline(_LONGEST_LINE).strip():
            raise UnreadableBodyError("a chunk is longer than it says")
    while stream.readline(_LONGEST_LINE).strip():
        pass  # nobody reads trailers
    return bytes(body)


def _read_chunk_size(stream: ByteStream) -> int:
    size = stream.readline(_LONGEST_LINE).split(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise UnreadableBodyError("a chunk's size is malformed")
    return int(size, 16)


def _read_exactly(stream: ByteStream, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise UnreadableBodyError("the body ended early")
    return body


def _within_limit(size: int, limit: int) -> int:
    if size > limit:
        raise UnreadableBodyError("Request Too Long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return size
