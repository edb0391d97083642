"""The acts of an operator, which are in the audit log of the stage."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.pseudonyms import log_hash
from chalicelib.api.http.request_log import HIDDEN
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import audit, increment
from deploy.operation.audit_lines import AuditLines, shown_by
from tests.support.noon import NOON

if TYPE_CHECKING:
    import boto3

OPERATOR = "arn:aws:sts::123456789012:assumed-role/Operators/dora"


class FakeAws:
    """A session of boto3, as far as audit lines need it. It keeps what is written."""

    def __init__(self, *, is_refused: bool = False) -> None:
        self.written: list[dict[str, Any]] = []
        self._is_refused = is_refused

    def client(self, service: str) -> "FakeAws":
        assert service in {"sts", "logs"}
        return self

    def get_caller_identity(self) -> Mapping[str, str]:
        return {"Arn": OPERATOR}

    def put_log_events(self, **given: Any) -> None:
        if self._is_refused:
            answer = {"Error": {"Code": "AccessDeniedException", "Message": "No."}}
            raise ClientError(cast("Any", answer), "PutLogEvents")
        self.written.append(given)


def lines_to(
    aws: FakeAws, shown: Callable[[str | None], str | None] = lambda user_id: user_id
) -> tuple[AuditLines, io.StringIO]:
    out = io.StringIO()
    return AuditLines("prod", cast("boto3.Session", aws), shown, lambda: NOON, out), out


def test_an_entry_becomes_a_line_with_the_operator_among_those_of_the_service() -> None:
    aws = FakeAws()
    lines, out = lines_to(aws)
    with lines.kept():
        increment("SessionsCreated")
        audit(AuditEntry(action=AuditAction.SEATS_FREED, room="seats", details={"seats": 2}))
    (call,) = aws.written
    assert (call["logGroupName"], call["logStreamName"]) == ("/roomkey/prod/audit", "audit")
    (event,) = call["logEvents"]
    assert event["timestamp"] == NOON.timestamp() * 1000
    assert json.loads(event["message"]) == {
        "level": "INFO",
        "message": "audit",
        "service": "make",
        "kind": "audit",
        "action": "seats_freed",
        "operator": OPERATOR,
        "room": "seats",
        "seats": 2,
    }
    assert out.getvalue() == ""


def test_users_are_shown_as_in_the_lines_of_the_service() -> None:
    aws = FakeAws()
    lines, _ = lines_to(aws, lambda user_id: user_id and f"hash of {user_id}")
    with lines.kept():
        audit(AuditEntry(action=AuditAction.DEPARTURE, subject="bob"))
    (event,) = aws.written[0]["logEvents"]
    assert json.loads(event["message"])["subject"] == "hash of bob"


class Keys:
    """The keys of privacy in a secret, which may have none."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def privacy_keys(self, deadline: Deadline) -> Sequence[str]:
        assert deadline.remaining() > 0
        return self._keys

    def newer_privacy_keys(self, known: Sequence[str], deadline: Deadline) -> Sequence[str]:
        raise AssertionError((known, deadline))


def test_strict_privacy_shows_the_hash_that_the_service_shows() -> None:
    assert shown_by(Keys("ab" * 32))("bob") == log_hash("bob", "ab" * 32)
    assert shown_by(Keys())("bob") == HIDDEN
    assert shown_by(Keys())(None) is None
    assert shown_by(None)("bob") == "bob"


def test_what_was_done_before_a_failure_is_written() -> None:
    aws = FakeAws()

    def fail_halfway() -> None:
        with lines_to(aws)[0].kept():
            audit(AuditEntry(action=AuditAction.DEPARTURE, subject="bob"))
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fail_halfway()
    assert len(aws.written) == 1


def test_where_nothing_was_done_nothing_is_asked_of_aws() -> None:
    aws = FakeAws()
    with lines_to(aws)[0].kept():
        pass
    assert aws.written == []


def test_an_operator_who_may_not_write_there_is_told_so_and_the_act_stays_done() -> None:
    lines, out = lines_to(FakeAws(is_refused=True))
    with lines.kept():
        audit(AuditEntry(action=AuditAction.CALL_ENDED, room="seats"))
    assert "This is not in the audit log: " in out.getvalue()
    assert "logs:PutLogEvents on /roomkey/prod/audit" in out.getvalue()


def test_many_lines_are_written_in_several_calls() -> None:
    aws = FakeAws()
    with lines_to(aws)[0].kept():
        for number in range(1001):
            audit(AuditEntry(action=AuditAction.DEPARTURE, connection_id=str(number)))
    assert [len(each["logEvents"]) for each in aws.written] == [1000, 1]
