"""The code of the Android and iOS guides, parsed, because no compiler for it is here."""

import re
from pathlib import Path

import pytest

from tests.clients.parsed import GUIDES, flaws, handlers_around, native_files, tree_of
from tests.clients.sdk_names import LANGUAGES, KnownNames, names_in_call, names_not_given, sdk_files

DOORS = [GUIDES / "android" / "Roomkey.kt", GUIDES / "ios" / "Roomkey.swift"]


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


@pytest.mark.parametrize("path", native_files(), ids=lambda path: path.name)
def test_nothing_is_taken_for_granted_that_ends_the_app_if_it_is_missing(path: Path) -> None:
    code = re.sub(r"//.*", "", path.read_text())
    forced = r"[\w)\]]!(?!=)|!!|checkNotNull|requireNotNull|errorStream\.|try!"
    assert re.findall(forced, code) == []


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.name)
def test_a_sign_in_that_fails_is_a_refusal(path: Path) -> None:
    around = handlers_around(tree_of(path.read_text(), path.suffix), "bearer")
    assert len(around) == 1
    assert 'Refusal("no_bearer"' in around[0].replace("code: ", "")


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.name)
def test_a_bearer_that_roomkey_refuses_is_renewed_once(path: Path) -> None:
    first, *others = handlers_around(tree_of(path.read_text(), path.suffix), "currentBearer")
    assert "unauthenticated" in first
    assert len(re.findall(r"renew ?[:=] true", first)) == 1
    assert others == [""]


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.name)
def test_the_cause_of_a_refusal_is_kept_unless_a_token_may_be_in_it(path: Path) -> None:
    causes = {
        code: "cause" in arguments
        for code, arguments in re.findall(
            r'Refusal\(\s*(?:code: )?"([a-z_]+)"((?:[^()]|\([^()]*\))*)\)', path.read_text()
        )
    }
    assert causes == {
        "no_bearer": True,
        "unreachable": True,
        "cleartext_not_permitted": True,
        "unreadable": False,
        "must_wait": False,  # An answer, and no failure.
    }


@pytest.mark.parametrize(
    ("path", "log"), [("android/Roomkey.kt", "Log.w("), ("ios/Roomkey.swift", "logger.warning(")]
)
def test_who_is_not_admitted_finds_the_cause_in_the_log(path: str, log: str) -> None:
    code = GUIDES.joinpath(path).read_text()
    around = handlers_around(tree_of(code, Path(path).suffix), "admitted")
    assert len(around) == 1
    assert log in around[0]
    assert "refusal" in around[0].partition(log)[2]


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("android/Roomkey.kt", "isCleartextTrafficPermitted("),
        ("ios/Roomkey.swift", "appTransportSecurityRequiresSecureConnection"),
    ],
)
def test_the_phones_ban_on_http_is_told_from_a_network_that_fails(path: str, ask: str) -> None:
    assert ask in GUIDES.joinpath(path).read_text()


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        (DOORS[0], '"$roomkey/rooms/${Uri.encode(room)}/tokens"'),
        (DOORS[1], 'appending(components: "rooms", room, "tokens")'),
        (GUIDES / "react-native" / "roomkey.ts", "/rooms/${encodeURIComponent(this.room)}/tokens"),
    ],
    ids=["android", "ios", "react-native"],
)
def test_the_rooms_name_is_encoded_in_the_address(path: Path, encoded: str) -> None:
    assert encoded in path.read_text()
