"""Agreement of the guides' pages with their files, and of both with Roomkey's error codes."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.core.model.waiting import ASK_AGAIN_SECONDS, FORGOTTEN_AFTER, RECORDED_EVERY
from tests.clients.parsed import GUIDES

_QUOTED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
_SUFFIXES = {
    "js": {".js"},
    "json": {".json"},
    "kotlin": {".kt", ".kts"},
    "swift": {".swift"},
    "ts": {".ts"},
    "tsx": {".tsx"},
    "xml": {".plist", ".xml"},
}
_REFUSALS = re.compile(r'^\s+(?:case )?"([a-z_]+)"(?::| ->)', re.MULTILINE)
_TABLE = re.compile(r"^\| `([a-z_]+)`(?:: [^|]+)? \| (?:This|A|Please|The|Too|Your)", re.MULTILINE)
_PERMANENT = re.compile(r"(?:PERMANENT|permanent)\b[^\[(]*[\[(](.*?)[\])]", re.DOTALL)
_OTHERS_OF_THEM = re.compile(r"^\| (`.+) \| `detail`, without .+ \| nothing", re.MULTILINE)
_CODE = re.compile(r"[\"`]([a-z_]+)[\"`]")
PLATFORMS = ("react-native/roomkey.ts", "android/Roomkey.kt", "ios/Roomkey.swift")
CALL_PAGE = GUIDES.parents[1] / "chalicelib" / "api" / "call_page" / "static"
ROOMKEY_JS = str(CALL_PAGE / "roomkey.js")
SENTENCES = str(CALL_PAGE / "sentences.js")
OF_THE_CLIENT = {"no_bearer", "cleartext_not_permitted"}
"""Codes of refusals that are not Roomkey's answers."""


def pages() -> list[Path]:
    return sorted(GUIDES.glob("*.md"))


def codes_in(path: str) -> set[str]:
    return set(_REFUSALS.findall(GUIDES.joinpath(path).read_text()))


def known_codes() -> set[str]:
    return {each.code for each in vars(errors).values() if hasattr(each, "code")}


def permanent_in(path: str) -> list[str]:
    found = _PERMANENT.search(GUIDES.joinpath(path).read_text())
    assert found
    return _CODE.findall(found[1])


def codes_of_joining() -> dict[int, set[str]]:
    """Return the codes with which a join may be refused, by HTTP status."""
    document = json.loads(GUIDES.parent.joinpath("openapi.json").read_text())
    responses = document["paths"]["/rooms/{room}/tokens"]["post"]["responses"]
    return {
        int(status): set(re.findall(r"^- `([a-z_]+)`", response["description"], re.MULTILINE))
        for status, response in responses.items()
    }


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_code_that_a_guide_quotes_is_in_its_files(page: Path) -> None:
    for language, quoted in _QUOTED.findall(page.read_text()):
        code = [
            path.read_text()
            for path in (*GUIDES.rglob("*.*"), *CALL_PAGE.iterdir())
            if path.suffix in _SUFFIXES[language]
        ]
        assert any(quoted in each for each in code), quoted


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_files_that_a_guide_names_are_there(page: Path) -> None:
    named = [link for link in _LINK.findall(page.read_text()) if not link.startswith("https://")]
    assert [link for link in named if not page.parent.joinpath(link).exists()] == []


def test_every_guide_knows_the_same_refusals() -> None:
    known = codes_in("android/Roomkey.kt")
    assert len(known) == 13
    assert codes_in("ios/Roomkey.swift") == known
    assert codes_in("react-native/roomkey.ts") == known - {"cleartext_not_permitted"}
    assert codes_in(SENTENCES) == known - {"cleartext_not_permitted"}
    table = _TABLE.findall(GUIDES.joinpath("README.md").read_text())
    assert set(table) == known


@pytest.mark.parametrize("path", [SENTENCES, *PLATFORMS])
def test_the_refusals_are_roomkeys(path: str) -> None:
    assert codes_in(path) - OF_THE_CLIENT <= known_codes()


def test_users_read_the_same_everywhere() -> None:
    said = [
        set(re.findall(r'"((?:This room is [a-z]|A moderator has|Your sign)[^"$\\]*\.)"', text))
        for text in (GUIDES.joinpath(path).read_text() for path in PLATFORMS)
    ]
    assert len(said[0]) == 5
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("path", PLATFORMS)
def test_every_guide_knows_the_same_refusals_that_asking_again_cannot_change(path: str) -> None:
    permanent = permanent_in(path)
    assert permanent == sorted(set(permanent))
    assert permanent == permanent_in(PLATFORMS[0])
    assert set(permanent) <= known_codes()


def test_the_call_page_knows_the_same_refusals_that_asking_again_cannot_change() -> None:
    final = re.search(r"FINAL = new Set\(\[(.*?)\]\)", Path(SENTENCES).read_text(), re.DOTALL)
    assert final
    assert _CODE.findall(final[1]) == permanent_in(PLATFORMS[0])


def test_a_refused_join_is_either_permanent_or_worth_another_try() -> None:
    permanent = set(permanent_in(PLATFORMS[0]))
    by_status = codes_of_joining()
    changes_with_time = {409, 429}
    for status, codes in by_status.items():
        if 400 <= status < 500 and status not in changes_with_time:
            assert codes <= permanent | {"turned_away"}  # which has a Retry-After
        else:
            assert codes & permanent <= {"room_closed"}
    assert "room_closed" in permanent & by_status[409]


def test_the_table_names_the_permanent_refusals() -> None:
    text = GUIDES.joinpath("README.md").read_text()
    row = _OTHERS_OF_THEM.search(text)
    assert row
    with_words_of_their_own = set(_TABLE.findall(text)) & set(permanent_in(PLATFORMS[0]))
    assert {*_CODE.findall(row[1]), *with_words_of_their_own} == set(permanent_in(PLATFORMS[0]))


@pytest.mark.parametrize("path", [ROOMKEY_JS, SENTENCES, *PLATFORMS])
def test_one_lost_answer_costs_nobody_the_place_in_the_line(path: str) -> None:
    number = r"(?:_MS|_MILLIS|: TimeInterval)? = ([\d_.]+)"
    text = GUIDES.joinpath(path).read_text()
    if path != SENTENCES:
        found = re.search(rf"(?:WAITING_TIMEOUT|waitingTimeout){number}", text)
        assert found
        assert found[1] in {"5", "5_000"}
    if path != ROOMKEY_JS:
        pause = re.search(r"(?:LOST_ANSWER_SECONDS|lostAnswerSeconds) = ([\d.]+)", text)
        pace = re.search(r"(?:ASKS_AGAIN_SECONDS|asksAgainSeconds) = ([\d.]+)", text)
        assert pause
        assert pace
        assert float(pace[1]) == ASK_AGAIN_SECONDS
        lost = timedelta(seconds=5 + float(pause[1]))  # the timeout, and the pause after it
        assert RECORDED_EVERY + lost < FORGOTTEN_AFTER


@pytest.mark.parametrize("page", ["android.md", "ios.md", "react-native.md"])
def test_each_native_guide_tells_how_to_try_it_on_a_phone(page: str) -> None:
    told = GUIDES.joinpath(page).read_text().partition("\n## Try it on your phone\n")[2]
    assert "HOST=0.0.0.0 make run" in told
    assert "make -s token USER=alice" in told
    assert "http" in told
    if page != "ios.md":
        assert "adb reverse tcp:8000 tcp:8000" in told
        assert "10.0.2.2" in told
    if page != "android.md":
        assert "NSAllowsLocalNetworking" in told
