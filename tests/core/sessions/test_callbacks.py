"""Callbacks that come late, twice, out of order or between other writes, and those that fail."""

import random

import pytest

from chalicelib.errors import ProviderUnavailable, SessionUnknown
from tests.fakes.service import BOB, CAROL, Service


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("cap", [None, 9], ids=["uncapped", "capped"])
def test_callbacks_in_any_order_and_sent_twice_end_in_the_same_state(
    service: Service, cap: int | None, seed: int
) -> None:
    room = service.open(max_participants=cap)
    bob = str(service.opentok.connect(service.join(BOB).token.text))
    service.opentok.publish(bob)
    service.opentok.leave(bob)
    carol = str(service.opentok.connect(service.join(CAROL).token.text))
    ended, stands = service.opentok.publish(carol), service.opentok.publish(carol)
    service.opentok.unpublish(ended)
    events = service.opentok.events * 2
    random.Random(seed).shuffle(events)
    service.opentok.events = events

    service.deliver()

    (shown,) = service.stores.sessions.connections(room.session_id, service.deadline)
    assert (shown.id, shown.participant.user_id) == (carol, "carol")
    assert [stream.id for stream in shown.streams] == [stands]
    seats = service.room().seats.connections
    assert {user: set(each) for user, each in seats.items() if each} == (
        {} if cap is None else {"carol": {carol}}
    )


@pytest.mark.parametrize(
    ("cap", "method"),
    [
        *((None, method) for method in ("session", "record_connection", "find", "disconnect")),
        *(
            (2, method)
            for method in ("session", "find", "record_connection_and_seat", "disconnect")
        ),
    ],
)
def test_a_callback_that_could_not_be_followed_is_sent_again_and_then_done(
    service: Service, cap: int | None, method: str
) -> None:
    service.open(max_participants=cap)
    token = service.join(BOB).token.text
    if method == "disconnect":
        service.ban("bob")
    faults = service.opentok.faults if method == "disconnect" else service.table.faults
    faults.fail_next(method)
    bob = service.connect(token)
    assert len(service.opentok.events) == 1
    assert service.connected() == {bob}

    service.deliver()

    assert service.opentok.events == []
    assert service.connected() == (set() if method == "disconnect" else {bob})
    assert service.recorded() == ({} if method == "disconnect" else {bob: "bob"})


def test_a_disconnect_that_fails_fails_the_callback_of_the_arrival(service: Service) -> None:
    service.open()
    token = service.join(BOB).token.text
    service.ban("bob")
    bob = service.connect_unreported(token)
    connection = service.opentok.session_of(bob).connections[bob]
    service.opentok.faults.fail_next("disconnect")
    with pytest.raises(ProviderUnavailable):
        service.arrives(connection)


@pytest.mark.parametrize(("age", "is_told_again"), [(0, True), (59.9, True), (60, False)])
def test_a_session_that_is_unknown_is_asked_for_again_until_it_is_a_minute_old(
    service: Service, age: float, is_told_again: bool
) -> None:
    room = service.open()
    service.table.sessions.clear()
    service.clock.forward(seconds=age)
    find = service.use_cases.session_tracker.find
    if is_told_again:
        with pytest.raises(SessionUnknown):
            find(room.session_id, service.deadline)
    else:
        assert find(room.session_id, service.deadline) is None


def test_rules_that_change_while_an_arrival_is_written_are_those_that_hold(
    service: Service,
) -> None:
    service.open(max_participants=3)
    token = service.join(BOB).token.text
    service.table.faults.before_next("record_connection_and_seat", lambda: service.ban("bob"))
    service.connect(token)
    assert service.connected() == set()
    assert not service.room().seats.is_live("bob")


@pytest.mark.parametrize("method", ["session", "record_connection", "find"])
def test_a_ban_that_comes_between_an_arrivals_steps_is_seen_by_one_of_the_two(
    service: Service, method: str
) -> None:
    service.open()
    token = service.join(BOB).token.text
    service.table.faults.before_next(method, lambda: service.ban("bob"))
    service.connect(token)
    assert service.connected() == set()
