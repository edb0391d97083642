"""The copies of audit lines in a log group of their own."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.aws.audit import audit_days, copy_audit_lines
from deploy.aws.resources import TEMPLATE
from deploy.errors import DeployError
from deploy.settings.names import setting_names

RESOURCES: dict[str, Any] = json.loads(TEMPLATE.read_text())["Resources"]


class RecordedLogs:
    """CloudWatch Logs, as far as the copies need it."""

    def __init__(self, **answer: object) -> None:
        self.answer = answer
        self.batches: list[list[dict[str, Any]]] = []
        self.filters: list[dict[str, str]] = []

    def put_log_events(self, **given: Any) -> dict[str, object]:
        assert (given["logGroupName"], given["logStreamName"]) == ("/roomkey/dev/audit", "audit")
        self.batches.append(given["logEvents"])
        return self.answer

    def put_subscription_filter(self, **given: str) -> None:
        self.filters.append(given)


def copier(logs: RecordedLogs, monkeypatch: pytest.MonkeyPatch) -> Callable[[object, None], None]:
    """Return the function that the stack has, which writes to these logs."""
    monkeypatch.setenv("GROUP", "/roomkey/dev/audit")
    source = RESOURCES["AuditCopier"]["Properties"]["Code"]["ZipFile"]
    assert len(source) <= 4096  # CloudFormation's limit
    module: dict[str, Any] = {}
    exec(  # noqa: S102  the code is this repository's own
        source.replace('boto3.client("logs")', "None").replace("import boto3\n", ""), module
    )
    module["LOGS"] = logs
    copy: Callable[[object, None], None] = module["copy"]
    return copy


def sent(*lines: tuple[int, str], kind: str = "DATA_MESSAGE") -> object:
    """Return the event with which CloudWatch Logs delivers lines."""
    events = [{"id": "1", "timestamp": at, "message": message} for at, message in lines]
    content = json.dumps({"messageType": kind, "logEvents": events}).encode()
    return {"awslogs": {"data": base64.b64encode(gzip.compress(content)).decode()}}


def test_lines_are_copied_as_they_are_in_the_order_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs = RecordedLogs()
    copier(logs, monkeypatch)(sent((2, "b"), (1, "a")), None)
    assert logs.batches == [[{"timestamp": 1, "message": "a"}, {"timestamp": 2, "message": "b"}]]


def test_no_batch_is_larger_than_cloudwatch_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = RecordedLogs()
    every = [(number, "é" * 1000) for number in range(1100)]
    copier(logs, monkeypatch)(sent(*every), None)
    sizes = [sum(len(each["message"].encode()) + 26 for each in batch) for batch in logs.batches]
    assert len(sizes) > 1
    assert max(sizes) <= 1_048_576
    assert sum(len(batch) for batch in logs.batches) == len(every)


def test_a_message_that_only_tries_the_way_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = RecordedLogs()
    copier(logs, monkeypatch)(sent((1, "a"), kind="CONTROL_MESSAGE"), None)
    assert logs.batches == []


def test_lines_that_are_rejected_fail_the_copy_so_that_an_alarm_rings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs = RecordedLogs(rejectedLogEventsInfo={"tooOldLogEventEndIndex": 1})
    with pytest.raises(RuntimeError, match="rejected"):
        copier(logs, monkeypatch)(sent((1, "a")), None)
    assert RESOURCES["AuditLinesLost"]["Properties"]["MetricName"] == "Errors"


def test_each_function_sends_its_audit_lines_and_no_others() -> None:
    logs: Any = RecordedLogs()
    copy_audit_lines(["roomkey-dev", "roomkey-dev-check_sessions"], "arn:copier", logs)
    assert [each["logGroupName"] for each in logs.filters] == [
        "/aws/lambda/roomkey-dev",
        "/aws/lambda/roomkey-dev-check_sessions",
    ]
    assert {each["filterPattern"] for each in logs.filters} == {'{ $.kind = "audit" }'}
    assert {each["destinationArn"] for each in logs.filters} == {"arn:copier"}


@pytest.mark.parametrize(("given", "days"), [({}, "400"), ({"AUDIT_DAYS": "3653"}, "3653")])
def test_audit_lines_are_kept_for_more_than_a_year_or_as_set(
    given: dict[str, str], days: str
) -> None:
    assert audit_days(given) == days


def test_days_that_cloudwatch_cannot_keep_are_refused() -> None:
    with pytest.raises(DeployError, match="AUDIT_DAYS is not one of 1, 3, 5"):
        audit_days({"AUDIT_DAYS": "31"})


@pytest.mark.parametrize(
    "name", ["AUDIT_DAYS", "AUDIT_ADDRESSES", "ALARM_MINUTES_PER_DAY", "MONTHLY_BUDGET_USD"]
)
def test_settings_of_the_stack_are_settings(name: str) -> None:
    assert name in setting_names()
