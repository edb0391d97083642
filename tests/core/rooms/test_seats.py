"""Seats of a room with a limit: who takes one, who keeps it, and when it is free again."""

from datetime import timedelta

import pytest

from chalicelib.core.model.seats import (
    GRACE,
    HOLD,
    MAX_CONNECTIONS_PER_USER,
    MAX_EVICTED_AT_ONCE,
    Seats,
)
from chalicelib.core.model.user import User
from chalicelib.core.rooms.change_room import MAX_SEATED_BYTES
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import TooManyConnected
from tests.fakes.service import ALICE, BOB, CAROL, Service
from tests.support.noon import NOON

DORA, EVE = User("dora"), User("eve")
MOMENT = timedelta(milliseconds=1)


def test_a_token_for_a_capped_room_says_until_when_to_connect(service: Service) -> None:
    service.open("capped", max_participants=2)
    service.open("uncapped")
    assert service.join(BOB, "capped").connect_by == NOON + HOLD
    assert service.join(BOB, "uncapped").connect_by is None


def test_moderators_need_seats_too(service: Service) -> None:
    service.open(max_participants=1)
    service.join(BOB)
    assert service.refusal(ALICE) == "room_full"


def test_a_user_who_holds_a_seat_gets_another_token_and_no_other_seat(service: Service) -> None:
    service.open(max_participants=2)
    for _ in range(3):
        service.join(BOB)
    service.join(CAROL)
    assert service.refusal(DORA) == "room_full"


def test_a_hold_that_has_lapsed_gives_its_seat_to_who_comes_next(service: Service) -> None:
    service.open(max_participants=1)
    service.join(BOB)
    service.clock.now += HOLD - MOMENT
    assert service.refusal(CAROL) == "room_full"
    service.clock.now += MOMENT
    service.join(CAROL)
    assert service.refusal(BOB) == "room_full"


def test_a_seat_lives_with_its_connection_and_a_little_beyond(service: Service) -> None:
    service.open(max_participants=1)
    bob = service.enter(BOB)
    service.clock.forward(hours=1)
    assert service.refusal(CAROL) == "room_full"
    service.leave(bob)
    service.clock.now += GRACE - MOMENT
    assert service.refusal(CAROL) == "room_full"
    service.clock.now += MOMENT
    assert service.refusal(CAROL) is None


def test_a_hold_longer_than_the_grace_outlives_a_short_visit(service: Service) -> None:
    service.open(max_participants=1)
    bob = service.enter(BOB)
    service.join(BOB)
    service.leave(bob)
    service.clock.now += HOLD - MOMENT
    assert service.refusal(CAROL) == "room_full"
    service.clock.now += MOMENT
    assert service.refusal(CAROL) is None


def test_a_second_device_takes_no_second_seat(service: Service) -> None:
    service.open(max_participants=2)
    inside = {service.enter(user) for user in (BOB, BOB, CAROL)}
    assert service.refusal(DORA) == "room_full"
    assert service.connected() == inside


def test_one_connection_too_many_of_one_user_is_sent_away(service: Service) -> None:
    service.open(max_participants=5)
    token = service.join(BOB).token.text
    inside = {service.connect(token) for _ in range(MAX_CONNECTIONS_PER_USER)}
    service.connect(token)
    assert service.connected() == inside == set(service.recorded())


def test_who_connects_after_the_hold_lapsed_takes_a_free_seat_or_leaves(service: Service) -> None:
    service.open(max_participants=1)
    bobs = service.join(BOB).token.text
    service.clock.now += HOLD
    carols = service.join(CAROL).token.text
    service.connect(bobs)
    assert service.connected() == set()

    carol = service.connect(carols)
    assert service.connected() == {carol}
    service.leave(carol)
    service.clock.now += GRACE
    late = service.connect(bobs)
    assert service.recorded() == {late: "bob"}


def test_lowering_the_limit_throws_nobody_out_and_lets_nobody_in(service: Service) -> None:
    service.open(max_participants=3)
    inside = {service.enter(user) for user in (BOB, CAROL, DORA)}
    service.change({"max_participants": 1})
    assert service.connected() == inside
    assert service.refusal(EVE) == "room_full"
    assert service.refusal(BOB) is None


def test_setting_a_limit_seats_everybody_who_is_in(service: Service) -> None:
    service.open()
    inside = {service.enter(user) for user in (BOB, CAROL, BOB)}
    service.change({"max_participants": 2})
    assert service.refusal(DORA) == "room_full"
    assert service.connected() == inside
    assert service.refusal(CAROL) is None


