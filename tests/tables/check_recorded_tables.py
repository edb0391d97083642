"""This version works on the table of each earlier one as it is.

`recorded` has a table of each version, filled by that version's own code, with what it answered.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from chalicelib import VERSION
from deploy.stage import PROJECT
from tests.support.callbacks import event, send_callback
from tests.support.kept_answers import is_kept
from tests.support.live import Live, running_live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import StandIns
from tests.tables.recording import FOLDER, Recording, record, recorded
from tests.tables.scene import CLOSES_AT, SETTINGS, ask_all, invite
from tools.release.changelog import read_sections

VERSIONS = sorted(each.stem for each in FOLDER.glob("*.json"))
ASKED_AT = NOON + timedelta(minutes=12)
"""The time at which the scene ends."""
RECONNECTION_SECONDS = 21
"""A little longer than the seat of somebody who has left is kept for them."""
BATCHES = ("refill_session_pool", "enforce_closing_times", "delete_expired_archives")


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest) -> Recording:
    """The table that a version has left."""
    return recorded(request.param)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(ASKED_AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def upgraded(old: Recording, stand_ins: StandIns, clock: time_machine.Traveller) -> Iterator[Live]:
    """An app of this version on the table of that one. OpenTok knows none of its sessions."""
    assert clock
    old.fill(stand_ins)
    with running_live(stand_ins, **SETTINGS) as live:
        yield live


def test_each_version_has_a_recorded_table() -> None:
    sections = read_sections((PROJECT / "CHANGELOG.md").read_text())
    assert sorted(each.version for each in sections) == VERSIONS


def test_the_table_of_this_version_is_recorded_as_the_code_writes_it(stand_ins: StandIns) -> None:
    """Compare with the recorded table; after a wanted change, run `make record-table`."""
    assert record(stand_ins).shape == recorded(VERSION).shape


def test_what_a_version_answered_is_answered_still(old: Recording, upgraded: Live) -> None:
    answers = ask_all(upgraded)
    assert len(old.answers) > 10
    for question, before in old.answers.items():
        assert is_kept(before, answers[question]), (question, before, answers[question])


def test_a_seat_that_was_held_is_taken_and_a_limit_holds(
    old: Recording, upgraded: Live, clock: time_machine.Traveller
) -> None:
    connection = {
        "id": "c-bob",
        "createdAt": int(ASKED_AT.timestamp() * 1000),
        "data": old.known.bobs_data,
    }
    arrival = event(old.known.session_id, connection=connection)
    assert send_callback(upgraded.gateway, "session", arrival).status == 200
    assert set(upgraded.shown("seats").values()) == {"alice", "bob"}
    upgraded.token("carol", "seats")
    assert upgraded.refusal("dora", "seats") == "room_full"
    assert upgraded.refusal("mallory", "seats") == "banned"

    gone = {"id": old.known.alices_connection, "reason": "clientDisconnected"}
    departure = event(old.known.session_id, "connectionDestroyed", connection=gone)
    assert send_callback(upgraded.gateway, "session", departure).status == 200
    assert set(upgraded.shown("seats").values()) == {"bob"}
    clock.shift(RECONNECTION_SECONDS)
    upgraded.token("dora", "seats")


def test_a_recording_that_ran_comes_to_its_end(old: Recording, upgraded: Live) -> None:
    archive_id = old.known.running_archive
    content = {
        "id": archive_id,
        "event": "archive",
        "status": "stopped",
        "sessionId": old.known.session_id,
        "projectId": 47000001,
        "partnerId": 47000001,
        "createdAt": int(ASKED_AT.timestamp() * 1000),
    }
    assert send_callback(upgraded.gateway, "archive", content).status == 200
    read = upgraded.ask("alice", "GET", f"/rooms/seats/archives/{archive_id}")
    assert read.json["status"] == "stopped"


def test_a_guest_and_a_user_who_waited_are_admitted(old: Recording, upgraded: Live) -> None:
    reply = upgraded.ask("alice", "POST", "/rooms/clinic/waiting/admissions")
    assert (reply.status, len(reply.json["admitted"])) == (200, 2)
    assert invite(upgraded, old.known.code, old.known.guest_key).status == 201
    assert invite(upgraded, old.known.code, old.known.guest_key[::-1]).status == 202
    for user in ("walter", "wanda"):
        upgraded.token(user, "clinic")


def test_rooms_close_at_their_time_and_users_are_erased(
    upgraded: Live, clock: time_machine.Traveller
) -> None:
    assert upgraded.patch("seats", locked=True)["state"] == "locked"
    clock.move_to(CLOSES_AT + timedelta(minutes=1))
    for batch in BATCHES:
        upgraded.run(batch)
    assert upgraded.ask("alice", "GET", "/rooms/closing").json["state"] == "closed"
    erasure = upgraded.ask("root", "GET", "/users/zoe", admin=True).json["erasure"]
    assert erasure["erased"] > 0
