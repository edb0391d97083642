import json
from http import HTTPStatus
from typing import Any

import pytest

from chalicelib.api.http.request_log import RequestLog, RequestRecord
from chalicelib.core.support.metrics import Metric
from chalicelib.errors import StartUnconfirmed
from stand_ins.http.faults import Fault
from tests.support.gateway import Gateway
from tests.support.log_lines import log_lines
from tests.support.servers.stand_ins import StandIns


def metrics_of(line: str) -> dict[str, Any]:
    """Return the metrics that CloudWatch reads out of a line in its embedded metric format."""
    content = json.loads(line)
    if "_aws" not in content:
        return {}
    (directive,) = content["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Roomkey"
    (dimensions,) = directive["Dimensions"]
    assert {name: content[name] for name in dimensions} == {"service": "roomkey-test"}
    return {each["Name"]: (each["Unit"], content[each["Name"]]) for each in directive["Metrics"]}


@pytest.fixture
def alice(stand_ins: StandIns) -> str:
    return stand_ins.identity.bearer("alice")


def test_a_first_join_counts_its_token_by_role_its_session_and_its_cold_start(
    gateway: Gateway, alice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.request("POST", "/rooms/standup/tokens", bearer=alice)
    gateway.request("POST", "/rooms/standup/tokens", bearer=alice, body='{"role":"subscriber"}')

    first, second = (metrics_of(json.dumps(line)) for line in log_lines(capsys))
    assert set(first) == {"TokensModerator", "SessionsCreated", "ProviderLatency", "ColdStart"}
    assert first["TokensModerator"] == ("Count", [1.0])
    unit, (milliseconds,) = first["ProviderLatency"]
    assert unit == "Milliseconds"
    assert milliseconds > 0
    assert second == {"TokensSubscriber": ("Count", [1.0])}


def test_a_refusal_is_counted_by_its_code(
    gateway: Gateway, alice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.request("GET", "/health")
    gateway.request("GET", "/rooms/missing", bearer=alice)
    gateway.request("PATCH", "/health")
    _, missing, method = (metrics_of(line) for line in capsys.readouterr().out.splitlines())
    assert missing == {"RoomNotFound": ("Count", [1.0])}
    assert method == {"MethodNotAllowed": ("Count", [1.0])}


def test_each_failed_attempt_at_opentok_is_counted(
    gateway: Gateway, alice: str, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_ins.opentok.faults.add(Fault("/session/create", status=500), times=2)
    assert gateway.request("PUT", "/rooms/standup", bearer=alice).status == 201
    line, _ = capsys.readouterr().out.splitlines()  # the request's, and the audit line of the room
    assert metrics_of(line)["ProviderErrors"] == ("Count", [2.0])
    assert len(metrics_of(line)["ProviderLatency"][1]) == 3


def test_a_request_with_nothing_to_count_has_no_metrics(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        gateway.request("GET", "/health")
    assert metrics_of(capsys.readouterr().out.splitlines()[1]) == {}


@pytest.mark.parametrize("calls", [99, 100, 101, 200, 5000])
def test_however_many_calls_a_run_makes_its_line_has_its_metrics(
    calls: int, capsys: pytest.CaptureFixture[str]
) -> None:
    line = RequestRecord("request-1", "SCHEDULE", "reconcile_sessions", "roomkey-test")
    line.measurements += [
        measurement
        for number in range(calls)
        for measurement in (
            Metric("ProviderLatency", number, timed=True),
            Metric("StaleConnectionsRemoved", 1, timed=False),
        )
    ]

    RequestLog("INFO").write(line, HTTPStatus.OK, None)

    (written,) = capsys.readouterr().out.splitlines()
    metrics = metrics_of(written)
    assert metrics["StaleConnectionsRemoved"] == ("Count", [calls])
    _, latencies = metrics["ProviderLatency"]
    assert len(latencies) == min(calls, 99)
    assert max(latencies) == calls - 1


def test_a_start_that_opentok_does_not_confirm_rings_the_alarm_of_the_provider(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = RequestRecord("request-1", "POST", "/rooms/{room}/sip", "roomkey-test")

    RequestLog("INFO").write(record, HTTPStatus.SERVICE_UNAVAILABLE, StartUnconfirmed())

    metrics = metrics_of(capsys.readouterr().out.strip())
    assert metrics["StartUnconfirmed"] == metrics["ProviderUnavailable"] == ("Count", [1.0])
