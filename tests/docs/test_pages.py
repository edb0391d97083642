"""The pages name files and headings that are there, in the words of the glossary."""

import re
from pathlib import Path

import pytest

from tests.support.vocabulary import OLD_WORDS

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
]
RENAMING = "0073-standard-vocabulary-before-the-first-release.md"
"""The one page that names the old words, since it is about them."""

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.py)`")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def is_there(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors_of(target))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    links = [each for each in _LINK.findall(text) if not each.startswith("https://")]
    assert [each for each in links if not is_there(page, each)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_that_is_named_is_there(page: Path) -> None:
    assert [each for each in _FILE.findall(page.read_text()) if not (ROOT / each).is_file()] == []


@pytest.mark.parametrize("page", [each for each in PAGES if each.name != RENAMING], ids=name_of)
def test_a_page_uses_the_words_of_the_glossary(page: Path) -> None:
    prose = _CODE.sub("", page.read_text())
    assert sorted({each.lower() for each in OLD_WORDS.findall(prose)}) == []


def test_every_page_of_docs_is_listed_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / each).resolve() for each in _LINK.findall(index.read_text())}
    assert {each for each in index.parent.glob("*.md") if each != index} <= listed


def test_every_decision_is_listed_with_its_title_status_and_date() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    assert [each.name[:4] for each in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    index = (folder / "README.md").read_text()
    for record in records:
        title, status, date = re.findall(
            r"\A# \d{4}\. (.+)\n\n- Status: (.+)\n- Date: (.+)\n", record.read_text()
        )[0]
        assert f"| [{record.name[:4]}]({record.name}) | {title} | {status} | {date} |" in index


def test_a_decision_has_the_headings_of_the_others() -> None:
    for record in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        headings = re.findall(r"^## (.+)$", record.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Alternatives considered", "Consequences"]
