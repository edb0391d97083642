"""Which sessions the scheduled comparison looks at, and when it looks again."""

from datetime import timedelta

import pytest

from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import NotConfigured, ProviderRefused
from tests.fakes.service import BOB, CAROL, Service

REFUSED = ProviderRefused("OpenTok refuses.")


def test_a_retired_session_is_looked_after_until_its_last_token_has_ended(
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
    service.clock.forward(days=30)
    service.table.expire()
    service.opentok.faults.calls.clear()
    service.reconcile()
    assert service.opentok.faults.calls["connections"] == 0


def test_an_empty_session_is_not_asked_about_for_ever_and_again_once_it_is_used(
    service: Service,
) -> None:
    service.open()
    service.leave(service.enter(BOB))
    asked = []
    for _ in range(4):
        service.clock.forward(minutes=11)
        service.opentok.faults.calls.clear()
        service.reconcile()
        asked.append(service.opentok.faults.calls["connections"])
    assert asked == [1, 1, 0, 0]
    assert service.room().monitoring_stopped

    bob = service.enter(BOB)
    assert not service.room().monitoring_stopped
    service.clock.forward(minutes=2)
    service.leave_unreported(bob)
    service.reconcile()
    assert service.recorded() == {}


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
    assert counts == [Metric("SessionsLeftForNextRun", 1, timed=False)]
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
