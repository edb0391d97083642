"""Features that a stage has switched off: the refusals over HTTP, and the served description."""

import json
import re
from typing import Any, Final

import pytest

from tests.support.features import ALL_FEATURES
from tests.support.live import Live
from tests.support.openapi import check_document, committed
from tests.support.servers.stand_ins import StandIns

BY_DEFAULT: Final = dict.fromkeys(ALL_FEATURES, "")
ALL_OFF: Final = {name: "off" for name in ALL_FEATURES if name.startswith("ALLOW_")}
BODIES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "archives": ("recording", {}),
    "broadcasts": ("broadcasts", {"outputs": {"hls": {}}}),
    "captions": ("captions", {}),
    "renders": ("renders", {"url": "https://page.test/board"}),
    "sip": ("sip", {"sip": {"uri": "sip:bob@pbx.test"}}),
    "dtmf": ("sip", {"digits": "1"}),
    "audio-connectors": ("audioConnectors", {"websocket": {"uri": "wss://audio.test/in"}}),
}


def test_each_start_of_a_feature_that_is_off_is_403(stand_ins: StandIns) -> None:
    before = Live(stand_ins.gateway(), stand_ins)
    before.room("closed", archiveMode="always", closesAt="2026-01-01T00:00:00Z")
    live = Live(stand_ins.gateway(**ALL_OFF), stand_ins)
    live.room()
    stand_ins.opentok.clear_calls()
    refusals = {
        path: live.ask("alice", "POST", f"/rooms/standup/{path}", body)
        for path, (_, body) in BODIES.items()
    }
    refusals["always"] = live.ask("alice", "PUT", "/rooms/taped", {"archiveMode": "always"})
    refusals["again"] = live.ask("alice", "PATCH", "/rooms/closed", {"closesAt": None})
    assert {(each.status, each.code) for each in refusals.values()} == {(403, "feature_disabled")}
    assert {path: each.json["feature"] for path, each in refusals.items()} == {
        **{path: feature for path, (feature, _) in BODIES.items()},
        "always": "recording",
        "again": "recording",
    }
    shown = refusals["audio-connectors"].json
    assert (shown["allowedTo"], shown["setting"]) == ("off", "ALLOW_AUDIO_CONNECTORS")
    assert stand_ins.opentok.calls == []


def test_a_host_that_is_not_listed_is_422_by_its_field(stand_ins: StandIns) -> None:
    live = Live(stand_ins.gateway(MEDIA_HOSTS="page.test:8443"), stand_ins)
    live.room()
    reply = live.ask("alice", "POST", "/rooms/standup/renders", BODIES["renders"][1])
    assert (reply.status, reply.field) == (422, "url")
    assert "MEDIA_HOSTS" in reply.text


def test_the_settings_decide_how_long_opentok_lets_media_run(entered: Live) -> None:
    settings = {f"MAX_{name}_SECONDS": "300" for name in ("BROADCASTS", "CAPTIONS", "RENDERS")}
    live = Live(entered.stand_ins.gateway(**settings), entered.stand_ins)
    for path in ("broadcasts", "captions", "renders"):
        body = BODIES[path][1]
        assert live.ask("alice", "POST", f"/rooms/standup/{path}", body).status in (201, 202)
        too_long = live.ask("alice", "POST", f"/rooms/standup/{path}", body | {"maxDuration": 301})
        assert (too_long.status, too_long.field) == (422, "maxDuration")
    starts = [each.json for each in live.stand_ins.opentok.calls if each.method == "POST"]
    assert [each["maxDuration"] for each in starts] == [300, 300, 300]


def served(stand_ins: StandIns, **settings: str) -> dict[str, Any]:
    """The description that a stage with these settings serves."""
    document: dict[str, Any] = stand_ins.gateway(**settings).request("GET", "/openapi.json").json
    return document


def features_of(document: dict[str, Any]) -> set[str]:
    operations = [each for item in document["paths"].values() for each in item.values()]
    return {each["x-feature"] for each in operations if "x-feature" in each}


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        (BY_DEFAULT, {"recording", "captions"}),
        (BY_DEFAULT | {"ALLOW_SIP": "admins"}, {"recording", "captions", "sip"}),
        (BY_DEFAULT | {"ALLOW_SIP": "everybody"}, {"recording", "captions"}),
        (ALL_OFF, set()),
        (ALL_FEATURES, {feature for feature, _ in BODIES.values()}),
    ],
    ids=["by default", "for admins", "wrong", "all off", "all on"],
)
def test_a_stage_describes_the_features_that_are_not_off(
    stand_ins: StandIns, settings: dict[str, str], shown: set[str]
) -> None:
    assert features_of(served(stand_ins, **settings)) == shown


def test_the_description_of_a_stage_without_features_is_complete_and_mentions_none(
    stand_ins: StandIns,
) -> None:
    document = served(stand_ins, **ALL_OFF)
    check_document(document)
    components = document["components"]
    referred = set(re.findall(r"#/components/(\w+)/(\w+)", json.dumps(document)))
    assert referred == {
        (kind, name) for kind in ("schemas", "examples") for name in components[kind]
    }
    for word in ("broadcasts", "captions", "renders", "sip", "dtmf", "audio-connectors"):
        assert f"/rooms/{{room}}/{word}" not in document["paths"]
    assert "BroadcastAnswer" not in components["schemas"]
    assert "/rooms/{room}/archives" not in document["paths"]
    assert {"/rooms/{room}", "/callbacks/session", "/health"} <= document["paths"].keys()


def test_every_feature_says_in_the_committed_document_what_allows_it() -> None:
    for item in committed()["paths"].values():
        for operation in item.values():
            if "x-feature" in operation:
                assert "`ALLOW_" in operation["description"]
