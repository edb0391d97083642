"""Answers of AWS, read up to a bound and checked before botocore believes them.

By itself, botocore reads a body of any length. It also takes a 200 without JSON for an empty
answer, and DynamoDB's empty answer means "no such item" or "written".
"""

import json
import time
from binascii import crc32
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

MAX_ANSWER_BYTES: Final = 1 << 20
BODY_SECONDS: Final = 2.0
"""The longest time that a body may take, after its headers."""
_CHUNK_BYTES: Final = 1 << 16
_TARGET: Final = "X-Amz-Target"
_ALWAYS_THERE: Final[Mapping[str, Mapping[str, type]]] = {
    "DynamoDB_20120810.Query": {"Items": list},
    "DynamoDB_20120810.BatchGetItem": {"Responses": dict, "UnprocessedKeys": dict},
    "secretsmanager.GetSecretValue": {"Name": str},
}
"""The members that every answer to an operation has."""
NOT_PARSED: Final = (
    *(AttributeError, LookupError, TypeError, ValueError, RecursionError),
    ResponseParserError,
)
"""The errors of botocore's parsers for JSON or XML of a wrong shape. They check no shape."""
_REQUEST_ID: Final = "x-amzn-requestid"
_CHECKSUM: Final = "x-amz-crc32"


class AnswerTooLarge(BotoCoreError):
    """AWS's answer is longer than 1 MiB. It is not asked for again."""

    fmt = "The answer is too large."


class AnswerNotValid(HTTPClientError):
    """Another server sent the answer, or a part of it is missing. botocore asks again."""

    fmt = "The answer is not valid."


class HttpSession(Protocol):
    """A sender of botocore's requests."""

    def send(self, request: AWSPreparedRequest, /) -> AWSResponse: ...
    def close(self) -> None: ...


class CheckedSession:
    """An HTTP session for botocore, whose answers are bounded and checked.

    Args:
        session: The session that makes the calls.
        in_json: True if the service answers in JSON, False if it answers in XML.
    """

    def __init__(self, session: HttpSession, *, in_json: bool) -> None:
        self._session = session
        self._in_json = in_json

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Send a request and read the whole answer.

        Raises:
            AnswerTooLarge: The body is longer than 1 MiB.
            AnswerNotValid: The body is too slow or cut, or is no answer of AWS's.
            BotoCoreError: The call failed; botocore's own errors.
        """
        request.stream_output = True  # botocore then leaves the body to be read here
        answer = self._session.send(request)
        body = _read(answer)
        if self._in_json and not _is_of_aws(request, answer, body):
            raise AnswerNotValid
        answer.raw = _Body(body)
        return answer

    def close(self) -> None:
        self._session.close()


def check_answers(client: object, *, in_json: bool, session: HttpSession | None = None) -> None:
    """Have this client of botocore's check its answers. A second call changes nothing.

    Args:
        client: The client.
        in_json: True if the service answers in JSON, False if it answers in XML.
        session: The session that makes the calls; None for botocore's own.
    """
    # botocore has no setting for this. The stubs do not know the attribute.
    endpoint: Any = client._endpoint  # type: ignore[attr-defined]  # noqa: SLF001
    if not isinstance(endpoint.http_session, CheckedSession):
        endpoint.http_session = CheckedSession(session or endpoint.http_session, in_json=in_json)


class _Body:
    """A body that has been read, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def _read(answer: AWSResponse) -> bytes:
    ends = time.monotonic() + BODY_SECONDS
    body = bytearray()
    try:
        while chunk := answer.raw.read1(_CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise AnswerTooLarge
            if time.monotonic() > ends:
                raise AnswerNotValid
    except HTTPError as error:
        raise AnswerNotValid from error
    finally:
        if not answer.raw.closed:
            answer.raw.close()
    return bytes(body)


def _is_of_aws(request: AWSPreparedRequest, answer: AWSResponse, body: bytes) -> bool:
    """Return True if AWS sent this answer in JSON, and no part of it is missing."""
    checksum = answer.headers.get(_CHECKSUM)
    if checksum is not None and checksum != str(crc32(body)):
        return False
    succeeded = answer.status_code < HTTPStatus.MULTIPLE_CHOICES
    if succeeded and (answer.status_code != HTTPStatus.OK or _REQUEST_ID not in answer.headers):
        return False
    try:
        content = _parsed(body)
    except (ValueError, RecursionError):
        return not succeeded  # botocore reads an error without JSON by its status.
    if not isinstance(content, dict):
        return False
    if succeeded:
        needed = _ALWAYS_THERE.get(_text(request.headers.get(_TARGET)), {})
        return all(isinstance(content.get(name), kind) for name, kind in needed.items())
    return all(isinstance(content.get(name, ""), str) for name in ("__type", "message", "Message"))


def _parsed(body: bytes) -> object:
    """Parse JSON as Python does, but faster where it is as the standard wants it."""
    try:
        return msgspec.json.decode(body)
    except ValueError:
        # Python takes more for JSON, such as a lone surrogate. botocore parses with Python's own.
        return json.loads(body)


def _text(header: object) -> str:
    return header.decode() if isinstance(header, bytes) else str(header)
