"""The guides' TypeScript against the types of the official packages."""

import pytest

from tests.support.client_packages import ClientSources


def test_the_web_guide_agrees_with_opentoks_package(client_sources: ClientSources) -> None:
    assert client_sources.complaints("tsconfig.json") == ""


def test_the_web_guide_agrees_with_vonages_package(client_sources: ClientSources) -> None:
    client_sources.replace("web/call.ts", '"@opentok/client"', '"@vonage/client-sdk-video"')
    assert client_sources.complaints("tsconfig.json") == ""


def test_the_react_native_guide_agrees_with_its_package(client_sources: ClientSources) -> None:
    assert client_sources.complaints("tsconfig.react-native.json") == ""


@pytest.mark.parametrize(
    ("path", "right", "wrong", "project"),
    [
        ("web/call.ts", "cycleVideo", "switchCamera", "tsconfig.json"),
        ("react-native/Call.tsx", "muteForced:", "forcedMute:", "tsconfig.react-native.json"),
    ],
)
def test_a_name_that_the_official_package_does_not_have_is_found(
    client_sources: ClientSources, path: str, right: str, wrong: str, project: str
) -> None:
    client_sources.replace(path, right, wrong)
    assert wrong.removesuffix(":") in client_sources.complaints(project)
