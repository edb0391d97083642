"""Archives whose rooms keep them for some days only are deleted then, and no sooner."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.callbacks import send_callback
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON

pytestmark = pytest.mark.usefixtures("clock")
ARCHIVES = "/rooms/standup/archives"
DAY = timedelta(days=1)


def archived(live: Live, room: str = "standup", status: str = "available") -> str:
    """A new archive that is as far as this."""
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


def test_an_archive_that_is_told_of_as_begun_in_the_far_future_is_deleted_like_any(
    live: Live, clock: time_machine.Traveller
) -> None:
    room = live.room(archiveRetentionDays=2)
    live.enter("bob")
    archived(live)
    content = {"id": str(UUID(int=1)), "sessionId": room["sessionId"], "status": "failed"}
    assert (
        send_callback(live.gateway, "archive", content | {"createdAt": 253402300799000}).status
        == 200
    )
    clock.shift(2 * DAY)
    live.run("delete_expired_archives")
    assert listed(live) == []


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


def test_a_room_keeps_its_archives_unless_it_says_otherwise(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room()
    live.enter("bob")
    archive_id = archived(live)
    clock.shift(4000 * DAY)
    live.run("delete_expired_archives")
    assert listed(live) == [archive_id]


def test_other_days_hold_for_the_archives_that_there_are(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room()
    live.enter("bob")
    archive_id = archived(live)
    live.patch(archiveRetentionDays=30)
    clock.shift(3 * DAY)
    live.run("delete_expired_archives")
    live.patch(archiveRetentionDays=5)
    live.run("delete_expired_archives")
    live.patch(archiveRetentionDays=None)
    clock.shift(3 * DAY)
    live.run("delete_expired_archives")
    assert listed(live) == [archive_id]
    live.patch(archiveRetentionDays=6)
    live.run("delete_expired_archives")
    assert listed(live) == []


def test_a_deleted_rooms_archives_go_too_and_those_of_its_successor_stay(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room(archiveRetentionDays=1)
    live.enter("bob")
    earlier = archived(live)
    live.ask("alice", "DELETE", "/rooms/standup")
    live.room()
    live.enter("bob")
    later = archived(live)
    clock.shift(DAY)
    live.run("delete_expired_archives")
    assert deletions(live) == [earlier]
    assert listed(live) == [later]


def test_once_a_deleted_room_has_no_archives_nothing_is_left_to_look_through(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room(archiveRetentionDays=1)
    live.ask("alice", "DELETE", "/rooms/standup")
    for _ in range(3):
        live.run("delete_expired_archives")
        clock.shift(DAY)
    (schedule,) = (item for item in live.stand_ins.items() if item["sk"] == {"S": "retention"})
    # At the look after the first that found it empty, and a week.
    forgotten = NOON + DAY + 7 * DAY
    assert schedule["expiresAt"] == {"N": str(int(forgotten.timestamp()))}


@pytest.mark.parametrize("status", ["available", "expired", "failed"])
def test_whatever_has_ended_is_deleted(
    live: Live, clock: time_machine.Traveller, status: str
) -> None:
    live.room(archiveRetentionDays=1)
    live.enter("bob")
    archived(live, status=status)
    clock.shift(DAY)
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


def test_while_opentok_is_away_nothing_is_lost_and_later_all_is_deleted(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room(archiveRetentionDays=1)
    live.enter("bob")
    archive_id = archived(live)
    clock.shift(DAY)
    live.stand_ins.opentok.faults.add(Fault("/archive", status=500), times=9)
    live.run("delete_expired_archives")
    live.stand_ins.opentok.faults.clear()
    assert listed(live) == [archive_id]
    clock.shift(timedelta(hours=1))
    live.run("delete_expired_archives")
    assert listed(live) == []


def test_a_deletion_of_which_only_the_record_was_missed_is_finished(
    live: Live, clock: time_machine.Traveller
) -> None:
    live.room(archiveRetentionDays=1)
    live.enter("bob")
    archived(live)
    live.stand_ins.opentok.deliver_to("archive", None)
    clock.shift(DAY)
    live.stand_ins.aws.fail("DynamoDB.UpdateItem", error="InternalServerError", times=1)
    live.run("delete_expired_archives")
    assert len(listed(live)) == 1
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


def test_a_room_whose_archives_are_not_due_costs_one_look(
    live: Live, clock: time_machine.Traveller
) -> None:
    rooms: list[Any] = [live.room(f"room-{number}", archiveRetentionDays=9) for number in range(12)]
    live.run("delete_expired_archives")
    clock.shift(DAY)
    live.stand_ins.aws.clear_calls()
    live.run("delete_expired_archives")
    counted = [call for call in live.stand_ins.aws.calls if call.startswith("DynamoDB")]
    assert len(counted) == 1
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
