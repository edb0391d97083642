"""Agreement of the guides' pages with their files, and of both with Roomkey's error codes."""

import re
from pathlib import Path

import pytest

from chalicelib import errors
from tests.clients.parsed import GUIDES

_QUOTED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
_SUFFIXES = {"ts": {".ts"}, "tsx": {".tsx"}, "kotlin": {".kt"}, "swift": {".swift"}}
_REFUSALS = re.compile(r'^\s+(?:case )?"([a-z_]+)"(?::| ->)', re.MULTILINE)
_TABLE = re.compile(r"^\| `([a-z_]+)` \| (?:This|A|Please)", re.MULTILINE)


def pages() -> list[Path]:
    return sorted(GUIDES.glob("*.md"))


def codes_in(path: str) -> set[str]:
    return set(_REFUSALS.findall(GUIDES.joinpath(path).read_text()))


def known_codes() -> set[str]:
    return {each.code for each in vars(errors).values() if hasattr(each, "code")}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_code_that_a_guide_quotes_is_in_its_files(page: Path) -> None:
    for language, quoted in _QUOTED.findall(page.read_text()):
        code = [
            path.read_text() for path in GUIDES.rglob("*.*") if path.suffix in _SUFFIXES[language]
        ]
        assert any(quoted in each for each in code), quoted


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_files_that_a_guide_names_are_there(page: Path) -> None:
    named = [link for link in _LINK.findall(page.read_text()) if not link.startswith("https://")]
    assert [link for link in named if not page.parent.joinpath(link).exists()] == []


def test_every_guide_knows_the_same_refusals() -> None:
    known = codes_in("roomkey.ts")
    assert len(known) == 7
    assert codes_in("android/Roomkey.kt") == known
    assert codes_in("ios/Roomkey.swift") == known
    table = _TABLE.findall(GUIDES.joinpath("README.md").read_text())
    assert set(table) == known


def test_the_refusals_are_roomkeys() -> None:
    assert codes_in("roomkey.ts") <= known_codes()


def test_users_read_the_same_everywhere() -> None:
    said = [
        set(re.findall(r'"(This room is [a-z][^"$\\]*\.|A moderator has banned[^"]*)"', text))
        for text in (
            GUIDES.joinpath(path).read_text()
            for path in ("roomkey.ts", "android/Roomkey.kt", "ios/Roomkey.swift")
        )
    ]
    assert len(said[0]) == 4
    assert said[0] == said[1] == said[2]
