"""Names of the native SDKs, looked up in the code of their makers' packages."""

import re

import pytest

from tests.clients.parsed import GUIDES
from tests.clients.sdk_names import LANGUAGES, KnownNames
from tests.support.programs.client_packages import ClientSources

_NATIVE_CODE = {"kotlin": ("android", {".java", ".kt"}), "swift": ("ios", {".swift"})}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_said_to_be_in_the_package_are_in_its_native_code(
    client_sources: ClientSources, language: str
) -> None:
    folder, suffixes = _NATIVE_CODE[language]
    files = (client_sources.packages / "opentok-react-native" / folder).rglob("*")
    code = "\n".join(path.read_text() for path in files if path.suffix in suffixes)
    assert KnownNames.of(language).in_package - set(re.findall(r"\w+", code)) == set()


def test_the_native_events_are_those_of_the_package(client_sources: ClientSources) -> None:
    ours = GUIDES.joinpath("react-native", "nativeEvents.ts").read_text()
    theirs = _react_native(client_sources, "src/NativeOpentok.ts")
    told = re.findall(r"readonly (\w+): Tell<(\w+)>", ours)
    assert len(told) == 3
    for name, event in told:
        assert f"readonly {name}: EventEmitter<{event}>;" in theirs
    assert "TurboModuleRegistry.getEnforcing<Spec>('OpentokReactNative')" in theirs


def test_what_the_guide_says_that_the_library_leaves_out_it_does(
    client_sources: ClientSources,
) -> None:
    session = _react_native(client_sources, "src/OTSession.js")
    android = _react_native(
        client_sources,
        "android/src/main/java/com/opentokreactnative/OpentokReactNativeModule.java",
    )
    assert "onSessionDisconnected" not in session
    assert "setReconnectionListener" not in android
    signal = android.partition("onSignalReceived(")[2].partition("emitOnSignalReceived")[0]
    assert "connection.getConnectionId()" in signal
    assert "null" not in signal


def _react_native(client_sources: ClientSources, path: str) -> str:
    return client_sources.packages.joinpath("opentok-react-native", path).read_text()
