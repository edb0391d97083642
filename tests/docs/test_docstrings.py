"""Docstrings begin with a verb or a noun, and the service uses the words of the glossary."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.vocabulary import OLD_WORDS

ROOT = Path(__file__).parents[2]
DOCUMENTED = (
    "app.py",
    "chalicelib",
    "deploy",
    "local",
    "stand_ins",
    "tools",
    "bench",
    "tests",
)

_VAGUE_START = re.compile(r"(What|Whether|Who|Whom|Whose|How|Where|When|As|Of|Those|Likewise)\b")
_OLD_NAMES = re.compile(
    r"(?<![a-z])(told|heal|heals|healed|healing|ghosts?|strangers?|shelf|shelves|let_in|evacuate"
    r"|passengers?|upkeep|guarded|watched|outdated)(?![a-z])"
)


def found_in(root: str, check: Callable[[ast.Module], list[tuple[int, str]]]) -> list[str]:
    """Return the place and the text of all that the check finds in this file or folder."""
    top = ROOT / root
    sources = [top] if top.is_file() else sorted(top.rglob("*.py"))
    assert sources
    return [
        f"{source.relative_to(ROOT)}:{line}: {text}"
        for source in sources
        for line, text in check(ast.parse(source.read_text()))
    ]


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of modules, classes, functions and attributes, each with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield every identifier, in lower case with underscores, with its line."""
    for node in ast.walk(tree):
        for field in ("name", "id", "attr", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
                yield getattr(node, "lineno", 0), snake


def vague_starts(tree: ast.Module) -> list[tuple[int, str]]:
    return [
        (line, text.partition("\n")[0])
        for line, text in docstrings(tree)
        if _VAGUE_START.match(text)
    ]


def old_words(tree: ast.Module) -> list[tuple[int, str]]:
    in_prose = [(line, word) for line, text in docstrings(tree) for word in OLD_WORDS.findall(text)]
    in_names = [(line, name) for line, name in names(tree) if _OLD_NAMES.search(name)]
    return in_prose + in_names


@pytest.mark.parametrize("root", DOCUMENTED)
def test_a_docstring_begins_with_a_verb_or_a_noun(root: str) -> None:
    assert found_in(root, vague_starts) == []


@pytest.mark.parametrize("root", ["app.py", "chalicelib"])
def test_names_and_docstrings_of_the_service_use_the_words_of_the_glossary(root: str) -> None:
    assert found_in(root, old_words) == []


@pytest.mark.parametrize(
    "code",
    [
        '"""What a room holds."""',
        'def f():\n    """Whether it is full."""',
        'limit = 1\n"""As many as there may be."""',
        'class C:\n    """Where it is.\n\n    More.\n    """',
    ],
)
def test_a_vague_start_is_found_in_every_kind_of_docstring(code: str) -> None:
    assert len(vague_starts(ast.parse(code))) == 1


@pytest.mark.parametrize(
    "code", ['"""Return True if it is full."""', '"""Offer a seat."""', "x = 1"]
)
def test_a_plain_start_is_accepted(code: str) -> None:
    assert vague_starts(ast.parse(code)) == []


@pytest.mark.parametrize(
    "code", ["class GhostsTaken: ...", "def let_in(): ...", "is_watched = 1", '"""Told twice."""']
)
def test_an_old_word_is_found_in_names_and_in_prose(code: str) -> None:
    assert len(old_words(ast.parse(code))) == 1


@pytest.mark.parametrize("code", ["health = 1", "import heapq", "outlet_input = 1"])
def test_a_word_that_only_contains_an_old_one_is_accepted(code: str) -> None:
    assert old_words(ast.parse(code)) == []
