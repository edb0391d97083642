"""The version stands in one place. The changelog has its section, and its upgrade has a note."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from chalicelib import VERSION
from tools.release.changelog import HEADINGS, Section, read_sections

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
UPGRADING = (ROOT / "docs" / "upgrading.md").read_text()
SECTIONS = read_sections(CHANGELOG)
VERSIONS = [each.version for each in SECTIONS]


def test_the_newest_section_is_that_of_the_version_in_the_code() -> None:
    assert VERSIONS[0] == VERSION


def test_versions_are_in_order_the_newest_first() -> None:
    assert all(newer.number > older.number for newer, older in pairwise(SECTIONS))


def test_only_the_newest_version_may_be_unreleased_and_days_go_with_versions() -> None:
    days = [each.released for each in SECTIONS[SECTIONS[0].released is None :]]
    released = [each for each in days if each is not None]
    assert len(released) == len(days)
    assert released == sorted(released, reverse=True)


@pytest.mark.parametrize("section", SECTIONS, ids=VERSIONS)
def test_a_version_has_the_headings_of_keep_a_changelog_and_no_empty_one(section: Section) -> None:
    assert list(section.changes) == [each for each in HEADINGS if each in section.changes]
    assert section.changes
    assert all(section.changes.values())


def test_each_version_has_a_note_for_who_upgrades_and_no_other_has() -> None:
    notes = re.split(r"^## (\d.*)$", UPGRADING, flags=re.MULTILINE)[1:]
    assert notes[::2] == VERSIONS
    assert all(each.strip() for each in notes[1::2])


def test_each_version_leads_to_its_note() -> None:
    links = dict(re.findall(r"^\[(\d.*)\]: (.*)$", CHANGELOG, re.MULTILINE))
    assert links == {each: f"docs/upgrading.md#{each.replace('.', '')}" for each in VERSIONS}


def test_the_project_file_leaves_the_version_to_the_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dynamic"] == ["version"]
    assert "version" not in project
