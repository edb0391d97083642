"""The failures that can be rehearsed, and the pages that list them."""

import re
import subprocess
from pathlib import Path

import pytest

from local.page.rehearsal import Rehearsal
from local.page.rehearsals import GROUPS
from local.ports import Ports

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "rehearsing.md").read_text()
PORTS = Ports(8000)
REHEARSALS = [each for _, members in GROUPS for each in members]


def words_of(text: str) -> str:
    """Return a page's words in one line, without marks of code."""
    return " ".join(text.replace("`", "").split())


def by_addresses(lines: list[str]) -> list[str]:
    """Return the lines with the page's names for both addresses, which move with `PORT`."""
    return [
        line.replace(PORTS.app_url, "$API").replace(PORTS.opentok_url, "$OPENTOK") for line in lines
    ]


@pytest.mark.parametrize("rehearsal", REHEARSALS, ids=lambda each: each.key)
def test_the_page_about_rehearsing_has_its_lines_and_its_words(rehearsal: Rehearsal) -> None:
    _, section = PAGE.split(f"### {rehearsal.title}\n")
    section = re.split(r"^##", section, flags=re.MULTILINE)[0]

    happens, undoes = re.findall(r"^```\n(.*?)\n```$", section, re.MULTILINE | re.DOTALL)

    assert happens.splitlines() == by_addresses(rehearsal.lines(PORTS))
    assert undoes.splitlines() == by_addresses(rehearsal.undo_lines(PORTS))
    assert rehearsal.effect in words_of(section)
    assert rehearsal.shows in words_of(section)
    assert rehearsal.code is None or f"{rehearsal.code}: " in words_of(section)


@pytest.mark.parametrize("rehearsal", REHEARSALS, ids=lambda each: each.key)
def test_it_quotes_the_guide_for_clients(rehearsal: Rehearsal) -> None:
    guide = words_of((DOCS / "clients" / "README.md").read_text())

    assert [each for each in re.findall("“(.+?)”", rehearsal.shows) if each not in guide] == []


def test_titles_and_keys_are_there_once() -> None:
    assert len({each.title for each in REHEARSALS}) == len(REHEARSALS)
    assert len({each.key for each in REHEARSALS}) == len(REHEARSALS)


def test_the_pages_first_lines_give_the_addresses_for_any_port() -> None:
    begin = re.findall(r"^```\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)[0]
    begin = begin.replace("PORT=8000", "PORT=9000")
    shown = subprocess.run(
        ["sh", "-c", f"{begin}\necho $API $OPENTOK"],  # noqa: S607 - whichever the user has
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert shown.split() == [Ports(9000).app_url, Ports(9000).opentok_url]
    assert not re.findall(r"127\.0\.0\.1:\d", PAGE)
