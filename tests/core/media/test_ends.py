"""Ends of media: by a moderator, by the closing of the room, or by themselves."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.room_settings import ArchiveMode
from chalicelib.core.model.user import User
from chalicelib.errors import Immutable, ProviderRefused, ProviderUnavailable, RoomkeyError
from tests.fakes.service import ALICE, BOB, Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON

STOPPED_ONCE = {
    MediaKind.ARCHIVE: "archive_not_running",
    MediaKind.BROADCAST: "broadcast_not_running",
    MediaKind.CAPTIONS: "captions_not_running",
    MediaKind.RENDER: None,
}
"""The answer to a second stop."""
NOT_FOUND = {
    MediaKind.ARCHIVE: "archive_not_found",
    MediaKind.BROADCAST: "broadcast_not_found",
    MediaKind.CAPTIONS: "captions_not_found",
    MediaKind.RENDER: "render_not_found",
}
TOLD_BY_LISTS = (MediaKind.ARCHIVE, MediaKind.BROADCAST)


def stop(
    studio: Studio, kind: MediaKind, media_id: str, user: User = ALICE, room: str = "standup"
) -> str | None:
    """Have one stopped; the refusal, if it is refused."""
    media, deadline = studio.service.use_cases.media(), studio.service.deadline
    stops: dict[MediaKind, Callable[[], object]] = {
        MediaKind.ARCHIVE: lambda: media.record_archives.stop(user, room, media_id, deadline),
        MediaKind.BROADCAST: lambda: media.broadcasts.stop(user, room, media_id, deadline),
        MediaKind.CAPTIONS: lambda: media.captions.stop(user, room, media_id, deadline),
        MediaKind.RENDER: lambda: media.renders.stop(user, room, media_id, deadline),
    }
    try:
        stops[kind]()
    except RoomkeyError as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize("kind", MediaKind)
def test_it_is_stopped_by_moderators_in_its_own_room_and_once(
    studio: Studio, kind: MediaKind
) -> None:
    studio.service.open("other")
    media = studio.start(kind)
    assert stop(studio, kind, media.id, BOB) == "not_a_moderator"
    assert stop(studio, kind, media.id, room="other") == NOT_FOUND[kind]
    assert stop(studio, kind, "none") == stop(studio, kind, "../x") == NOT_FOUND[kind]
    assert studio.objects(kind).is_running(media.id)
    assert stop(studio, kind, media.id) is None
    assert not studio.objects(kind).is_running(media.id)
    assert studio.on_record(kind) == {media.id: "stopped"}
    assert stop(studio, kind, media.id) == STOPPED_ONCE[kind]


@pytest.mark.parametrize("kind", MediaKind)
def test_one_that_has_ended_unheard_is_on_record_as_ended_once_it_is_stopped(
    studio: Studio, kind: MediaKind
) -> None:
    media = studio.start(kind)
    studio.objects(kind).move(media.id, "failed")
    studio.service.opentok.events.clear()
    assert studio.on_record(kind)[media.id] in {"started", "starting"}
    stop(studio, kind, media.id)
    assert studio.on_record(kind)[media.id] in {"failed", "stopped"}


def test_a_stop_does_not_pretend_to_end_an_automatic_archive(studio: Studio) -> None:
    service = studio.service
    room = service.open("always", archive_mode=ArchiveMode.ALWAYS)
    service.enter(BOB, "always")
    archive_id = studio.objects(MediaKind.ARCHIVE).begin(room.session_id, automatic=True)
    service.deliver()
    with pytest.raises(Immutable):
        service.use_cases.media().record_archives.stop(
            ALICE, "always", archive_id, service.deadline
        )
    assert studio.on_record(MediaKind.ARCHIVE, "always") == {archive_id: "started"}


def delete_room(service: Service) -> None:
    service.close()


def end_hours(service: Service) -> None:
    service.change({"closes_at": NOON})
    service.close_what_is_due()


@pytest.mark.parametrize("close", [delete_room, end_hours])
def test_all_that_runs_in_a_room_ends_with_it(
    studio: Studio, close: Callable[[Service], None]
) -> None:
    started = {kind: studio.start(kind).id for kind in MediaKind}
    close(studio.service)
    studio.service.deliver()
    for kind, media_id in started.items():
        assert not studio.objects(kind).is_running(media_id)
        assert studio.on_record(kind) == {media_id: "stopped"}
    assert studio.service.connected() == set()


@pytest.mark.parametrize("failures", [1, 2, 3])
@pytest.mark.parametrize("kind", MediaKind)
def test_what_a_closing_could_not_stop_the_schedule_stops_however_often_it_fails(
    studio: Studio, kind: MediaKind, failures: int
) -> None:
    media = studio.start(kind)
    studio.service.opentok.faults.fail_next(f"{kind}.stop", times=failures)
    studio.service.close()
    for _ in range(failures):
        assert studio.objects(kind).is_running(media.id)
        studio.service.clock.forward(minutes=1)
        studio.service.close_what_is_due()
    assert not studio.objects(kind).is_running(media.id)


@pytest.mark.parametrize("method", ["running", "save"])
def test_what_a_closing_could_not_read_or_record_the_schedule_does(
    studio: Studio, method: str
) -> None:
    archive = studio.start(MediaKind.ARCHIVE)
    studio.service.table.faults.fail_next(method)
    studio.service.close()
    studio.service.opentok.events.clear()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive.id: "started"}
    studio.service.clock.forward(minutes=1)
    studio.service.close_what_is_due()
    assert studio.on_record(MediaKind.ARCHIVE) == {archive.id: "stopped"}
    assert not studio.objects(MediaKind.ARCHIVE).is_running(archive.id)


@pytest.mark.parametrize("kind", MediaKind)
def test_what_opentok_refuses_to_stop_does_not_have_the_room_emptied_for_ever(
    studio: Studio, kind: MediaKind
) -> None:
    studio.start(kind)
    studio.service.opentok.faults.fail_next(f"{kind}.stop", ProviderRefused("No."), times=2)
    studio.service.close()
    studio.service.close_what_is_due()
    assert studio.service.connected() == set()
    studio.service.opentok.faults.calls.clear()
    studio.service.clock.forward(minutes=5)
    studio.service.close_what_is_due()
    assert not studio.service.opentok.faults.calls


def test_one_that_cannot_be_stopped_keeps_no_other_from_being_stopped(studio: Studio) -> None:
    archives = [studio.start(MediaKind.ARCHIVE, multiArchiveTag=tag).id for tag in "abc"]
    studio.service.opentok.faults.fail_next("archive.stop")
    studio.service.close()
    running = [each for each in archives if studio.objects(MediaKind.ARCHIVE).is_running(each)]
    assert running == archives[:1]


@pytest.mark.parametrize("kind", TOLD_BY_LISTS)
def test_a_callback_alone_brings_one_on_record_and_a_late_one_does_not_revive_it(
    studio: Studio, kind: MediaKind
) -> None:
    media_id = studio.objects(kind).begin(studio.service.room().session_id)
    begun = studio.service.opentok.events[-1]
    studio.service.deliver()
    assert studio.on_record(kind) == {media_id: "started"}
    studio.service.clock.forward(seconds=1)
    studio.objects(kind).move(media_id, "stopped")
    studio.service.opentok.events.append(begun)
    studio.service.deliver()
    assert studio.on_record(kind) == {media_id: "stopped"}


def test_opentoks_own_report_of_an_end_replaces_the_assumed_one(studio: Studio) -> None:
    service, kind = studio.service, MediaKind.BROADCAST
    media = studio.start(kind)
    service.clock.forward(seconds=1)
    studio.objects(kind).move(media.id, "stopped", reason="four hours are over")
    late, service.opentok.events = service.opentok.events, []
    service.clock.forward(minutes=1)
    assert stop(studio, kind, media.id) is None
    service.opentok.events = late
    service.deliver()
    ended = service.stores.media.find(media.room_id, kind, media.id, service.deadline)
    assert ended is not None
    assert ended.content["reason"] == "four hours are over"


@pytest.mark.parametrize("kind", MediaKind)
def test_what_is_reported_of_a_session_that_is_none_of_ours_is_kept_nowhere(
    studio: Studio, kind: MediaKind
) -> None:
    studio.service.clock.forward(minutes=5)
    before = studio.service.table.snapshot()
    studio.objects(kind).begin("another-session")
    studio.service.deliver()
    assert studio.service.opentok.events == []
    assert studio.service.table.snapshot() == before


def test_what_is_reported_of_a_session_whose_room_is_being_made_is_sent_again(
    studio: Studio,
) -> None:
    service = studio.service
    room = service.open("new")
    lost = service.table.sessions.pop(room.session_id)
    archive_id = studio.objects(MediaKind.ARCHIVE).begin(room.session_id)
    service.deliver()
    assert len(service.opentok.events) == 1
    service.table.sessions[room.session_id] = lost
    service.deliver()
    assert studio.on_record(MediaKind.ARCHIVE, "new") == {archive_id: "started"}


@pytest.mark.parametrize("kind", [MediaKind.BROADCAST, MediaKind.RENDER])
def test_one_that_has_ended_unheard_is_found_to_have_when_it_is_read(
    studio: Studio, kind: MediaKind
) -> None:
    service, media = studio.service, studio.start(kind)
    studio.objects(kind).move(media.id, "stopped")
    service.opentok.events.clear()
    cases = service.use_cases.media()
    read = cases.broadcasts.one if kind is MediaKind.BROADCAST else cases.renders.one
    _, shown = read(ALICE, "standup", media.id, service.deadline)
    assert shown.status == "stopped"
    assert studio.on_record(kind) == {media.id: "stopped"}


@pytest.mark.parametrize("kind", [MediaKind.BROADCAST, MediaKind.RENDER])
def test_while_opentok_is_away_one_that_runs_cannot_be_read_and_stays_as_it_is(
    studio: Studio, kind: MediaKind
) -> None:
    service, media = studio.service, studio.start(kind)
    service.clock.now += timedelta(hours=1)
    service.opentok.faults.fail_next(f"{kind}.one")
    cases = service.use_cases.media()
    read = cases.broadcasts.one if kind is MediaKind.BROADCAST else cases.renders.one
    with pytest.raises(ProviderUnavailable):
        read(ALICE, "standup", media.id, service.deadline)
    assert studio.on_record(kind) == {media.id: "started"}
