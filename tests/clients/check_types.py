"""Type checks of the guides' TypeScript against the official packages."""

import pytest

from tests.support.programs.client_packages import ClientSources


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> ClientSources:
    """Return the guides, and a copy with a wrong name."""
    sources = ClientSources(tmp_path_factory.mktemp("guides"))
    sources.copy_with(
        "react-native/Call.tsx", "react-native/WrongCall.tsx", "muteForced:", "forcedMute:"
    )
    return sources


@pytest.fixture(scope="module")
def of_react_native(sources: ClientSources) -> dict[str, str]:
    return sources.complaints("tsconfig.react-native.json")


def test_the_react_native_guide_agrees_with_its_package(of_react_native: dict[str, str]) -> None:
    made_here = {"react-native/WrongCall.tsx"}
    assert {file: said for file, said in of_react_native.items() if file not in made_here} == {}


def test_a_name_that_the_official_package_does_not_have_is_found(
    of_react_native: dict[str, str],
) -> None:
    assert "forcedMute" in of_react_native["react-native/WrongCall.tsx"]
