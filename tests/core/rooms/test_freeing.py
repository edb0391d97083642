"""The repair of a stuck room by an operator."""

from datetime import timedelta

import pytest

from chalicelib.core.model.seats import GRACE, HOLD, MAX_EVICTED_AT_ONCE
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import MAX_ATTEMPTS
from chalicelib.core.rooms.operation.free_seats import FreeSeats
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.metrics import recording
from chalicelib.errors import ProviderUnavailable, RoomNotFound, StoreUnavailable
from tests.fakes.service import ALICE, BOB, CAROL, Service


def repair_of(service: Service) -> FreeSeats:
    return FreeSeats(
        rooms=service.stores.rooms,
        seats=service.stores.seats,
        sessions=service.stores.sessions,
        tracker=service.use_cases.session_tracker,
        connections=service.platforms.connections,
        platform=service.opentok,
        clock=service.clock,
    )


def freed(service: Service) -> int:
    repair = repair_of(service)
    return repair.free(repair.compare("standup", service.deadline), service.deadline)


def test_a_seat_whose_user_left_unheard_is_found_and_freed(service: Service) -> None:
    service.open(max_participants=2)
    gone = service.enter(BOB)
    service.enter(CAROL)
    service.leave_unreported(gone)
    service.clock.forward(seconds=11)
    assert service.refusal(ALICE) == "room_full"
    found = repair_of(service).compare("standup", service.deadline)
    assert [(each.id, each.user_id) for each in found.gone] == [(gone, "bob")]
    assert (dict(found.unused), found.connected, found.unknown) == ({"bob": None}, 1, 0)
    assert service.refusal(ALICE) == "room_full"
    assert freed(service) == 1
    assert service.refusal(ALICE) is None
    assert set(service.recorded().values()) == {"carol"}


def test_a_seat_that_is_held_for_a_token_is_freed_and_the_token_works_while_there_are_seats(
    service: Service,
) -> None:
    service.open(max_participants=2)
    token = service.join(BOB).token.text
    found = repair_of(service).compare("standup", service.deadline)
    assert dict(found.unused) == {"bob": service.clock() + HOLD}
    assert freed(service) == 1
    assert dict(service.room().seats.connections) == {}
    connection = service.connect(token)
    assert service.connected() == {connection}
    assert set(service.room().seats.connections) == {"bob"}


def test_whoever_is_connected_keeps_the_seat_and_a_second_run_finds_nothing(
    service: Service,
) -> None:
    service.open(max_participants=3)
    for user in (ALICE, BOB):
        service.enter(user)
    service.join(CAROL)
    before = repair_of(service).compare("standup", service.deadline)
    assert freed(service) == 1
    after = repair_of(service).compare("standup", service.deadline)
    assert (before.has_findings, after.has_findings) == (True, False)
    assert freed(service) == 0
    assert set(service.room().seats.connections) == {"alice", "bob"}


def test_a_user_who_connects_after_the_comparison_keeps_the_seat(service: Service) -> None:
    service.open(max_participants=1)
    token = service.join(BOB).token.text
    repair = repair_of(service)
    found = repair.compare("standup", service.deadline)
    service.connect(token)
    assert repair.free(found, service.deadline) == 0
    assert set(service.room().seats.connections) == {"bob"}


def test_a_connection_of_a_moment_ago_is_left_alone(service: Service) -> None:
    service.open(max_participants=1)
    service.leave_unreported(service.enter(BOB))
    service.clock.forward(seconds=9)
    assert not repair_of(service).compare("standup", service.deadline).has_findings


def test_a_second_device_keeps_the_seat_of_a_user_whose_first_is_gone(service: Service) -> None:
    service.open(max_participants=1)
    first = service.enter(BOB)
    service.enter(BOB)
    service.leave_unreported(first)
    service.clock.forward(seconds=11)
    found = repair_of(service).compare("standup", service.deadline)
    assert ([each.id for each in found.gone], dict(found.unused)) == ([first], {})
    assert freed(service) == 0
    assert len(service.room().seats.connections["bob"]) == 1


def test_more_seats_than_one_write_takes_are_all_freed(service: Service) -> None:
    many = 2 * MAX_EVICTED_AT_ONCE + 3
    service.open(max_participants=many)
    for number in range(many):
        service.join(User(f"user-{number}"))
    assert freed(service) == many
    assert dict(service.room().seats.connections) == {}


def test_a_lapsed_seat_is_freed_too(service: Service) -> None:
    service.open(max_participants=2)
    service.leave(service.enter(BOB))
    service.clock.now += GRACE + timedelta(seconds=1)
    assert freed(service) == 1
    assert dict(service.room().seats.connections) == {}


def test_a_connection_that_no_callback_reported_is_counted(service: Service) -> None:
    service.open(max_participants=2)
    service.connect_unreported(service.join(BOB).token.text)
    found = repair_of(service).compare("standup", service.deadline)
    assert (found.connected, found.unknown) == (1, 1)


def test_a_seat_is_freed_though_the_record_of_the_session_is_lost(service: Service) -> None:
    service.open(max_participants=1)
    service.leave_unreported(service.enter(BOB))
    service.clock.forward(seconds=11)
    del service.table.sessions[service.room().session_id]
    assert freed(service) == 1
    assert dict(service.room().seats.connections) == {}


