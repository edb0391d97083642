"""Deletion of archives after the room's retention time, and no sooner."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON

pytestmark = pytest.mark.usefixtures("clock")
DAY = timedelta(days=1)


def archived(live: Live, room: str = "standup", status: str = "available") -> str:
    """Start an archive, let it reach this status at OpenTok, and return its id."""
    reply = live.ask("alice", "POST", f"/rooms/{room}/archives", {})
    assert reply.status == 201, reply.text
    archive_id = str(reply.json["id"])
    live.stand_ins.opentok.move_archive(archive_id, status)
    live.settle()
    return archive_id


def listed(live: Live, room: str = "standup") -> list[str]:
    items = live.ask("alice", "GET", f"/rooms/{room}/archives").json["items"]
    return [each["id"] for each in items]


def deletions(live: Live) -> list[str]:
    calls = live.stand_ins.opentok.calls
    return [
        call.path.rpartition("/")[2]
        for call in calls
        if call.method == "DELETE" and "/archive/" in call.path
    ]


def test_archives_are_deleted_when_their_days_are_over_and_the_log_names_them(
    live: Live, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    room = live.room(archiveRetentionDays=2)
    live.enter("bob")
    first = archived(live)
    clock.shift(DAY)
    second = archived(live)

    clock.move_to(NOON + 2 * DAY - timedelta(seconds=1))
    live.run("delete_expired_archives")
    assert listed(live) == [second, first]
    clock.move_to(NOON + 2 * DAY)
    live.run("delete_expired_archives")
    assert listed(live) == [second]
    assert deletions(live) == [first]
    (line,) = [line for line in log_lines(capsys) if "deleted" in line]
    assert line["deleted"] == [f"standup {room['roomId']} {first}"]
    assert line["ArchivesDeleted"] == [1.0]

    clock.move_to(NOON + 3 * DAY)
    live.run("delete_expired_archives")
    assert listed(live) == []


def test_what_cannot_be_deleted_yet_is_tried_again_and_keeps_nothing_else(
    live: Live, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    live.stand_ins.opentok.archive_ready_after = float("inf")
    live.room(archiveRetentionDays=1)
    live.enter("bob")
    stuck = archived(live, status="stopped")
    clock.shift(1)
    next_one = archived(live)
    clock.shift(DAY)
    live.run("delete_expired_archives")
    assert listed(live) == [stuck]
    (line,) = [line for line in log_lines(capsys) if "deleted" in line]
    assert line["ArchiveDeletionsFailed"] == [1.0]
    assert deletions(live) == [stuck, next_one]
    live.stand_ins.opentok.archive_ready_after = 2
    live.run("delete_expired_archives")
    assert deletions(live) == [stuck, next_one]
    clock.shift(timedelta(hours=1))
    live.run("delete_expired_archives")
    assert listed(live) == []


def test_one_wrong_not_there_is_no_deletion(live: Live, clock: time_machine.Traveller) -> None:
    live.room(archiveRetentionDays=1)
    live.enter("bob")
    archive_id = archived(live)
    clock.shift(DAY)
    absent = Fault(f"/archive/{archive_id}", status=404, body='{"message": "Not found."}')
    live.stand_ins.opentok.faults.add(absent)
    live.run("delete_expired_archives")
    assert listed(live) == [archive_id]
    clock.shift(timedelta(hours=1))
    live.run("delete_expired_archives")
    assert listed(live) == []
    assert deletions(live) == [archive_id, archive_id]


def test_a_run_without_due_work_costs_two_looks_however_many_rooms_there_are(
    live: Live, clock: time_machine.Traveller
) -> None:
    rooms: list[Any] = [live.room(f"room-{number}", archiveRetentionDays=9) for number in range(12)]
    live.run("delete_expired_archives")
    clock.shift(DAY)
    live.stand_ins.aws.clear_calls()
    live.run("delete_expired_archives")
    counted = [call for call in live.stand_ins.aws.calls if call.startswith("DynamoDB")]
    assert len(counted) == 2  # one look for archives, and one for users to erase
    schedules = [item for item in live.stand_ins.items() if item["sk"] == {"S": "retention"}]
    assert len(schedules) == len(rooms)


def test_a_file_that_is_not_reached_is_no_archive_deleted_and_the_log_says_why(
    live: Live, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    room = live.room(archiveRetentionDays=1)
    live.enter("bob")
    archive_id = archived(live, status="uploaded")
    clock.shift(DAY)
    live.run("delete_expired_archives")
    assert listed(live) == [archive_id]
    line = log_lines(capsys)[-2]
    assert line["ArchiveDeletionsFailed"] == [1.0]
    assert "ArchivesDeleted" not in line
    (failed,) = line["failed"]
    assert failed.startswith(f"standup {room['roomId']} {archive_id}: storage is set at OpenTok")


@pytest.mark.parametrize(
    ("of", "name", "odd"),
    [
        ("retention", "days", "odd"),
        ("retention", "name", None),
        ("archive#", "updatedAt", "odd"),
        ("archive#", "status", None),
        ("archive#", "report:status", "odd"),
    ],
)
def test_one_rooms_unreadable_record_keeps_no_other_archive_from_being_deleted(
    live: Live,
    clock: time_machine.Traveller,
    capsys: pytest.CaptureFixture[str],
    of: str,
    name: str,
    odd: str | None,
) -> None:
    room_ids = [live.room(each, archiveRetentionDays=1)["roomId"] for each in ("standup", "retro")]
    live.enter("bob")
    live.enter("bob", "retro")
    archived(live)
    archived(live)
    archived(live, "retro")
    live.damage(f"media#{room_ids[0]}", of, name, odd)
    clock.shift(DAY)

    live.run("delete_expired_archives")

    (line,) = [line for line in log_lines(capsys) if line.get("route") == "delete_expired_archives"]
    assert listed(live, "retro") == []
    if of == "retention":
        assert (line["status"], line["ArchivesDeleted"]) == (500, [1.0])
        assert len(line["faulty"]) == 1
    else:
        assert line["ArchivesDeleted"] == [2.0]
        assert line["MediaUnreadable"] == [1.0]
        assert "archive#" in line["unreadable"][0]
