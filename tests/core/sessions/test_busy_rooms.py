"""Callbacks about rooms or seats that change between the read and the write."""

from datetime import timedelta

import pytest

from chalicelib.core.model.seats import GRACE, HOLD
from chalicelib.core.ports.room_store import MAX_ATTEMPTS
from chalicelib.errors import StoreUnavailable
from tests.fakes.service import BOB, CAROL, Service
from tests.support.noon import NOON


def move_closing(service: Service) -> None:
    later = (service.room().settings.closes_at or NOON) + timedelta(hours=1)
    service.change({"closes_at": later})


def test_an_arrival_in_a_room_that_changes_at_every_attempt_is_asked_for_again(
    service: Service,
) -> None:
    service.open(max_participants=2)
    bob = service.connect_unreported(service.join(BOB).token.text)
    connection = service.opentok.session_of(bob).connections[bob]
    service.table.faults.before_next(
        "record_connection_and_seat", lambda: move_closing(service), MAX_ATTEMPTS
    )
    with pytest.raises(StoreUnavailable, match="Too many requests"):
        service.arrives(connection)
    assert service.recorded() == {}
    assert service.connected() == {bob}

    service.arrives(connection)
    assert service.recorded() == {bob: "bob"}


def test_a_departure_from_a_room_that_changes_at_every_attempt_is_asked_for_again(
    service: Service,
) -> None:
    room = service.open(max_participants=1)
    bob = service.enter(BOB)
    service.leave_unreported(bob)
    tracker = service.use_cases.session_tracker
    session = tracker.find(room.session_id, service.deadline)
    assert session is not None

    def join_again() -> None:
        service.clock.forward(seconds=1)
        service.join(BOB)

    service.table.faults.before_next("record_disconnection_and_release", join_again, MAX_ATTEMPTS)
    with pytest.raises(StoreUnavailable, match="Too many requests"):
        tracker.on_disconnected(session, bob, service.clock(), service.deadline)
    assert service.recorded() == {bob: "bob"}
    assert service.room().seats.user_of(bob) == "bob"

    tracker.on_disconnected(session, bob, service.clock(), service.deadline)
    assert service.recorded() == {}
    assert service.room().seats.user_of(bob) is None


def test_a_departure_leaves_the_seat_to_a_device_that_arrives_meanwhile(
    service: Service,
) -> None:
    service.open(max_participants=1)
    first = service.enter(BOB)
    token = service.join(BOB).token.text
    second: list[str] = []
    service.table.faults.before_next(
        "record_disconnection_and_release", lambda: second.append(service.connect(token))
    )
    service.leave(first)
    assert service.opentok.events == []
    assert list(service.recorded()) == second
    service.clock.now += HOLD
    assert service.refusal(CAROL) == "room_full"

    service.leave(*second)
    service.clock.now += GRACE
    assert service.refusal(CAROL) is None


def test_a_rejected_client_that_is_known_to_have_left_is_not_disconnected(
    service: Service,
) -> None:
    service.open(max_participants=2)
    token = service.join(BOB).token.text
    service.ban("bob")
    service.opentok.faults.calls.clear()
    bob = service.opentok.connect(token)
    assert bob is not None
    service.opentok.leave(bob)
    service.opentok.events.reverse()
    service.deliver()
    assert service.opentok.events == []
    assert service.recorded() == {}
    assert service.opentok.faults.calls["disconnect"] == 0
