"""`docs/runbook.md` says what each alarm and each metric means."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
_METRIC = re.compile(r'\b(?:increment|increase|duration|timer)\(f?"(\w+)')


def section(title: str) -> str:
    return RUNBOOK.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_each_alarm_has_a_heading_and_each_heading_an_alarm() -> None:
    template = json.loads((ROOT / "deploy" / "resources.json").read_text())
    names = [
        each["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("roomkey-${Stage}-")
        for each in template["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert names
    headings = re.findall(r"^### (.+)$", section("Alarms"), re.MULTILINE)
    assert sorted(headings) == sorted(names)


def test_each_metric_that_is_counted_is_explained() -> None:
    counted = {
        metric
        for module in (ROOT / "chalicelib").rglob("*.py")
        for metric in _METRIC.findall(module.read_text())
    }
    explained = section("Metrics and the dashboard")
    assert counted
    families = tuple(re.findall(r"`(\w+)…`", explained))
    unexplained = {each for each in counted if f"`{each}" not in explained}
    assert sorted(each for each in unexplained if not each.startswith(families)) == []
