"""When a session is counted, and what becomes of a count that fails."""

from chalicelib.core.model.usage import SessionDay, Usage, day_of
from tests.fakes.service import ALICE, BOB, Service
from tests.support.noon import NOON
from tests.support.usage import settle, used

MINUTE = 60_000
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
    days = [*service.stores.usage.iter_creator_days(TODAY, TODAY, service.deadline)]
    assert service.table.sessions[service.room().session_id].quiet_since is not None
    assert [(each.creator, each.usage) for each in days] == [("alice", used(service))]


def test_a_meeting_that_goes_on_is_counted_every_five_minutes(service: Service) -> None:
    service.open()
    service.enter(ALICE)
    for _ in range(60):
        service.clock.forward(seconds=30)
        service.reconcile()
    assert 24 * MINUTE <= used(service).participant <= 30 * MINUTE
    assert service.table.faults.calls["counted_days"] <= 8


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