def test_a_new_limit_below_the_number_of_users_disconnects_nobody(service: Service) -> None:
    service.open()
    inside = {service.enter(user) for user in (BOB, CAROL, DORA)}
    service.change({"max_participants": 1})
    assert service.connected() == inside
    assert set(service.room().seats.connections) == {"bob", "carol", "dora"}
    assert service.refusal(EVE) == "room_full"


@pytest.mark.parametrize("moment", ["before the limit is written", "after it"])
def test_who_comes_while_a_limit_is_set_is_seated(service: Service, moment: str) -> None:
    service.open()
    token = service.join(BOB).token.text
    bob = service.opentok.connect(token)
    method = "compare_and_set" if moment == "before the limit is written" else "connections"
    service.table.faults.before_next(method, service.deliver)
    service.change({"max_participants": 1})
    service.deliver()
    assert service.room().seats.user_of(str(bob)) == "bob"
    assert service.refusal(CAROL) == "room_full"


def test_who_came_by_a_room_without_a_limit_that_has_one_by_now_is_seated(
    service: Service,
) -> None:
    room = service.open()
    bob = service.connect_unreported(service.join(BOB).token.text)
    follow = service.use_cases.session_tracker
    as_it_was = follow.find(room.session_id, service.deadline)
    assert as_it_was is not None
    service.change({"max_participants": 1})
    connection = service.opentok.session_of(bob).connections[bob]
    follow.on_connected(as_it_was, connection, service.deadline)
    assert service.room().seats.user_of(bob) == "bob"


def test_a_room_whose_hours_are_over_opens_again_with_all_its_seats_free(
    service: Service,
) -> None:
    first = service.open(max_participants=1, closes_at=NOON + timedelta(hours=1))
    service.enter(BOB)
    service.clock.forward(hours=2)
    again = service.change({"closes_at": None})
    assert again.session_id != first.session_id
    assert service.refusal(CAROL) is None


def test_a_deleted_room_holds_no_seats_and_none_when_it_is_made_anew(service: Service) -> None:
    service.open(max_participants=3)
    service.enter(BOB)
    service.join(CAROL)
    service.close()
    assert service.room().seats == Seats()
    counts = service.use_cases.read_presence.counts(service.room(), service.deadline)
    assert counts.seats_held == 0
    with recording() as counted:
        service.reconcile()
    assert Metric("SeatsRestored", 1, timed=False) not in counted
    assert service.room().seats == Seats()
    service.open(max_participants=1)
    service.join(CAROL)
    assert set(service.room().seats.connections) == {"carol"}


def test_who_leaves_while_the_room_is_deleted_keeps_no_seat(service: Service) -> None:
    service.open(max_participants=3)
    bob = service.enter(BOB)
    service.table.faults.before_next("record_disconnection_and_release", service.close)
    service.leave(bob)
    assert service.room().seats == Seats()
    assert service.recorded() == {}


def test_taking_the_limit_away_lets_everybody_in_again(service: Service) -> None:
    service.open(max_participants=1)
    service.enter(BOB)
    service.change({"max_participants": None})
    service.enter(CAROL)
    assert len(service.connected()) == 2


def test_a_limit_is_refused_where_more_are_in_than_can_be_seated(service: Service) -> None:
    service.open()
    for number in range(1001):
        service.enter(User(f"user-{number}"))
    with pytest.raises(TooManyConnected):
        service.change({"max_participants": 10})


def test_a_limit_is_refused_where_the_ids_of_those_who_are_in_are_too_long(
    service: Service,
) -> None:
    service.open()
    for number in range(MAX_SEATED_BYTES // 255):
        service.enter(User(f"{number}".ljust(255, "x")))
    with pytest.raises(TooManyConnected):
        service.change({"max_participants": 10})


def test_more_lapsed_seats_than_one_write_evicts_keep_nobody_out(service: Service) -> None:
    service.open(max_participants=2 * MAX_EVICTED_AT_ONCE + 10)
    for number in range(2 * MAX_EVICTED_AT_ONCE + 10):
        service.join(User(f"user-{number}"))
    service.change({"max_participants": 2})
    service.clock.now += HOLD
    assert service.refusal(BOB) is None
    assert service.refusal(CAROL) is None
    assert service.refusal(DORA) == "room_full"


def test_a_connection_that_comes_while_its_end_is_written_keeps_no_seat(service: Service) -> None:
    service.open(max_participants=1)
    bob = service.opentok.connect(service.join(BOB).token.text)
    arrival = service.opentok.events.pop()
    service.opentok.leave(str(bob))

    def arrives() -> None:
        ended, service.opentok.events = service.opentok.events, [arrival]
        service.deliver()
        service.opentok.events = ended

    service.table.faults.before_next("record_disconnection", arrives)
    service.deliver()
    service.clock.now += GRACE
    assert service.refusal(CAROL) is None
