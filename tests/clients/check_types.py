"""Type checks of the guides' TypeScript against the official packages."""

import pytest

from tests.support.programs.client_packages import ClientSources

VONAGES = ("web/vonage_call.ts", "web/vonage_page.ts")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> ClientSources:
    """Return the guides, a copy that uses Vonage's package, and copies with a wrong name."""
    sources = ClientSources(tmp_path_factory.mktemp("guides"))
    call, page = VONAGES
    sources.copy_with("web/call.ts", call, '"@opentok/client"', '"@vonage/client-sdk-video"')
    sources.copy_with("web/page.ts", page, '"./call"', '"./vonage_call"')
    sources.copy_with("web/call.ts", "web/wrong_call.ts", "cycleVideo", "switchCamera")
    sources.copy_with(
        "react-native/Call.tsx", "react-native/WrongCall.tsx", "muteForced:", "forcedMute:"
    )
    return sources


@pytest.fixture(scope="module")
def of_the_web(sources: ClientSources) -> dict[str, str]:
    return sources.complaints("tsconfig.json")


@pytest.fixture(scope="module")
def of_react_native(sources: ClientSources) -> dict[str, str]:
    return sources.complaints("tsconfig.react-native.json")


def test_the_web_guide_agrees_with_opentoks_package(of_the_web: dict[str, str]) -> None:
    made_here = {*VONAGES, "web/wrong_call.ts"}
    assert {file: said for file, said in of_the_web.items() if file not in made_here} == {}


def test_the_web_guide_agrees_with_vonages_package(of_the_web: dict[str, str]) -> None:
    assert [of_the_web[file] for file in VONAGES if file in of_the_web] == []


def test_the_react_native_guide_agrees_with_its_package(of_react_native: dict[str, str]) -> None:
    made_here = {"react-native/WrongCall.tsx"}
    assert {file: said for file, said in of_react_native.items() if file not in made_here} == {}


def test_a_name_that_the_official_package_does_not_have_is_found(
    of_the_web: dict[str, str], of_react_native: dict[str, str]
) -> None:
    assert "switchCamera" in of_the_web["web/wrong_call.ts"]
    assert "forcedMute" in of_react_native["react-native/WrongCall.tsx"]
