"""`docs/runbook.md` says what each alarm and each metric means."""

import json
import re
from pathlib import Path

import pytest

from tests.rehearsal.runbook import commands_of_the_page, rehearsed_commands

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


def test_each_alarm_says_what_users_see_then_numbered_steps_and_why_it_rings_at_last() -> None:
    parts = re.split(r"^### ", section("Alarms"), flags=re.MULTILINE)[1:]
    for part in parts:
        name, _, text = part.partition("\n\n")
        seen, *steps, reason = text.strip().split("\n\n")
        assert seen.startswith("**Users see** "), name
        assert [each[:3] for each in steps] == ["1. "], name
        assert re.search(r"\b[Cc]heck\b", steps[0]), name
        assert re.search(r"\b[Ff]ix\b", steps[0]), name
        assert reason.startswith("**It rings** "), name


@pytest.mark.parametrize(
    "heading",
    [
        "A room is stuck full",
        "Callbacks do not come",
        "OpenTok refuses",
        "Costs rise",
        "A secret leaked",
        "A user must be erased",
        "Backup and restore",
        "Rolling back",
    ],
)
def test_what_goes_wrong_has_its_steps_first(heading: str) -> None:
    before, steps, _ = section(heading).strip().partition("1. ")
    assert steps
    assert before == "" or before.startswith("**Users see** ")


def test_each_command_is_run_by_the_rehearsal_and_no_other_is() -> None:
    assert commands_of_the_page() == rehearsed_commands()


def test_a_command_is_found_in_a_table_across_lines_and_in_a_block() -> None:
    page = (
        "| `make who STAGE=prod ID='a\\|b'` | x |\n`aws events\n describe-rule --name x` and "
        "`make deploy`, `GET /rooms`\n\n```\nsed -i.bak 's/a/b/' x\n```\n"
    )
    assert commands_of_the_page(page) == {
        "make who STAGE=prod ID='a|b'",
        "aws events describe-rule --name x",
        "sed -i.bak 's/a/b/' x",
    }


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
