"""The time that a body of AWS's may take."""

import time
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from chalicelib.adapters.aws_answers import BODY_SECONDS, AnswerNotValid, CheckedSession
from tests.support.moved_clock import MovedClock

if TYPE_CHECKING:
    from botocore.httpsession import URLLib3Session


class SlowBody:
    """A body of spaces without end, one in half a second."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock
        self.read = 0
        self.closed = False

    def read1(self, _: int) -> bytes:
        self._clock.forward(0.5)
        self.read += 1
        return b" "

    def close(self) -> None:
        self.closed = True


class Session:
    """A session of botocore's whose every answer has this body."""

    def __init__(self, body: SlowBody) -> None:
        self._body = body

    def send(self, _: object) -> AWSResponse:
        headers: Any = {}
        return AWSResponse("http://aws.test", 200, headers, self._body)


def test_a_body_that_comes_byte_by_byte_is_given_up_and_its_connection_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = MovedClock()
    monkeypatch.setattr(time, "monotonic", clock)
    body = SlowBody(clock)
    session = CheckedSession(cast("URLLib3Session", Session(body)), in_json=True)
    request = AWSPreparedRequest("POST", "http://aws.test", HTTPHeaders(), b"", stream_output=False)

    with pytest.raises(AnswerNotValid):
        session.send(request)

    assert body.read == BODY_SECONDS / 0.5
    assert body.closed
