"""The React Native guide: what asks Roomkey is run, the patch applied, Expo's plugins tried."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.parsed import GUIDES
from tests.support.programs.client_packages import ClientSources

MODULE = "android/src/main/java/com/opentokreactnative/OpentokReactNativeModule.java"
# The two ways in which Expo's templates have written it.
MAIN_APPLICATIONS = [
    "return PackageList(this).packages\n",
    "PackageList(this).packages.apply {\n  // add(MyReactNativePackage())\n}\n",
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> ClientSources:
    sources = ClientSources(tmp_path_factory.mktemp("react_native"))
    done = sources.command(
        "esbuild", "door_scenarios.ts", "--bundle", "--platform=node", "--outfile=door.js"
    )
    assert done.returncode == 0, done.stderr
    return sources


def node(sources: ClientSources, *arguments: str) -> str:
    done = subprocess.run(
        ["node", *arguments],  # noqa: S607  the one that npm has come with
        cwd=sources.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ask(sources: ClientSources, scenario: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(node(sources, "door.js", scenario))
    return said


def test_a_bearer_that_roomkey_refuses_is_renewed_once(sources: ClientSources) -> None:
    assert ask(sources, "stale") == {
        "asked": ["Bearer old", "Bearer fresh"],
        "warned": [],
        "token": "the token",
    }
    assert ask(sources, "refused") == {
        "asked": ["Bearer old", "Bearer old"],
        "warned": ["Roomkey: not admitted: unauthenticated null"],
        "told": "Please sign in again.",
    }


def test_a_guest_comes_by_the_code_alone_and_hears_the_place_while_waiting(
    sources: ClientSources,
) -> None:
    content = json.dumps({"code": "CODE", "guestKey": "KEY", "name": "Ann"}, separators=(",", ":"))
    asked = f"https://roomkey.example.com/invitations/tokens {content}"
    assert ask(sources, "guest") == {
        "asked": [asked, asked],
        "warned": ["The host will let you in soon. One person is before you."],
        "token": "the token",
    }


def test_a_lost_answer_ends_no_wait_and_a_lasting_refusal_does(sources: ClientSources) -> None:
    assert ask(sources, "guestLost") == {
        # The timeout of each request, and the pause after it.
        "timers": [10_000, 1000, 5000, 2000, 5000, 5000, 5000, 1000, 5000],
        "warned": [
            "The host will let you in soon. One person is before you.",
            "The service cannot be reached. Asking again.",
            "This room is locked. Ask somebody inside to unlock it.",
            "The host will let you in soon. One person is before you.",
            "Roomkey: not admitted: invitation_invalid null",
        ],
        "told": "This link is no longer good. Ask for a new one.",
    }


@pytest.mark.parametrize(
    ("scenario", "cause", "told"),
    [
        (
            "signedOut",
            "no_bearer Error: signed out",
            "Your sign-in could not be renewed. Check the network, or sign in again.",
        ),
        (
            "offline",
            "unreachable TypeError: Network request failed",
            (
                "The service cannot be reached, or this build of the app may only use https. "
                "Please try again later."
            ),
        ),
        ("full", "room_full null", "This room is full. Please try again in 7 seconds."),
        ("missing", "room_not_found null", "The detail."),
        (
            "turnedAway",
            "turned_away null",
            "The host did not let you in. Please try again in 600 seconds.",
        ),
        (
            "odd",
            "unreadable null",
            "The service gave an odd answer: HTTP 201. Please try again later.",
        ),
        (
            "empty",
            "unreadable null",
            "The service gave an odd answer: HTTP 502. Please try again later.",
        ),
    ],
)
def test_the_user_reads_what_helps_and_the_log_has_the_cause(
    sources: ClientSources, scenario: str, cause: str, told: str
) -> None:
    said = ask(sources, scenario)
    assert said["told"] == told
    assert said["warned"] == [f"Roomkey: not admitted: {cause}"]


def test_the_patch_mends_the_crash_in_the_version_that_it_names(sources: ClientSources) -> None:
    (patch,) = GUIDES.joinpath("react-native", "patches").iterdir()
    library = sources.packages / "opentok-react-native"
    version = json.loads(library.joinpath("package.json").read_text())["version"]
    assert patch.name == f"opentok-react-native+{version}.patch"
    patched = sources.folder / "app" / "node_modules" / "opentok-react-native" / MODULE
    patched.parent.mkdir(parents=True)
    shutil.copy(library / MODULE, patched)
    subprocess.run(
        ["git", "apply", str(patch)],  # noqa: S607  any git will do
        cwd=sources.folder / "app",
        check=True,
    )
    signal = patched.read_text().partition("onSignalReceived(")[2].partition("emitOnSignal")[0]
    assert 'connection == null ? "" : connection.getConnectionId()' in signal


@pytest.mark.parametrize("main_application", MAIN_APPLICATIONS)
def test_expos_plugin_registers_every_package_of_the_library(
    sources: ClientSources, tmp_path: Path, main_application: str
) -> None:
    config_plugins = tmp_path / "node_modules" / "expo" / "config-plugins.js"
    config_plugins.parent.mkdir(parents=True)
    config_plugins.write_text("exports.withMainApplication = (config, mod) => mod(config);")
    shutil.copy(GUIDES / "react-native" / "withOpentokPackages.js", tmp_path)
    config = json.dumps({"modResults": {"contents": main_application}})
    plugin = f"require({json.dumps(str(tmp_path / 'withOpentokPackages.js'))})"
    text = node(sources, "-p", f"{plugin}({plugin}({config})).modResults.contents")
    folder = sources.packages / "opentok-react-native" / Path(MODULE).parent
    packages = {path.stem for path in folder.glob("*Package.*")}
    assert len(packages) == 3
    assert {
        each for each in packages if text.count(f"add(com.opentokreactnative.{each}())") == 1
    } == (packages)


def test_the_librarys_own_plugin_takes_the_options_that_the_guide_gives(
    sources: ClientSources,
) -> None:
    library = sources.packages / "opentok-react-native"
    (_, options), _ = json.loads(GUIDES.joinpath("react-native", "app.json").read_text())["expo"][
        "plugins"
    ]
    found = node(sources, "-p", "require.resolve('opentok-react-native')").strip()
    assert Path(found) == (library / "app.plugin.js").resolve()
    known = library.joinpath("expo", "index.ts").read_text()
    assert [each for each in options if f"{each}?: string" not in known] == []


def test_the_android_guides_manifest_has_the_permissions_of_the_sdks_makers(
    sources: ClientSources,
) -> None:
    makers = sources.packages.joinpath("opentok-react-native", "expo", "index.ts").read_text()
    manifest = GUIDES.joinpath("android", "AndroidManifest.xml").read_text()
    listed = {line.strip(" ',") for line in makers.splitlines() if "'android.permission." in line}
    assert len(listed) == 10
    assert [each for each in listed if f'android:name="{each}"' not in manifest] == []
