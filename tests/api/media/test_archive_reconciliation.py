"""Reconciliation of archives whose start or end no answer and no callback reported."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.servers.stand_ins import TABLE

pytestmark = pytest.mark.usefixtures("clock")
ARCHIVES = "/rooms/standup/archives"
MINUTES = timedelta(minutes=2)


@pytest.fixture
def recorded(live: Live) -> Live:
    """Return the service with a room in which bob publishes."""
    somebody_publishes(live)
    return live


def somebody_publishes(live: Live) -> None:
    live.room()
    live.publish(live.enter("bob"))
    live.settle()
    live.stand_ins.opentok.clear_calls()


def listed(live: Live) -> list[Any]:
    return list(live.ask("bob", "GET", ARCHIVES).json["items"])


def drop_record(live: Live, archive_id: str) -> None:
    """Delete the archive's record, as DynamoDB does when its time to live has passed."""
    (item,) = (each for each in live.stand_ins.items() if archive_id in each["sk"]["S"])
    key = {"pk": item["pk"], "sk": item["sk"]}
    live.stand_ins.dynamodb().delete_item(TableName=TABLE, Key=key)


def lose_the_answer(live: Live) -> None:
    """Let the next start succeed at OpenTok, and lose its answer and its first callback."""
    live.stand_ins.opentok.faults.add(Fault("/archive", drop=True))
    live.stand_ins.opentok.plan_callbacks(drop=1)


