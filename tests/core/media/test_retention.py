"""Archives whose rooms keep them for some days are deleted then, and no sooner."""

from datetime import timedelta

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.archives import ArchiveFile
from tests.fakes.service import BOB
from tests.fakes.studio import Studio
from tests.support.noon import NOON

DAY = timedelta(days=1)


MOMENT = timedelta(milliseconds=1)


def test_archives_are_deleted_when_their_days_are_over(studio: Studio) -> None:
    clock = studio.service.clock
    studio.keep_for(2)
    first = studio.archived()
    clock.now += DAY
    second = studio.archived()
    clock.now = NOON + 2 * DAY - MOMENT
    studio.service.delete_expired_archives()
    assert studio.archives() == [second, first]
    clock.now += MOMENT
    studio.service.delete_expired_archives()
    assert studio.archives() == [second]
    assert list(studio.at_opentok(MediaKind.ARCHIVE)) == [second]
    clock.now = NOON + 3 * DAY
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_a_room_keeps_its_archives_unless_it_says_otherwise(studio: Studio) -> None:
    archive_id = studio.archived()
    studio.service.clock.now += 4000 * DAY
    studio.service.delete_expired_archives()
    assert studio.archives() == [archive_id]


def test_other_days_hold_for_the_archives_that_there_are(studio: Studio) -> None:
    archive_id = studio.archived()
    for days, passed in ((30, 3 * DAY), (5, timedelta()), (None, 3 * DAY)):
        studio.keep_for(days)
        studio.service.clock.now += passed
        studio.service.delete_expired_archives()
    assert studio.archives() == [archive_id]
    studio.keep_for(6)
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_a_deleted_rooms_archives_go_too_and_those_of_its_successor_stay(studio: Studio) -> None:
    studio.keep_for(1)
    studio.archived()
    studio.service.close()
    studio.service.open()
    studio.service.enter(BOB)
    later = studio.archived()
    studio.service.clock.now += DAY
    studio.service.delete_expired_archives()
    assert studio.deletions == 1
    assert studio.archives() == [later]


def test_once_a_deleted_room_has_no_archives_nothing_is_left_to_look_through(
    studio: Studio,
) -> None:
    service = studio.service
    studio.keep_for(1)
    service.close()
    for _ in range(3):
        studio.service.delete_expired_archives()
        service.clock.now += DAY
    # At the look after the first that found it empty, and a week.
    service.clock.now = NOON + 8 * DAY - MOMENT
    service.table.expire()
    assert len(service.table.schedules) == 1
    service.clock.now += MOMENT
    service.table.expire()
    assert service.table.schedules == {}


def test_a_room_that_stands_is_looked_through_for_ever(studio: Studio) -> None:
    studio.keep_for(1)
    studio.service.delete_expired_archives()
    studio.service.clock.now += 30 * DAY
    studio.service.table.expire()
    studio.archived()
    studio.service.clock.now += DAY
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_a_room_that_keeps_its_archives_for_ever_again_is_not_looked_through(
    studio: Studio,
) -> None:
    studio.keep_for(1)
    studio.keep_for(None)
    studio.service.table.expire()
    assert studio.service.table.schedules == {}


@pytest.mark.parametrize("status", ["available", "expired", "failed"])
def test_whatever_has_ended_is_deleted(studio: Studio, status: str) -> None:
    studio.keep_for(1)
    studio.archived(status=status)
    studio.service.clock.now += DAY
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_a_room_whose_archives_are_not_due_costs_one_look(studio: Studio) -> None:
    for number in range(12):
        studio.service.open(f"room-{number}", archive_retention_days=9)
    studio.service.delete_expired_archives()
    studio.service.clock.now += DAY
    studio.service.table.faults.calls.clear()
    studio.service.delete_expired_archives()
    assert studio.service.table.faults.calls == {"rooms_due": 1}


def test_an_archive_that_is_reported_of_as_begun_in_the_far_future_is_deleted_like_any(
    studio: Studio,
) -> None:
    studio.keep_for(2)
    report = studio.objects(MediaKind.ARCHIVE).read(
        {
            "id": "far",
            "sessionId": studio.service.room().session_id,
            "status": "failed",
            "createdAt": 253402300799000,
        }
    )
    studio.service.opentok.events.append(report)
    studio.service.deliver()
    studio.service.clock.now += 2 * DAY + timedelta(minutes=5)
    studio.service.delete_expired_archives()
    assert studio.archives() == []


@pytest.mark.parametrize("heard", [True, False], ids=["told", "not told"])
def test_a_file_that_was_uploaded_unheard_goes_too(stored: Studio, heard: bool) -> None:
    stored.keep_for(1)
    archive_id = stored.archived(status="stopped")
    stored.objects(MediaKind.ARCHIVE).move(archive_id, "uploaded")
    if heard:
        stored.service.deliver()
    stored.service.opentok.events.clear()
    stored.service.files.keys = {ArchiveFile("47000001", archive_id, zipped=False).key}
    stored.service.clock.now += DAY
    stored.service.delete_expired_archives()
    assert stored.service.files.keys == set()
    assert stored.archives() == []
