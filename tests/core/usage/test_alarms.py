"""The alarms of use and cost: what they look at is counted where they look for it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.user import Role
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.sessions.reconcile_sessions import TIME_TO_CHECK
from chalicelib.core.support.metrics import Metric, recording
from deploy.aws.resources import TEMPLATE
from tests.fakes.service import ALICE, BOB, Service
from tests.fakes.studio import Studio

RESOURCES: Mapping[str, Any] = json.loads(TEMPLATE.read_text())["Resources"]
API = "roomkey-${Stage}"
CHECKS = f"{API}-check_sessions"
SETTINGS = {
    "MinutesPerDay": "AlarmMinutesPerDay",
    "LiveRecordings": "AlarmLiveRecordings",
    "TokensPerMinute": "AlarmTokensPerMinute",
    "EstimatedCost": "BudgetCentsPerDay",
}
"""The parameter of the stack that is each alarm's threshold."""


def looked_at(alarm: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the metrics of an alarm, each with the function that counts it."""
    single = {"Namespace", "MetricName", "Dimensions"} <= alarm.keys()
    metrics = (
        [alarm]
        if single
        else [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    )
    assert {each["Namespace"] for each in metrics} == {"Roomkey"}
    return {(each["MetricName"], each["Dimensions"][0]["Value"]["Fn::Sub"]) for each in metrics}


@pytest.fixture
def counted(service: Service) -> set[tuple[str, str]]:
    """The metrics of a meeting that is recorded and broadcast for hours, by their function."""
    with recording() as by_requests:
        studio = Studio(service)
        for role in Role:
            service.join(ALICE, role=role)
    studio.start(MediaKind.ARCHIVE)
    studio.start(MediaKind.BROADCAST)
    service.enter(BOB)
    service.clock.forward(hours=2, minutes=1)
    session_ids = (service.room().session_id,)
    with recording() as by_checks:
        for _ in range(5):
            service.clock.forward(minutes=1)
            ends_at = service.clock() + TIME_TO_CHECK
            batch = CheckBatch(session_ids, 100.0, ends_at)
            service.use_cases.scheduled().check_sessions.run(batch, service.deadline)
    return {
        (each.name, function)
        for function, entries in ((API, by_requests), (CHECKS, by_checks))
        for each in entries
        if isinstance(each, Metric) and each.value > 0
    }


@pytest.mark.parametrize("name", [*SETTINGS, "LongBroadcasts"])
def test_each_alarm_of_use_looks_at_what_its_function_counts(
    counted: set[tuple[str, str]], name: str
) -> None:
    alarm = RESOURCES[name]["Properties"]
    assert looked_at(alarm)
    assert looked_at(alarm) <= counted
    threshold = {"Ref": SETTINGS[name]} if name in SETTINGS else 1
    assert alarm["Threshold"] == threshold
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