def test_a_room_without_a_limit_loses_the_connections_that_are_gone(service: Service) -> None:
    service.open()
    service.leave_unreported(service.enter(BOB))
    service.clock.forward(seconds=11)
    assert freed(service) == 0
    assert service.recorded() == {}


def test_nothing_is_freed_while_opentok_does_not_answer(service: Service) -> None:
    service.open(max_participants=1)
    service.leave_unreported(service.enter(BOB))
    service.clock.forward(seconds=11)
    service.opentok.faults.fail_next("connections")
    with pytest.raises(ProviderUnavailable):
        freed(service)
    assert set(service.room().seats.connections) == {"bob"}


def test_a_room_that_does_not_exist_is_said_so(service: Service) -> None:
    with pytest.raises(RoomNotFound):
        repair_of(service).compare("standup", service.deadline)


def test_an_ended_call_disconnects_everybody_who_may_then_join_a_new_session(
    service: Service,
) -> None:
    before = service.open(max_participants=2)
    old_token = service.join(BOB).token.text
    service.connect(old_token)
    assert repair_of(service).end(service.room(), service.deadline)
    service.deliver()
    after = service.room()
    assert after.session_id != before.session_id
    assert (after.room_id, after.settings) == (before.room_id, before.settings)
    assert not service.opentok.sessions[before.session_id].connections
    # The old token opens the old session alone, from which its user is sent away again.
    assert service.opentok.connect(old_token) is not None
    service.deliver()
    assert not service.opentok.sessions[before.session_id].connections
    again = service.enter(BOB)
    assert service.connected() == {again}


def test_a_call_is_not_ended_while_opentok_makes_no_session(service: Service) -> None:
    before = service.open()
    service.enter(BOB)
    service.opentok.faults.fail_next("create_session")
    with pytest.raises(ProviderUnavailable):
        repair_of(service).end(service.room(), service.deadline)
    assert service.room() == before
    assert len(service.connected()) == 1


def test_a_deleted_room_is_emptied_and_gets_no_session(service: Service) -> None:
    service.open()
    service.enter(BOB)
    service.opentok.faults.fail_next("disconnect")
    service.close()
    assert len(service.connected()) == 1
    closed = service.room()
    assert repair_of(service).end(closed, service.deadline)
    assert service.connected() == set()
    assert service.room().session_id == closed.session_id


def test_what_an_operator_frees_is_in_the_audit_log_with_who_is_gone(service: Service) -> None:
    service.open(max_participants=3)
    gone = service.enter(BOB)
    service.enter(CAROL)
    service.leave_unreported(gone)
    service.clock.forward(seconds=60)
    with recording() as entries:
        assert freed(service) == 1
    departure, act = (each for each in entries if isinstance(each, AuditEntry))
    assert (departure.action, departure.subject) == (AuditAction.DEPARTURE, "bob")
    assert departure.connection_id == gone
    assert departure.details == {"seconds": 60, "ending": "lost", "reconciled": True}
    assert (act.action, act.room) == (AuditAction.SEATS_FREED, "standup")
    assert act.details == {"connections": 1, "seats": 1}


def test_the_end_of_a_call_by_an_operator_is_in_the_audit_log(service: Service) -> None:
    service.open()
    service.enter(BOB)
    before = service.room()
    with recording() as entries:
        assert repair_of(service).end(before, service.deadline)
    (act,) = (each for each in entries if isinstance(each, AuditEntry))
    assert (act.action, act.session_id) == (AuditAction.CALL_ENDED, before.session_id)
    assert act.details == {"new_session_id": service.room().session_id}


def test_a_seat_that_somebody_takes_meanwhile_is_theirs(service: Service) -> None:
    service.open(max_participants=3)
    service.join(BOB)
    service.table.faults.before_next("write_claim", lambda: service.enter(CAROL))
    assert freed(service) == 1
    assert set(service.room().seats.connections) == {"carol"}


def test_nothing_is_freed_of_a_call_that_ended_meanwhile(service: Service) -> None:
    service.open(max_participants=2)
    service.join(BOB)
    repair = repair_of(service)
    found = repair.compare("standup", service.deadline)
    repair.end(service.room(), service.deadline)
    service.join(BOB)
    assert repair.free(found, service.deadline) == 0
    assert set(service.room().seats.connections) == {"bob"}


def test_a_room_that_changes_all_the_time_is_not_repaired(service: Service) -> None:
    service.open(max_participants=2)
    service.join(BOB)
    repair = repair_of(service)
    found = repair.compare("standup", service.deadline)
    sizes = iter(range(3, 100))
    service.table.faults.before_next(
        "write_claim",
        lambda: service.change({"max_participants": next(sizes)}),
        times=MAX_ATTEMPTS,
    )
    with pytest.raises(StoreUnavailable):
        repair.free(found, service.deadline)
    assert set(service.room().seats.connections) == {"bob"}


def test_a_call_that_two_operators_end_gets_one_new_session(service: Service) -> None:
    before = service.open()
    first, second = repair_of(service), repair_of(service)
    service.table.faults.before_next(
        "compare_and_set", lambda: second.end(before, service.deadline)
    )
    assert first.end(before, service.deadline)
    session_id = service.room().session_id
    assert session_id != before.session_id
    assert service.join(BOB).token.text
    assert service.room().session_id == session_id
