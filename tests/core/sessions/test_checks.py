"""The choice of sessions to check, and the time of the next check."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from chalicelib.core.ports.session_store import DueSession
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import NotConfigured, ProviderRefused
from tests.fakes.service import BOB, CAROL, LONGEST_TOKEN, Service

REFUSED = ProviderRefused("OpenTok refuses.")


def checks_until(service: Service, end: datetime) -> list[timedelta]:
    """Run the scheduled function every 20 s. Return when it asked OpenTok who is connected."""
    started, asked = service.clock(), []
    while service.clock() < end:
        service.clock.forward(seconds=20)
        service.opentok.faults.calls.clear()
        service.reconcile()
        if service.opentok.faults.calls["connections"]:
            asked.append(service.clock() - started)
    return asked


def test_a_retired_session_is_checked_less_and_less_often_and_not_after_its_last_token(
    service: Service,
) -> None:
    service.open()
    service.join(BOB)
    service.close()
    service.close_what_is_due()
    asked = checks_until(service, service.clock() + LONGEST_TOKEN + timedelta(hours=1))
    waits = [after - before for before, after in pairwise(asked)]
    assert asked[0] <= timedelta(seconds=20)
    assert waits[0] <= timedelta(minutes=2)
    # The last check is a minute before the end, whenever the one before was.
    assert waits[:-1] == sorted(waits[:-1])
    assert LONGEST_TOKEN - timedelta(seconds=60) <= asked[-1] < LONGEST_TOKEN
    assert len(asked) < 35


def test_who_enters_a_retired_session_unheard_is_found_before_the_token_ends(
    service: Service,
) -> None:
    room = service.open()
    old = service.join(BOB).token.text
    service.close()
    service.close_what_is_due()
    for _ in range(3):
        service.clock.forward(minutes=11)
        service.reconcile()
    service.connect_unreported(old)
    service.clock.forward(minutes=11)
    service.reconcile()
    assert service.opentok.connected(room.session_id) == set()


def test_a_retired_session_is_not_asked_about_although_its_expired_record_is_still_there(
    service: Service,
) -> None:
    service.open()
    service.close()
    service.clock.now += LONGEST_TOKEN
    service.opentok.faults.calls.clear()
    service.reconcile()
    # It is counted a last time.
    service.clock.forward(hours=1)
    service.reconcile()
    assert service.opentok.faults.calls["connections"] == 0
    assert due_at_last(service) == []


def test_an_empty_session_is_checked_at_least_every_ten_minutes_until_its_last_token_has_ended(
    service: Service,
) -> None:
    service.open()
    service.leave(service.enter(BOB))
    asked = checks_until(service, service.clock() + LONGEST_TOKEN + timedelta(hours=2))
    *until_then, last = asked
    waits = [after - before for before, after in pairwise(until_then)]
    assert asked[0] <= timedelta(seconds=80)
    assert waits[0] <= timedelta(minutes=2)
    assert waits[-2] <= timedelta(minutes=11)
    # After 25 hours without anybody it is counted a last time.
    assert timedelta(hours=25) <= last <= timedelta(hours=25, minutes=3)
    assert len(asked) < 160
    assert service.room().session_idle
    assert due_at_last(service) == []


def test_a_check_of_an_idle_session_is_one_call_while_nobody_is_there(service: Service) -> None:
    service.open()
    service.clock.forward(minutes=2)
    service.reconcile()
    service.opentok.faults.calls.clear()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.opentok.faults.calls == {"connections": 1}


@pytest.mark.parametrize("arrives", ["by a token", "by a callback"])
@pytest.mark.parametrize("idle", [timedelta(minutes=2), timedelta(hours=3), 2 * LONGEST_TOKEN])
def test_an_idle_session_is_checked_within_two_minutes_after_anybody_is_given_a_token_or_arrives(
    service: Service, arrives: str, idle: timedelta
) -> None:
    service.open(max_participants=1)
    early = service.join(BOB).token.text
    checks_until(service, service.clock() + idle)
    if arrives == "by a token" or idle > LONGEST_TOKEN:
        bob = service.connect_unreported(service.join(BOB).token.text)
    else:
        bob = service.connect(early)
    service.leave_unreported(bob)
    (first, *_) = checks_until(service, service.clock() + timedelta(minutes=2))
    assert first <= timedelta(minutes=2)
    assert service.recorded() == {}


def test_who_enters_an_idle_session_by_an_old_token_unheard_is_found_by_a_later_check(
    service: Service,
) -> None:
    service.open(max_participants=1)
    old = service.join(BOB).token.text
    checks_until(service, service.clock() + timedelta(hours=2))
    service.connect_unreported(old)
    checks_until(service, service.clock() + timedelta(minutes=12))
    assert service.connected() == set()


def test_a_token_during_the_check_that_finds_nobody_brings_the_next_check_forward(
    service: Service,
) -> None:
    service.open()
    service.clock.forward(minutes=2)
    service.table.faults.before_next("schedule_check", lambda: service.join(BOB))
    service.reconcile()
    (first, *_) = checks_until(service, service.clock() + timedelta(minutes=2))
    assert first <= timedelta(seconds=80)


def test_a_busy_session_is_seen_within_two_minutes_and_one_with_a_limit_within_one(
    service: Service,
) -> None:
    service.open("plain")
    service.enter(BOB, "plain")
    waits = checks_until(service, service.clock() + timedelta(minutes=20))
    assert max(after - before for before, after in pairwise(waits)) <= timedelta(minutes=2)
    service.change({"max_participants": 3}, name="plain")
    waits = checks_until(service, service.clock() + timedelta(minutes=20))
    assert max(after - before for before, after in pairwise(waits[2:])) <= timedelta(minutes=1)


def due_at_last(service: Service) -> list[DueSession]:
    later = service.clock() + timedelta(days=99)
    return [*service.stores.due_work.due_sessions(later, 99, service.deadline)]


def test_a_limit_holds_in_a_room_long_idle_though_every_callback_is_lost(
    service: Service,
) -> None:
    service.open(max_participants=1)
    for _ in range(3):
        service.clock.forward(minutes=11)
        service.reconcile()
    service.connect_unreported(service.join(BOB).token.text)
    service.clock.forward(seconds=130)
    service.connect_unreported(service.join(CAROL).token.text)
    for _ in range(3):
        service.reconcile()
        service.clock.forward(seconds=61)
    assert service.connected() == set()


def test_each_session_that_is_due_is_checked_once_in_a_run(service: Service) -> None:
    for number in range(30):
        service.open(f"room-{number}")
        service.enter(BOB, f"room-{number}")
    service.clock.forward(minutes=2)
    service.opentok.faults.calls.clear()
    service.reconcile()
    # Of archives and broadcasts, too, one each; of renders there is no sign.
    assert service.opentok.faults.calls == {
        "connections": 30,
        "streams": 30,
        "archive.of_session": 30,
        "broadcast.of_session": 30,
    }


@pytest.mark.parametrize(
    ("refused", "asked_after"),
    [("connections", timedelta(minutes=5)), ("archive.of_session", timedelta(minutes=1))],
)
def test_what_opentok_refuses_keeps_no_other_waiting_and_is_asked_again(
    service: Service, refused: str, asked_after: timedelta
) -> None:
    for name in ("odd", "standup"):
        service.open(name)
        service.enter(BOB, name)
        service.clock.forward(seconds=1)
    service.clock.forward(minutes=2)
    (gone,) = service.connected()
    service.leave_unreported(gone)
    service.opentok.faults.fail_next(refused, REFUSED)
    service.reconcile()
    assert service.recorded() == {}
    asked = []
    for passed in (asked_after - timedelta(seconds=1), timedelta(seconds=1)):
        service.clock.now += passed
        before = service.table.sessions[service.room("odd").session_id].due
        service.reconcile()
        asked.append(service.table.sessions[service.room("odd").session_id].due != before)
    assert asked == [False, True]


def test_a_run_without_time_checks_no_session_and_leaves_them_to_the_next_run(
    service: Service,
) -> None:
    service.open()
    gone = service.enter(BOB)
    service.leave_unreported(gone)
    service.clock.forward(minutes=2)
    moments = [0.0]
    deadline = Deadline(30, lambda: moments[-1])
    service.table.faults.before_next("due_sessions", lambda: moments.append(27.5))
    with recording() as counts:
        service.use_cases.scheduled().reconcile_sessions.run(deadline)
    assert Metric("SessionsLeftForNextRun", 1, timed=False) in counts
    assert set(service.recorded()) == {gone}
    service.reconcile()
    assert service.recorded() == {}


def test_a_session_whose_record_has_gone_is_not_asked_about_and_keeps_no_other_waiting(
    service: Service,
) -> None:
    service.open()
    service.open("gone")
    for name in ("gone", "standup"):
        service.enter(BOB, name)
    service.clock.forward(minutes=2)
    service.leave_unreported(*service.connected())
    lost = service.room("gone").session_id

    service.table.faults.before_next("session", lambda: service.table.sessions.pop(lost))
    service.opentok.faults.calls.clear()
    service.reconcile()
    assert service.opentok.faults.calls["connections"] == 1
    assert service.recorded() == {}
    assert lost not in service.table.sessions


def test_a_service_that_is_not_configured_fails_as_a_whole_and_removes_no_record(
    service: Service,
) -> None:
    service.open()
    gone = service.enter(BOB)
    service.leave_unreported(gone)
    service.clock.forward(minutes=2)
    service.opentok.faults.fail_next("connections", NotConfigured("no project"))
    with pytest.raises(NotConfigured):
        service.reconcile()
    assert set(service.recorded()) == {gone}
    service.reconcile()
    assert service.recorded() == {}