def test_a_start_whose_answer_is_lost_is_unconfirmed_and_found_by_reconciliation(
    live: Live, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody_publishes(live)
    lose_the_answer(live)
    reply = live.ask("alice", "POST", ARCHIVES, {"name": "Stand-up"})
    assert (reply.status, reply.code) == (503, "start_unconfirmed")
    assert "check the list before you retry" in reply.json["detail"]
    assert [call.method for call in live.stand_ins.opentok.calls] == ["POST"]
    assert listed(live) == []
    clock.shift(MINUTES)

    live.run("reconcile_sessions")

    (found,) = listed(live)
    assert (found["status"], found["name"]) == ("started", "Stand-up")
    (line,) = [line for line in log_lines(capsys) if "MediaFound" in line]
    assert line["MediaFound"] == [1.0]
    retried = live.ask("alice", "POST", ARCHIVES, {"name": "Stand-up"})
    assert (retried.status, retried.code) == (409, "already_recording")
    assert retried.json["archiveId"] == found["id"]
    assert live.ask("alice", "POST", f"{ARCHIVES}/{found['id']}/stop").status == 200


def test_an_archive_that_cannot_be_written_down_is_stopped_again_and_comes_by_its_callbacks(
    recorded: Live,
) -> None:
    recorded.stand_ins.opentok.plan_callbacks(order="hold")
    recorded.stand_ins.aws.fail("DynamoDB.UpdateItem", error="InternalServerError", times=3)
    assert recorded.ask("alice", "POST", ARCHIVES, {}).code == "store_unavailable"
    recorded.stand_ins.opentok.plan_callbacks(order="forward")
    assert recorded.stand_ins.opentok.calls[-1].path.endswith("/stop")
    recorded.settle()
    assert [each["status"] for each in listed(recorded)] == ["stopped"]


def test_if_opentok_cannot_list_archives_none_is_removed(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    recorded.ask("alice", "POST", ARCHIVES, {})
    recorded.settle()
    for fault in (
        Fault("/archive", status=500),
        Fault("/archive", status=404, body="<html>no such page</html>"),
        Fault("/archive", status=404, body='{"message": "Not found."}'),
        Fault("/archive", status=200, body='{"items": [{"id": 7}], "count": 1}'),
        Fault("/archive", status=200, body='{"items": [], "count": 0}'),
        Fault("/archive", status=200, body="{}"),
        Fault("/archive", status=403),
    ):
        clock.shift(timedelta(hours=2))
        recorded.stand_ins.opentok.faults.add(fault, times=9)
        recorded.run("reconcile_sessions")
        recorded.stand_ins.opentok.faults.clear()
        assert len(listed(recorded)) == 1


def test_one_that_is_listed_as_it_was_is_not_gone_for_one_wrong_answer(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    reply = recorded.ask("alice", "POST", ARCHIVES, {})
    listing = {"items": [{key: reply.json[key] for key in reply.json if key != "room"}], "count": 1}
    recorded.stand_ins.opentok.move_archive(reply.json["id"], "available")
    recorded.settle()
    clock.shift(MINUTES)
    faults = recorded.stand_ins.opentok.faults
    faults.add(Fault("/archive", status=200, body=json.dumps(listing)))
    faults.add(Fault(f"/archive/{reply.json['id']}", status=404, body='{"message": "Not found."}'))
    recorded.run("reconcile_sessions")
    assert recorded.stand_ins.opentok.faults.take(f"/archive/{reply.json['id']}") is None
    assert [each["status"] for each in listed(recorded)] == ["available"]


@pytest.mark.parametrize("harm", ["not disconnected", "unreadable"])
def test_one_connections_failure_keeps_no_lost_start_from_being_found_and_stopped(
    live: Live, clock: time_machine.Traveller, harm: str
) -> None:
    somebody_publishes(live)
    carol = live.enter("carol")
    if harm == "unreadable":
        live.damage("session#", f"connection#{carol}", "since", None)
    else:
        refused = Fault(f"/connection/{carol}", status=400)
        live.stand_ins.opentok.faults.add(refused, times=99)
        live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "carol"})
    lose_the_answer(live)
    assert live.ask("alice", "POST", ARCHIVES, {}).code == "start_unconfirmed"
    clock.shift(timedelta(minutes=6))
    live.run("reconcile_sessions")
    assert [each["status"] for each in listed(live)] == ["started"]


def test_a_start_that_opentok_refused_for_now_is_not_said_to_be_running(recorded: Live) -> None:
    recorded.stand_ins.opentok.faults.add(Fault("/archive", status=429))
    reply = recorded.ask("alice", "POST", ARCHIVES, {})
    assert (reply.status, reply.code) == (503, "provider_unavailable")
    assert "may be running" not in reply.json["detail"]
    assert recorded.stand_ins.opentok.count("/archive") == 1


def test_an_answer_about_another_session_is_none(recorded: Live) -> None:
    told = {"id": "a-1", "sessionId": "1_another", "status": "started", "createdAt": 0}
    recorded.stand_ins.opentok.faults.add(Fault("/archive", status=200, body=json.dumps(told)))
    reply = recorded.ask("alice", "POST", ARCHIVES, {})
    assert (reply.status, reply.code) == (503, "start_unconfirmed")
    assert listed(recorded) == []


def test_reconciliation_what_is_well_writes_nothing_about_archives(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    for tag in ("a", "b", "c"):
        recorded.ask("alice", "POST", ARCHIVES, {"multiArchiveTag": tag})
    recorded.settle()
    clock.shift(MINUTES)
    recorded.run("reconcile_sessions")
    before = listed(recorded)
    clock.shift(MINUTES)
    recorded.stand_ins.aws.clear_calls()
    recorded.stand_ins.opentok.clear_calls()
    recorded.run("reconcile_sessions")
    assert recorded.stand_ins.opentok.count("/archive") == 1
    writes = [call for call in recorded.stand_ins.aws.calls if "UpdateItem" in call]
    assert len(writes) == 1  # when the session is to be checked next
    assert listed(recorded) == before


def at_opentok(live: Live, archive_id: str) -> dict[str, Any]:
    """Return the archive as OpenTok lists it."""
    archive = live.stand_ins.opentok.inspect("archives", archive_id)
    return {name: value for name, value in archive.items() if name != "layout"}


def as_listed(*archives: dict[str, Any], count: int | None = None) -> Fault:
    """Return a fault that makes OpenTok's next list these archives, in this order."""
    told = {"items": archives, "count": len(archives) if count is None else count}
    return Fault("/archive", status=200, body=json.dumps(told))


def test_a_list_that_holds_other_sessions_archives_brings_none_of_them_on_record(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    recorded.room("retro")
    recorded.enter("carol", "retro")
    recorded.stand_ins.opentok.deliver_to("archive", None)
    ids = [
        recorded.ask("alice", "POST", f"/rooms/{room}/archives", {}).json["id"]
        for room in ("standup", "retro")
    ]
    for archive_id in ids:
        drop_record(recorded, archive_id)
    both = [at_opentok(recorded, each) for each in ids]
    unknown_connection = both[0] | {"id": "strange-1", "sessionId": "1_stranger"}
    recorded.stand_ins.opentok.faults.add(as_listed(*both, unknown_connection), times=2)
    clock.shift(MINUTES)

    recorded.run("reconcile_sessions")

    for room, archive_id in zip(("standup", "retro"), ids, strict=True):
        items = recorded.ask("alice", "GET", f"/rooms/{room}/archives").json["items"]
        assert [each["id"] for each in items] == [archive_id]


def test_archives_on_the_lists_next_page_are_found_too(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    recorded.stand_ins.opentok.deliver_to("archive", None)
    ids = [
        recorded.ask("alice", "POST", ARCHIVES, {"multiArchiveTag": tag}).json["id"]
        for tag in ("a", "b")
    ]
    for archive_id in ids:
        drop_record(recorded, archive_id)
    recorded.stand_ins.opentok.faults.add(as_listed(at_opentok(recorded, ids[1]), count=2))
    clock.shift(MINUTES)

    recorded.run("reconcile_sessions")

    assert {each["id"] for each in listed(recorded)} == set(ids)


def test_one_before_the_newest_hundred_is_known_too(
    live: Live, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    somebody_publishes(live)
    archive_id = live.ask("alice", "POST", ARCHIVES, {}).json["id"]
    live.stand_ins.opentok.move_archive(archive_id, "available")
    live.settle()
    (item,) = (each for each in live.stand_ins.items() if archive_id in each["sk"]["S"])
    milliseconds = int(item["createdAt"]["N"]) + 1000
    for number in range(100):
        copy = {
            "sk": {"S": f"archive#later-{number}"},
            "startedAt": {"S": f"archive#{milliseconds:015}#later-{number}"},
            "createdAt": {"N": str(milliseconds)},
        }
        live.stand_ins.dynamodb().put_item(TableName=TABLE, Item=item | copy)
    clock.shift(MINUTES)

    live.run("reconcile_sessions")

    assert live.stand_ins.opentok.count("/archive") == 2
    (line,) = [line for line in log_lines(capsys) if line["route"] == "reconcile_sessions"]
    assert "MediaFound" not in line
