"""Closing times: everybody is warned, and everybody is out, whatever fails at first."""

import json
from datetime import timedelta

import pytest

from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable
from tests.fakes.opentok.clients import Signal
from tests.fakes.service import BOB, Service
from tests.support.noon import NOON

CLOSES_AT = NOON + timedelta(hours=1)


def signals(service: Service) -> list[Signal]:
    return service.opentok.sessions[service.room().session_id].signals


def at(service: Service, **later: float) -> None:
    """Run the scheduled function so much after noon."""
    service.clock.now = NOON + timedelta(**later)
    service.close_what_is_due()


def test_all_are_warned_once_a_minute_or_two_before_and_out_after(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    bob = service.enter(BOB)
    warned_at = []
    for minute in range(56, 61):
        before = len(signals(service))
        at(service, minutes=minute, seconds=-7)
        warned_at += [minute] * (len(signals(service)) - before)
    assert warned_at == [59]  # 67 seconds before
    (warning,) = signals(service)
    assert (warning.kind, warning.connection_id) == ("roomkey-closing", None)
    assert json.loads(warning.data) == {"closesAt": "2026-03-01T13:00:00Z"}
    assert service.connected() == {bob}
    at(service, minutes=60)
    assert service.connected() == set() == set(service.recorded())
    assert service.refusal(BOB) == "room_closed"


def test_hours_put_off_in_time_close_nothing(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    bob = service.enter(BOB)
    at(service, minutes=58.5)
    service.change({"closes_at": CLOSES_AT + timedelta(hours=1)})
    at(service, minutes=61)
    assert service.connected() == {bob}
    at(service, minutes=118.5)
    assert len(signals(service)) == 2
    at(service, minutes=121)
    assert service.connected() == set()


def test_a_room_reopened_is_warned_and_emptied_again(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    at(service, minutes=61)
    service.change({"closes_at": CLOSES_AT + timedelta(hours=1)})
    service.enter(BOB)
    at(service, minutes=118.5)
    assert len(signals(service)) == 1
    at(service, minutes=121)
    assert service.connected() == set()


def test_an_emptied_room_is_due_no_more(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    at(service, minutes=61)
    service.table.faults.calls.clear()
    at(service, minutes=62)
    assert service.table.faults.calls == {"due_rooms": 1}


@pytest.mark.parametrize("method", ["connections", "disconnect"])
def test_an_emptying_that_fails_is_done_by_the_next_run(service: Service, method: str) -> None:
    service.open(closes_at=CLOSES_AT)
    bob = service.enter(BOB)
    service.opentok.faults.fail_next(method, ProviderUnavailable("Away."))
    at(service, minutes=61)
    assert service.connected() == {bob}
    at(service, minutes=62)
    assert service.connected() == set()


def test_one_rooms_trouble_keeps_no_other_from_being_emptied(service: Service) -> None:
    for name in ("first", "second"):
        service.open(name, closes_at=CLOSES_AT)
        service.enter(BOB, name)
    service.opentok.faults.fail_next("connections", ProviderRefused("No."))
    at(service, minutes=61)
    assert sorted(len(service.connected(name)) for name in ("first", "second")) == [0, 1]


def test_a_deleted_room_is_emptied_by_the_schedule_where_opentok_was_away(
    service: Service,
) -> None:
    service.open()
    bob = service.enter(BOB)
    service.opentok.faults.fail_next("connections")
    service.close()
    assert service.connected() == {bob}
    at(service, minutes=1)
    assert service.connected() == set()


def test_a_room_that_is_opened_anew_while_it_is_emptied_keeps_its_new_session(
    service: Service,
) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    service.clock.now = CLOSES_AT

    def reopens() -> None:
        service.change({"closes_at": None})

    service.table.faults.before_next("retire", reopens)
    service.close_what_is_due()
    assert service.refusal(BOB) is None
    session = service.stores.sessions.session(service.room().session_id, service.deadline)
    assert session is not None
    assert session.retired_until is None


def test_a_run_without_time_starts_no_room_and_leaves_it_to_the_next_run(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    bob = service.enter(BOB)
    service.clock.now = CLOSES_AT
    moments = [0.0]
    deadline = Deadline(30, lambda: moments[-1])
    service.table.faults.before_next("due_rooms", lambda: moments.append(28.5))
    with recording() as counts:
        service.use_cases.scheduled().enforce_closing_times.run(deadline)
    assert counts == [Metric("RoomsLeftForNextRun", 1, timed=False)]
    assert service.connected() == {bob}
    service.close_what_is_due()
    assert service.connected() == set()


def test_a_run_fails_while_the_store_is_away_and_the_next_run_does_its_work(
    service: Service,
) -> None:
    service.open(closes_at=CLOSES_AT)
    bob = service.enter(BOB)
    service.table.faults.fail_next("find")
    with pytest.raises(StoreUnavailable):
        at(service, minutes=61)
    assert service.connected() == {bob}
    at(service, minutes=62)
    assert service.connected() == set()


def test_a_due_room_whose_record_has_gone_is_passed_over(service: Service) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    service.table.faults.before_next("find", service.table.rooms.clear)
    service.opentok.faults.calls.clear()
    at(service, minutes=61)
    assert service.opentok.faults.calls == {}


def test_a_room_whose_hours_are_lifted_while_it_is_due_is_neither_warned_nor_emptied(
    service: Service,
) -> None:
    service.open(closes_at=CLOSES_AT)
    bob = service.enter(BOB)
    service.table.faults.before_next("find", lambda: service.change({"closes_at": None}))
    at(service, minutes=59)
    assert signals(service) == []
    assert service.connected() == {bob}


def test_a_warning_that_opentok_could_not_deliver_is_given_by_the_next_run(
    service: Service,
) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    service.opentok.faults.fail_next("signal", ProviderUnavailable("Away."))
    at(service, minutes=58, seconds=5)
    assert signals(service) == []
    at(service, minutes=59, seconds=5)
    assert len(signals(service)) == 1


def test_a_warning_that_opentok_refuses_is_not_tried_again_and_the_room_still_closes(
    service: Service,
) -> None:
    service.open(closes_at=CLOSES_AT)
    service.enter(BOB)
    service.opentok.faults.fail_next("signal", ProviderRefused("No."))
    at(service, minutes=58, seconds=5)
    at(service, minutes=59, seconds=5)
    assert signals(service) == []
    assert service.opentok.faults.calls["signal"] == 1
    at(service, minutes=60)
    assert service.connected() == set()
