"""The code of the Android and iOS guides, parsed, because no compiler for it is here."""

from pathlib import Path

import pytest

from tests.clients.parsed import flaws, native_files, tree_of
from tests.clients.sdk_names import LANGUAGES, KnownNames, names_in_call, names_not_given, sdk_files


@pytest.mark.parametrize("path", native_files(), ids=lambda path: path.name)
def test_the_code_parses(path: Path) -> None:
    assert flaws(tree_of(path.read_text(), path.suffix)) == []


@pytest.mark.parametrize(
    ("suffix", "code"), [(".kt", "fun join( { }"), (".swift", "func join( { }")]
)
def test_code_that_is_wrong_does_not_parse(suffix: str, code: str) -> None:
    assert flaws(tree_of(code, suffix))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_of_the_sdk_is_one_whose_source_is_known(language: str) -> None:
    assert names_not_given(language) - KnownNames.of(language).all == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_is_listed_that_is_not_used(language: str) -> None:
    assert KnownNames.of(language).all - names_in_call(language) == set()


@pytest.mark.parametrize("path", native_files(), ids=lambda path: path.name)
def test_only_the_call_speaks_to_the_sdk(path: Path) -> None:
    speaks = "import com.opentok" in path.read_text() or "import OpenTok" in path.read_text()
    assert speaks == (path in [*sdk_files("kotlin"), *sdk_files("swift")])
