"""Archives that cannot be deleted yet: nothing is lost, and it is done later."""

from datetime import timedelta

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.archives import ArchiveFile
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable
from tests.fakes.service import BOB
from tests.fakes.studio import Studio

DAY = timedelta(days=1)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("status", ["started", "paused", "stopped"])
def test_what_cannot_be_deleted_yet_is_tried_again_after_an_hour_and_keeps_nothing_else(
    studio: Studio, status: str
) -> None:
    studio.keep_for(1)
    stuck = studio.archived(status=status)
    studio.service.clock.forward(seconds=1)
    studio.start(MediaKind.ARCHIVE, multiArchiveTag="other")
    (other, _) = studio.archives()
    studio.objects(MediaKind.ARCHIVE).move(other, "available")
    studio.service.deliver()
    studio.service.clock.now += DAY
    studio.service.delete_expired_archives()
    assert studio.archives() == [stuck]
    studio.objects(MediaKind.ARCHIVE).move(stuck, "available")
    studio.service.clock.now += HOUR - timedelta(seconds=2)
    before = studio.deletions
    studio.service.delete_expired_archives()
    assert studio.deletions == before
    studio.service.clock.now += timedelta(seconds=2)
    studio.service.delete_expired_archives()
    assert studio.archives() == []


@pytest.mark.parametrize(
    "failure", [ProviderUnavailable("Away."), ProviderRefused("No.")], ids=["away", "refused"]
)
@pytest.mark.parametrize("lost", [False, True], ids=["not deleted", "answer lost"])
def test_what_fails_at_opentok_loses_nothing_and_is_done_later(
    studio: Studio, failure: ProviderUnavailable | ProviderRefused, lost: bool
) -> None:
    studio.keep_for(1)
    archive_id = studio.archived()
    studio.service.clock.now += DAY
    if lost:
        studio.service.opentok.faults.lose_answer("archive.delete")
    else:
        studio.service.opentok.faults.fail_next("archive.delete", failure)
    studio.service.use_cases.scheduled().delete_expired_archives.run(studio.service.deadline)
    studio.service.opentok.events.clear()
    assert studio.archives() == [archive_id]
    studio.service.clock.now += HOUR
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_a_deletion_of_which_only_the_record_was_missed_is_finished(studio: Studio) -> None:
    studio.keep_for(1)
    studio.archived()
    studio.service.clock.now += DAY
    studio.service.table.faults.fail_next("save")
    studio.service.use_cases.scheduled().delete_expired_archives.run(studio.service.deadline)
    studio.service.opentok.events.clear()
    assert len(studio.archives()) == 1
    studio.service.clock.now += HOUR
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_one_rooms_trouble_keeps_no_others_archives(studio: Studio) -> None:
    service = studio.service
    for room in ("first", "second"):
        service.open(room, archive_retention_days=1)
        service.enter(BOB, room)
    kept, _ = studio.archived("first"), studio.archived("second")
    service.clock.now += DAY
    service.opentok.faults.fail_next("archive.delete")
    studio.service.delete_expired_archives()
    assert studio.archives("first") == [kept]
    assert studio.archives("second") == []


def test_a_file_in_storage_that_is_not_reached_is_no_archive_deleted(studio: Studio) -> None:
    studio.keep_for(1)
    archive_id = studio.archived(status="uploaded")
    studio.service.clock.now += DAY
    studio.service.delete_expired_archives()
    assert studio.archives() == [archive_id]
    assert studio.deletions == 0


def test_a_file_that_went_unheard_to_storage_that_is_not_reached_keeps_its_archive_too(
    studio: Studio,
) -> None:
    studio.keep_for(1)
    archive_id = studio.archived(status="stopped")
    studio.objects(MediaKind.ARCHIVE).move(archive_id, "uploaded")
    studio.service.opentok.events.clear()
    studio.service.clock.now += DAY
    studio.service.delete_expired_archives()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive_id: "uploaded"}
    assert studio.deletions == 0


def test_an_uploaded_file_goes_before_its_record(stored: Studio) -> None:
    stored.keep_for(1)
    archive_id = stored.archived(status="uploaded")
    key = ArchiveFile("47000001", archive_id, zipped=False).key
    stored.service.files.keys = {key, "47000001/other/archive.mp4"}
    stored.service.clock.now += DAY
    stored.service.files.faults.fail_next("delete")
    stored.service.delete_expired_archives()
    assert stored.archives() == [archive_id]
    assert key in stored.service.files.keys
    stored.service.clock.now += HOUR
    stored.service.delete_expired_archives()
    assert stored.archives() == []
    assert stored.service.files.keys == {"47000001/other/archive.mp4"}


def test_a_retention_run_fails_while_the_store_is_away_and_the_next_run_deletes(
    studio: Studio,
) -> None:
    studio.keep_for(1)
    archive_id = studio.archived()
    studio.service.clock.now += DAY
    studio.service.table.faults.fail_next("schedule")
    with pytest.raises(StoreUnavailable):
        studio.service.delete_expired_archives()
    assert studio.archives() == [archive_id]
    studio.service.delete_expired_archives()
    assert studio.archives() == []


def test_archives_that_are_to_be_kept_for_ever_by_now_are_not_deleted_though_they_were_due(
    studio: Studio,
) -> None:
    studio.keep_for(1)
    archive_id = studio.archived()
    studio.service.clock.now += DAY
    studio.service.table.faults.before_next("schedule", lambda: studio.keep_for(None))
    studio.service.delete_expired_archives()
    assert studio.archives() == [archive_id]
    assert studio.deletions == 0
