"""The files of the native guides' projects: manifests, rules for http, and dependencies."""

import json
import plistlib
import re
import xml.etree.ElementTree as ET

from tests.clients.parsed import GUIDES

ANDROID = GUIDES / "android"
_NAMESPACE = "{http://schemas.android.com/apk/res/android}"
_ARTIFACTS = {
    "androidx.activity.": "androidx.activity:activity-ktx:",
    "androidx.activity.compose.": "androidx.activity:activity-compose:",
    "androidx.compose.": "androidx.compose.ui:ui",
    "androidx.lifecycle.": "androidx.lifecycle:lifecycle-runtime-ktx:",
    "androidx.lifecycle.compose.": "androidx.lifecycle:lifecycle-runtime-compose:",
    "com.opentok.": "com.opentok.android:opentok-android-sdk:",
    "kotlinx.coroutines.": "org.jetbrains.kotlinx:kotlinx-coroutines-android:",
}
"""The dependency that each package of the code is in; the longest beginning counts."""


def elements(path: str, tag: str) -> list[ET.Element]:
    return list(ET.parse(ANDROID / path).iter(tag))  # noqa: S314  our own file


def attributes(path: str, tag: str, name: str) -> list[str | None]:
    return [each.get(_NAMESPACE + name) for each in elements(path, tag)]


def imports() -> set[str]:
    code = "\n".join(path.read_text() for path in ANDROID.glob("*.kt"))
    return set(re.findall(r"^import ([\w.]+)", code, re.MULTILINE))


def test_the_manifest_names_what_the_code_asks_the_user_for() -> None:
    asked = {
        each.rpartition(".")[2] for each in imports() if each.startswith("android.Manifest.perm")
    }
    assert asked == {"CAMERA", "RECORD_AUDIO"}
    named = attributes("AndroidManifest.xml", "uses-permission", "name")
    assert {f"android.permission.{each}" for each in {*asked, "INTERNET"}} <= set(named)


def test_the_manifests_activity_is_there_and_survives_a_turned_phone() -> None:
    (name,) = attributes("AndroidManifest.xml", "activity", "name")
    assert name
    assert ANDROID.joinpath(f"{name.removeprefix('.')}.kt").is_file()
    (kept,) = attributes("AndroidManifest.xml", "activity", "configChanges")
    assert kept
    assert {"orientation", "screenSize"} <= set(kept.split("|"))


def test_only_a_debug_build_may_speak_http_and_only_to_the_computer() -> None:
    for name in ("networkSecurityConfig", "usesCleartextTraffic"):
        assert attributes("AndroidManifest.xml", "application", name) == [None]
    rules = attributes("debug/AndroidManifest.xml", "application", "networkSecurityConfig")
    assert rules == ["@xml/network_security_config"]
    config = "debug/network_security_config.xml"
    (rule,) = elements(config, "domain-config")
    assert rule.get("cleartextTrafficPermitted") == "true"
    assert elements(config, "base-config") == []
    assert {each.text for each in elements(config, "domain")} == {"10.0.2.2", "localhost"}


def test_what_the_code_imports_is_androids_or_a_dependency() -> None:
    packages = {
        max((each for each in _ARTIFACTS if name.startswith(each)), key=len)
        for name in imports()
        if not name.startswith(("android.", "java.", "org.json."))
    }
    assert packages == set(_ARTIFACTS)
    gradle = ANDROID.joinpath("build.gradle.kts").read_text()
    assert [each for each in packages if f'("{_ARTIFACTS[each]}' not in gradle] == []


def test_android_and_ios_let_the_user_scroll_to_every_control() -> None:
    assert ") : ScrollView(context), Screen {" in ANDROID.joinpath("CallView.kt").read_text()
    assert "UIScrollView()" in GUIDES.joinpath("ios", "CallController.swift").read_text()


def test_info_plist_tells_why_and_lets_the_app_reach_the_computer() -> None:
    known = plistlib.loads(GUIDES.joinpath("ios", "Info.plist").read_bytes())
    for name in ("Camera", "Microphone", "LocalNetwork"):
        assert known.pop(f"NS{name}UsageDescription")
    assert known == {
        "UIBackgroundModes": ["audio"],
        "NSAppTransportSecurity": {"NSAllowsLocalNetworking": True},
    }


def test_expo_loads_the_plugins_that_are_there() -> None:
    folder = GUIDES / "react-native"
    plugins = json.loads(folder.joinpath("app.json").read_text())["expo"]["plugins"]
    (library, _), own = plugins
    assert library == "opentok-react-native"
    assert folder.joinpath(own).is_file()
