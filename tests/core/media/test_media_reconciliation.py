"""Reconciliation of archives, broadcasts and renders with OpenTok."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.errors import ProviderRefused, ProviderUnavailable
from tests.fakes.service import ALICE, BOB, Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON

LISTED = (MediaKind.ARCHIVE, MediaKind.BROADCAST)
"""The kinds that OpenTok lists by session."""


def reopen(service: Service) -> None:
    """Let the room close unheeded, and open it again with another session."""
    service.change({"closes_at": service.clock.now + timedelta(minutes=1)})
    service.clock.forward(minutes=2)
    service.change({"closes_at": None})


@pytest.mark.parametrize("kind", LISTED)
def test_what_began_and_ended_unheard_is_found(studio: Studio, kind: MediaKind) -> None:
    service = studio.service
    media_id = studio.objects(kind).begin(service.room().session_id)
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert studio.on_record(kind) == {media_id: "started"}
    studio.objects(kind).move(media_id, "stopped")
    service.opentok.events.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert studio.on_record(kind) == {media_id: "stopped"}


def test_what_changed_without_getting_further_is_found_too(studio: Studio) -> None:
    archive = studio.start(MediaKind.ARCHIVE)
    studio.service.clock.forward(minutes=1)
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "paused")
    studio.service.opentok.events.clear()
    studio.service.clock.forward(minutes=1)
    studio.service.reconcile()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive.id: "paused"}


def test_a_session_is_looked_at_until_its_archives_have_their_files(studio: Studio) -> None:
    service, archive = studio.service, studio.start(MediaKind.ARCHIVE)
    (bob,) = service.connected()
    service.leave(bob)
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "stopped")
    service.deliver()
    for _ in range(8):
        service.clock.forward(minutes=11)
        service.reconcile()
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "available")
    service.opentok.events.clear()
    service.clock.forward(minutes=11)
    service.reconcile()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive.id: "available"}


@pytest.mark.parametrize(
    ("kind", "afterwards"), [(MediaKind.ARCHIVE, None), (MediaKind.BROADCAST, "stopped")]
)
def test_one_that_opentok_no_longer_has_is_gone_once_it_is_a_minute_old(
    studio: Studio, kind: MediaKind, afterwards: str | None
) -> None:
    service = studio.service
    service.clock.forward(minutes=2)
    media = studio.start(kind)
    studio.objects(kind).unlisted.add(media.id)
    studio.objects(kind).denied.add(media.id)
    service.clock.forward(seconds=59)
    service.reconcile()
    assert studio.on_record(kind) == {media.id: "started"}
    service.clock.forward(seconds=91)
    service.reconcile()
    assert studio.on_record(kind).get(media.id) == afterwards


@pytest.mark.parametrize("kind", [*LISTED, MediaKind.RENDER])
def test_one_that_is_not_listed_is_asked_about_before_it_counts_as_gone(
    studio: Studio, kind: MediaKind
) -> None:
    media = studio.start(kind)
    studio.objects(kind).unlisted.add(media.id)
    studio.service.clock.forward(minutes=2)
    studio.service.reconcile()
    assert studio.on_record(kind) == {media.id: "started"}
    assert studio.service.opentok.faults.calls[f"{kind}.one"] == 1


@pytest.mark.parametrize("kind", [MediaKind.BROADCAST, MediaKind.RENDER])
def test_one_that_was_taken_for_ended_and_runs_is_on_record_as_running_again(
    studio: Studio, kind: MediaKind
) -> None:
    media = studio.start(kind)
    report = studio.objects(kind).report(media.id)
    assert report is not None
    ended = report.to_media(studio.service.room().room_id)
    studio.service.use_cases.media().media_tracker.mark_ended(ended, studio.service.deadline)
    assert studio.on_record(kind) == {media.id: "stopped"}
    studio.service.clock.forward(minutes=2)
    studio.service.reconcile()
    assert studio.on_record(kind) == {media.id: "started"}


@pytest.mark.parametrize("kind", LISTED)
@pytest.mark.parametrize(
    "failure", [ProviderUnavailable("Away."), ProviderRefused("No.")], ids=["away", "refused"]
)
def test_while_opentok_cannot_list_them_none_is_removed(
    studio: Studio, kind: MediaKind, failure: ProviderUnavailable | ProviderRefused
) -> None:
    media = studio.start(kind)
    studio.objects(kind).denied.add(media.id)
    for _ in range(3):
        studio.service.clock.forward(hours=2)
        studio.service.opentok.faults.fail_next(f"{kind}.of_session", failure)
        studio.service.reconcile()
        assert studio.on_record(kind) == {media.id: "started"}


@pytest.mark.parametrize("kind", LISTED)
@pytest.mark.parametrize(
    "close",
    [
        lambda service: service.stores.rooms.close(service.room(), NOON, service.deadline),
        lambda service: service.change({"closes_at": NOON}),
        lambda service: service.table.rooms.clear(),
        reopen,
    ],
    ids=["deleted", "hours over", "nothing left of it", "another session"],
)
def test_what_runs_in_a_room_that_is_closed_is_stopped(
    studio: Studio, kind: MediaKind, close: Callable[[Service], object]
) -> None:
    service = studio.service
    media_id = studio.objects(kind).begin(service.room().session_id)
    service.opentok.events.clear()
    close(service)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert not studio.objects(kind).is_running(media_id)


def test_what_an_earlier_session_runs_is_not_missed_in_the_next_one(studio: Studio) -> None:
    service, archive = studio.service, studio.start(MediaKind.ARCHIVE)
    reopen(service)
    service.enter(BOB)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive.id: "stopped"}
    assert service.opentok.faults.calls["archive.one"] == 0


def test_where_one_is_to_be_stopped_another_that_is_gone_is_found_to_be_so_too(
    studio: Studio,
) -> None:
    gone, runs = (studio.start(MediaKind.ARCHIVE, multiArchiveTag=tag).id for tag in "ab")
    studio.objects(MediaKind.ARCHIVE).move(gone, "deleted")
    studio.service.opentok.events.clear()
    reopen(studio.service)
    studio.service.clock.forward(minutes=2)
    studio.service.reconcile()
    assert studio.on_record(MediaKind.ARCHIVE) == {runs: "stopped"}


def test_a_stop_that_fails_keeps_no_other_from_being_tried(studio: Studio) -> None:
    for tag in "abc":
        studio.start(MediaKind.ARCHIVE, multiArchiveTag=tag)
    reopen(studio.service)
    studio.service.opentok.faults.fail_next("archive.stop", ProviderRefused("No."))
    studio.service.reconcile()
    statuses = sorted(studio.on_record(MediaKind.ARCHIVE).values())
    assert statuses == ["started", "stopped", "stopped"]


def test_one_connections_failure_keeps_no_archive_from_being_found(studio: Studio) -> None:
    service = studio.service
    archive_id = studio.objects(MediaKind.ARCHIVE).begin(service.room().session_id)
    service.opentok.events.clear()
    service.opentok.faults.fail_next("disconnect", times=2)
    with pytest.raises(ProviderUnavailable):
        service.ban("bob")
    service.clock.forward(minutes=2)
    service.reconcile()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive_id: "started"}


@pytest.mark.parametrize(
    ("status", "age", "comes_back"),
    [
        ("expired", timedelta(days=2), False),
        ("failed", timedelta(days=2), False),
        ("failed", timedelta(hours=47), True),
        ("available", timedelta(days=9), True),
        ("uploaded", timedelta(days=9), True),
    ],
)
def test_one_without_a_record_comes_on_record_unless_it_may_have_been_deleted_long_ago(
    studio: Studio, status: str, age: timedelta, comes_back: bool
) -> None:
    service = studio.service
    archive_id = studio.objects(MediaKind.ARCHIVE).begin(service.room().session_id)
    service.clock.now += age
    studio.objects(MediaKind.ARCHIVE).move(archive_id, status)
    service.opentok.events.clear()
    service.reconcile()
    expected = {archive_id: status} if comes_back else {}
    assert studio.on_record(MediaKind.ARCHIVE) == expected


def test_comparing_what_is_well_writes_nothing_about_media(studio: Studio) -> None:
    for kind in MediaKind:
        studio.start(kind)
    studio.service.clock.forward(minutes=2)
    studio.service.reconcile()
    before = dict(studio.service.table.media)
    studio.service.table.faults.calls.clear()
    studio.service.clock.forward(minutes=2)
    studio.service.reconcile()
    assert studio.service.table.faults.calls["save"] == 0
    assert studio.service.table.media == before


def test_renders_are_asked_for_only_where_there_is_sign_of_one(studio: Studio) -> None:
    service = studio.service

    def asked() -> int:
        service.opentok.faults.calls.clear()
        service.clock.forward(minutes=2)
        service.reconcile()
        return service.opentok.faults.calls["render.of_session"]

    assert asked() == 0
    render = studio.start(MediaKind.RENDER)
    assert (asked(), asked()) == (1, 1)
    service.use_cases.media().renders.stop(ALICE, "standup", render.id, service.deadline)
    service.deliver()
    assert asked() == 0
