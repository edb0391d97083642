"""OpenTok's callbacks about archives, and the record that Roomkey keeps of them."""

import hashlib
import json
from itertools import permutations
from typing import Any

import pytest
import time_machine

from chalicelib.adapters.dynamodb.media import DynamoDBMedia
from chalicelib.core.model.media import Media, MediaKind
from tests.support.callbacks import send_callback
from tests.support.live import Live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_KEY, CREDENTIALS, TABLE, StandIns
from tests.support.stores.example_rooms import soon

NOON_MS = int(NOON.timestamp() * 1000)
ARCHIVE = "30b3ebf1-ba36-4f5b-8def-6f70d9986fe9"
PATH_SECRET = "a-path-that-nobody-guesses-0123456789"


def told(session_id: str, status: str = "started", **content: object) -> dict[str, object]:
    """Return an archive's callback in OpenTok's older form."""
    return {
        "id": ARCHIVE,
        "event": "archive",
        "createdAt": NOON_MS,
        "duration": 0,
        "name": "Stand-up",
        "partnerId": int(API_KEY),
        "reason": "",
        "resolution": "640x480",
        "sessionId": session_id,
        "size": 0,
        "status": status,
        "url": None,
        **content,
    }


def kept(stand_ins: StandIns, room_id: str) -> Media | None:
    store = DynamoDBMedia(stand_ins.dynamodb(), TABLE)
    return store.find(room_id, MediaKind.ARCHIVE, ARCHIVE, soon())


def test_an_archive_is_kept_whole_under_its_room_without_the_files_address(live: Live) -> None:
    room = live.room()
    whole = told(room["sessionId"], "available", size=7, url="https://files.test/a?sig=secret")

    assert send_callback(live.gateway, "archive", whole).status == 200

    found = kept(live.stand_ins, room["roomId"])
    assert found is not None
    assert (found.status, found.session_id) == ("available", room["sessionId"])
    assert found.content == whole | {"url": None}
    assert "sig=secret" not in str(live.stand_ins.items())


@pytest.mark.parametrize("order", list(permutations(["started", "stopped", "uploaded"])))
def test_an_archives_status_only_moves_forward(live: Live, order: tuple[str, ...]) -> None:
    room = live.room()
    for status in (*order, *reversed(order)):
        assert send_callback(live.gateway, "archive", told(room["sessionId"], status)).status == 200
    found = kept(live.stand_ins, room["roomId"])
    assert found is not None
    assert found.status == found.content["status"] == "uploaded"


@pytest.mark.parametrize(
    "odd",
    [
        {"createdAt": None},
        {"createdAt": 10**30},
        {"updatedAt": "soon"},
        {"size": 10**30},
        {"name": "\ud800"},
        {"duration": float("nan")},
        {"transcription": "none"},
        {f"field-{number}": number for number in range(500)},
        {"projectId": int(API_KEY), "partnerId": API_KEY},
        {"status": "frozen"},
    ],
)
def test_an_unusual_field_loses_no_archive(live: Live, odd: dict[str, object]) -> None:
    room = live.room()
    assert send_callback(live.gateway, "archive", told(room["sessionId"]) | odd).status == 200
    found = kept(live.stand_ins, room["roomId"])
    assert found is not None
    # Of a status that is not known here it may run, and must be stoppable.
    assert found.is_running == (found.status in {"started", "frozen"})


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[]",
        told("1_x") | {"id": None},
        told("1_x") | {"id": "../../project"},
        told("1_x") | {"status": 7},
        b'{"id":"a","sessionId":"1_x","status":"started","x":%s}' % (b"[" * 600 + b"]" * 600),
        {"sessionId": "1_x", "status": "started"},
        {"id": ARCHIVE, "status": "started"},
    ],
)
def test_what_tells_of_no_archive_is_taken_and_changes_nothing(live: Live, content: object) -> None:
    assert send_callback(live.gateway, "archive", content).status == 200
    assert live.stand_ins.items() == []


@pytest.mark.parametrize(
    "changed",
    [{"secret": "another secret" * 3}, {"payload_hash": hashlib.sha256(b"{}").hexdigest()}],
)
def test_an_archives_callback_that_is_not_opentoks_is_401(
    live: Live, changed: dict[str, Any]
) -> None:
    room = live.room()
    reply = send_callback(live.gateway, "archive", told(room["sessionId"]), **changed)
    assert (reply.status, reply.code) == (401, "unauthenticated")
    assert kept(live.stand_ins, room["roomId"]) is None


def test_a_kind_has_secrets_of_its_own(stand_ins: StandIns) -> None:
    own = {"session": ["s3ssion" * 10], "archive": ["4rchive" * 10]}
    stand_ins.put_secret(CREDENTIALS | {"callbackSecrets": own})
    gateway = stand_ins.gateway()
    assert send_callback(gateway, "archive", told("1_x"), secret="4rchive" * 10).status == 200
    assert send_callback(gateway, "archive", told("1_x"), secret="s3ssion" * 10).status == 401


def test_another_projects_archive_is_refused(live: Live) -> None:
    room = live.room()
    for other in ({"partnerId": 9}, {"projectId": "9"}, {"applicationId": "other"}):
        nobodys = told(room["sessionId"], partnerId=None)
        assert send_callback(live.gateway, "archive", nobodys | other).status == 401
    assert kept(live.stand_ins, room["roomId"]) is None


def test_an_unsigned_archive_callback_comes_in_by_the_secret_path_alone(
    stand_ins: StandIns,
) -> None:
    gateway = stand_ins.gateway(CALLBACK_PATH_SECRET=PATH_SECRET)
    body = json.dumps(told("1_x"))
    for secret, status in ((PATH_SECRET, 200), ("guessed", 401)):
        assert gateway.request("POST", f"/callbacks/archive/{secret}", body=body).status == status
    assert gateway.request("POST", "/callbacks/archive", body=body).code == "callback_unsigned"


def test_an_archive_of_a_young_unknown_session_is_asked_for_again_and_of_an_old_one_is_not(
    live: Live,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room()["sessionId"]
        live.stand_ins.start_anew()
        assert send_callback(live.gateway, "archive", told(session_id)).code == "session_unknown"
        clock.shift(61)
        assert send_callback(live.gateway, "archive", told(session_id)).status == 200
        assert live.stand_ins.items() == []


def test_a_callback_of_an_archive_is_two_calls(live: Live) -> None:
    session_id = live.room()["sessionId"]
    live.stand_ins.aws.clear_calls()
    send_callback(live.gateway, "archive", told(session_id))
    calls = [call for call in live.stand_ins.aws.calls if call.startswith("DynamoDB")]
    assert len(calls) == 2
