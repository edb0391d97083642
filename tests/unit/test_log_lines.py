"""The log's lines are those that powertools would write, to the letter."""

import json
import logging
from typing import Any

import pytest
import time_machine
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics

from chalicelib.api.http.request_log import LineFormatter
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.metrics import Metric, metric_fields
from tests.support.noon import NOON

FIELDS: dict[str, object] = {
    "service": "roomkey-test",
    "user": 'eve","level":"INFO"}\u2028\u2029\\n é',
    "room": None,
    "status": 201,
    "milliseconds": 2.6,
    "action": AuditAction.ADMISSION,
    "members": ["alice", "bob"],
    "TokensModerator": [1.0],
}


def record(**attributes: object) -> logging.LogRecord:
    made = logging.LogRecord("roomkey", logging.INFO, "app.py", 1, "request", None, None)
    vars(made).update(attributes)
    return made


@pytest.mark.parametrize("trace", ["", "Root=1-5e66d96f-7491;Parent=ab;Sampled=0"])
@time_machine.travel(NOON, tick=False)
def test_a_line_is_powertools_line(trace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    usual = LambdaPowertoolsFormatter(location=None, utc=True)

    assert LineFormatter().format(record(fields=FIELDS)) == usual.format(record(**FIELDS))


def test_a_lone_surrogate_ends_no_line() -> None:
    line = LineFormatter().format(record(fields={"note": "\ud800"}))

    assert json.loads(line)["note"] == "\ud800"
    assert line.isascii()


@time_machine.travel(NOON, tick=False)
def test_metrics_are_written_as_powertools_writes_them() -> None:
    usual: Any = EphemeralMetrics(namespace="Roomkey", service="roomkey-test")
    usual.add_metric("TokensModerator", "Count", 1)
    usual.add_metric("ProviderLatency", "Milliseconds", 20.5)
    usual.add_metric("ProviderLatency", "Milliseconds", 10.5)

    written = metric_fields(
        [
            Metric("TokensModerator", 1, timed=False),
            Metric("ProviderLatency", 20.5, timed=True),
            Metric("ProviderLatency", 10.5, timed=True),
        ]
    )

    assert {"service": "roomkey-test", **written} == usual.serialize_metric_set()
