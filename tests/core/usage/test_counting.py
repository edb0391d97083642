"""The times at which a session is counted, and counts that fail."""

from datetime import timedelta

import pytest

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.usage import SessionDay, Usage, day_of
from chalicelib.core.ports.usage_store import DayUsage
from tests.fakes.service import ALICE, BOB, Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON
from tests.support.usage import settle, used

MINUTE = 60_000


def every_day(service: Service) -> list[DayUsage]:
    last = TODAY + timedelta(days=9)
    return [*service.stores.usage.iter_days(TODAY, last, service.deadline)]


TODAY = day_of(NOON)


def test_a_meeting_of_two_is_counted_soon_after_it_ends(service: Service) -> None:
    service.open()
    alice = service.enter(ALICE)
    service.clock.forward(minutes=5)
    bob = service.enter(BOB)
    service.clock.forward(minutes=10)
    service.leave(bob)
    service.leave(alice)
    settle(service)
    assert used(service) == Usage(
        participant=25 * MINUTE, subscribed=20 * MINUTE, connections=2, peak=2
    )
    creators, _ = service.stores.usage.creators(TODAY, TODAY, None, 9, service.deadline)
    assert service.table.sessions[service.room().session_id].quiet_since is not None
    assert [(each.creator, each.usage) for each in creators] == [("alice", used(service))]


def test_a_meeting_that_goes_on_is_counted_every_five_minutes(service: Service) -> None:
    service.open()
    service.enter(ALICE)
    for _ in range(60):
        service.clock.forward(seconds=30)
        service.reconcile()
    assert 24 * MINUTE <= used(service).participant <= 30 * MINUTE
    assert service.table.faults.calls["counted_days"] <= 8


@pytest.mark.parametrize("days", [0, 1, 2])
def test_sums_do_not_go_down_where_lines_are_kept_for_a_short_time(days: int) -> None:
    service = Service(attendance=timedelta(days=days))
    service.open()
    service.clock.forward(hours=12)  # until midnight
    bob = service.enter(BOB)
    service.clock.forward(minutes=9)
    service.leave(bob)
    settle(service)
    for _ in range(2):
        service.clock.forward(days=1)
        service.enter(ALICE)
        service.table.expire()
        settle(service)
    day = TODAY + timedelta(days=1)
    (first,) = (each.usage for each in every_day(service) if each.day == day)
    assert first == Usage(participant=9 * MINUTE, connections=1, peak=1)


def test_a_count_that_fails_is_made_up_for_by_the_next_one(service: Service) -> None:
    service.open()
    bob = service.enter(BOB)
    service.clock.forward(minutes=5)
    service.leave(bob)
    service.table.faults.lose_answer("count")
    service.table.faults.fail_next("counted_days")
    settle(service)
    assert used(service) == Usage(participant=5 * MINUTE, connections=1, peak=1)


def test_of_two_counts_at_once_one_is_dropped(service: Service) -> None:
    service.open()
    service.leave(service.enter(BOB))

    def another_counts() -> None:
        session = service.stores.sessions.session(service.room().session_id, service.deadline)
        assert session is not None
        other = SessionDay(Usage(connections=1))
        service.stores.usage.count(session, TODAY, SessionDay(), other, service.deadline)

    service.table.faults.before_next("count", another_counts)
    settle(service)
    assert used(service).connections == 1


def test_captions_that_end_by_themselves_unreported_count_until_a_minute_after_everybody_left(
    service: Service,
) -> None:
    studio = Studio(service)
    service.clock.forward(minutes=1)
    studio.start_unreported(MediaKind.CAPTIONS)
    service.clock.forward(minutes=7)
    settle(service)
    assert used(service).captions == 0
    for each in service.connected():
        service.leave(each)
    settle(service)
    assert used(service).captions == (7 + 20 + 1) * MINUTE


@pytest.mark.parametrize("kind", [MediaKind.BROADCAST, MediaKind.RENDER])
def test_media_that_opentok_no_longer_knows_count_until_that_is_found(
    service: Service, kind: MediaKind
) -> None:
    studio = Studio(service)
    media = studio.start(kind)
    service.clock.forward(minutes=7)
    studio.objects(kind).denied.add(media.id)
    studio.objects(kind).unlisted.add(media.id)
    settle(service)
    minutes = (used(service).broadcast + used(service).render) / MINUTE
    assert 7 <= minutes <= 10


def test_an_encrypted_recording_counts_to_its_stop_though_opentok_reports_no_length(
    service: Service,
) -> None:
    studio = Studio(service)
    archive = studio.start(MediaKind.ARCHIVE)
    service.clock.forward(minutes=4)
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "stopped", duration=0)
    service.clock.forward(minutes=3)
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "available", duration=0)
    service.deliver()
    settle(service)
    assert used(service).composed == 4 * MINUTE
