"""Decisions of moderators about users who wait: approvals, seats, and turning away."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from chalicelib.core.model.seats import GRACE, HOLD
from chalicelib.core.model.user import User
from chalicelib.core.model.waiting import (
    RECORDED_EVERY,
    TURNED_AWAY_FOR,
)
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.errors import (
    RoomFull,
    RoomkeyError,
    StoreUnavailable,
    TurnedAway,
    WaitingUserNotFound,
)
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.waiting import (
    ASK_AGAIN,
    DORA,
    GUEST,
    approve,
    approve_all,
    ask,
    disconnect,
    ids,
    turn_away,
    wait_for,
)

# How long an approval lasts.


def test_an_approved_user_comes_back_without_waiting(service: Service) -> None:
    service.open(waiting_room=True)
    approve(service, ask(service, BOB).waiting_id)
    service.leave(service.enter(BOB))
    service.clock.forward(days=40)
    assert service.refusal(BOB) is None
    service.table.expire()
    service.clock.forward(days=80)
    service.table.expire()
    assert service.refusal(BOB) is None


@pytest.mark.parametrize("cap", [None, 5])
def test_a_disconnected_user_must_wait_again_and_their_old_token_is_of_no_use(
    service: Service, cap: int | None
) -> None:
    service.open(waiting_room=True, max_participants=cap)
    approve(service, ask(service, BOB).waiting_id)
    token = service.join(BOB).token.text
    disconnect(service, service.connect(token))
    service.connect(token)
    assert service.connected() == set()
    approve(service, ask(service, BOB).waiting_id)
    service.connect(token)
    assert len(service.connected()) == 1


def test_a_user_who_was_disconnected_while_the_waiting_room_was_off_must_wait(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    approve(service, ask(service, BOB).waiting_id)
    bob = service.enter(BOB)
    service.change({"waiting_room": False})
    disconnect(service, bob)
    service.change({"waiting_room": True})
    ask(service, BOB)


def test_a_banned_user_must_wait_again_once_the_ban_is_lifted(service: Service) -> None:
    service.open(waiting_room=True)
    approve(service, ask(service, BOB).waiting_id)
    service.enter(BOB)
    service.ban("bob")
    (ban,) = service.use_cases.ban_users.bans(ALICE, "standup", service.deadline)
    service.use_cases.ban_users.lift(ALICE, "standup", ban.id, service.deadline)
    ask(service, BOB)


def test_nobody_is_approved_in_a_room_that_opens_again(service: Service) -> None:
    service.open(waiting_room=True)
    approve(service, ask(service, BOB).waiting_id)
    service.change({"closes_at": service.clock()})
    service.change({"closes_at": None})
    ask(service, BOB)
    service.close()
    service.open(waiting_room=True)
    ask(service, BOB)


# Seats.


def test_an_approved_users_seat_is_kept_until_they_come(service: Service) -> None:
    service.open(waiting_room=True, max_participants=2)
    service.enter(ALICE)
    places = [ask(service, user) for user in (BOB, CAROL)]
    approve(service, places[0].waiting_id)
    with pytest.raises(RoomFull):
        approve(service, places[1].waiting_id)
    assert ids(service) == ["carol"]
    assert service.refusal(ROOT) == "room_full"
    service.clock.now += HOLD - timedelta(seconds=1)
    service.enter(BOB)
    assert set(service.recorded().values()) == {"alice", "bob"}


def test_who_was_refused_for_want_of_a_seat_still_waits_and_gets_the_next_one(
    service: Service,
) -> None:
    service.open(waiting_room=True, max_participants=1)
    alice = service.enter(ALICE)
    place = ask(service, BOB)
    with pytest.raises(RoomFull):
        approve(service, place.waiting_id)
    service.leave(alice)
    wait_for(service, GRACE, BOB)
    approve(service, place.waiting_id)
    service.enter(BOB)


def test_approving_twice_keeps_one_seat(service: Service) -> None:
    service.open(waiting_room=True, max_participants=3)
    place = ask(service, BOB)
    approve(service, place.waiting_id)
    approve(service, place.waiting_id)
    assert service.room().seats.connections == {"bob": {}}
    service.clock.now += HOLD
    with pytest.raises(WaitingUserNotFound):
        approve(service, place.waiting_id)


def test_as_many_are_approved_as_there_are_seats_first_come_first(service: Service) -> None:
    service.open(waiting_room=True, max_participants=4, moderator_seats=1)
    for number in range(5):
        ask(service, User(f"user-{number}"))
        service.clock.forward(milliseconds=1)
    assert approve_all(service) == (["user-0", "user-1", "user-2"], 2)
    assert approve_all(service) == ([], 2)
    assert ids(service) == ["user-3", "user-4"]
    for number in range(3):
        service.enter(User(f"user-{number}"))
    service.enter(ALICE)


def test_lapsed_seats_make_room_for_approved_users(service: Service) -> None:
    service.open(waiting_room=True, max_participants=60)
    service.change({"waiting_room": False})
    for number in range(60):
        service.join(User(f"user-{number}"))
    service.change({"waiting_room": True, "max_participants": 2})
    service.clock.now += HOLD
    place = ask(service, BOB)
    approve(service, place.waiting_id)
    service.enter(BOB)
    assert "bob" in service.room().seats.connections


def test_all_are_approved_in_a_room_without_a_limit(service: Service) -> None:
    service.open(waiting_room=True)
    users = [User(f"user-{number}") for number in range(30)]
    for user in users:
        ask(service, user)
    approved, left = approve_all(service)
    assert (sorted(approved), left) == (sorted(user.id for user in users), 0)


def test_approving_all_ends_in_time_and_goes_on_when_it_is_repeated(service: Service) -> None:
    service.open(waiting_room=True)
    for number in range(5):
        ask(service, User(f"user-{number}"))
    service.deadline = type(service.deadline)(0.5)
    assert approve_all(service) == ([], 5)
    service.deadline = type(service.deadline)()
    assert len(approve_all(service)[0]) == 5


# Turning away.


def test_a_user_who_was_turned_away_may_wait_again_after_ten_minutes(service: Service) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    turn_away(service, place.waiting_id)
    turn_away(service, place.waiting_id)
    assert ids(service) == []
    service.clock.now += TURNED_AWAY_FOR - timedelta(milliseconds=500)
    with pytest.raises(TurnedAway) as refusal:
        service.join(BOB)
    assert refusal.value.retry_after == 1
    with pytest.raises(WaitingUserNotFound):
        approve(service, place.waiting_id)
    service.clock.forward(seconds=1)
    ask(service, BOB)


@pytest.mark.parametrize("act", [approve, turn_away])
@pytest.mark.parametrize("waiting_id", ["", "nobody", "a" * 22, "a" * 3000, "ü" * 22])
def test_nobody_waits_under_another_id(
    service: Service, act: Callable[[Service, str], None], waiting_id: str
) -> None:
    service.open(waiting_room=True)
    ask(service, BOB)
    looks = service.table.faults.calls["look"]
    with pytest.raises(WaitingUserNotFound):
        act(service, waiting_id)
    # A text that is no id is not even looked for.
    assert service.table.faults.calls["look"] - looks == (waiting_id == "a" * 22)
    assert ids(service) == ["bob"]


def test_turning_a_user_away_looks_for_no_invitation(service: Service) -> None:
    service.open(waiting_room=True)
    turn_away(service, ask(service, BOB).waiting_id)
    assert service.table.faults.calls["look_up"] == 0


def test_each_wait_and_each_decision_is_counted(service: Service) -> None:
    service.open(waiting_room=True)
    with recording() as counted:
        approve(service, ask(service, BOB).waiting_id)
        turn_away(service, ask(service, CAROL).waiting_id)
    names = Counter(each.name for each in counted if isinstance(each, Metric))
    assert names == {"WaitsBegun": 2, "WaitsApproved": 1, "WaitsTurnedAway": 1}


# Users who skip the waiting room.


def test_a_user_who_may_skip_the_waiting_room_is_approved_at_once(service: Service) -> None:
    service.open(waiting_room=True)
    service.connect(service.join(GUEST, skips_waiting_room=True).token.text)
    assert set(service.recorded().values()) == {"guest:1"}
    service.join(GUEST)


def test_a_user_about_whom_a_moderator_decided_skips_nothing(service: Service) -> None:
    service.open(waiting_room=True)
    turn_away(service, ask(service, BOB).waiting_id)
    with pytest.raises(TurnedAway):
        service.join(BOB, skips_waiting_room=True)
    token = service.join(GUEST, skips_waiting_room=True).token.text
    disconnect(service, service.connect(token))
    ask(service, GUEST, skips_waiting_room=True)


def test_who_waits_may_be_given_an_invitation_that_skips_the_rest(service: Service) -> None:
    service.open(waiting_room=True)
    ask(service, GUEST)
    service.clock.now += ASK_AGAIN
    service.join(GUEST, skips_waiting_room=True)


# Failures, and others who come between.


@pytest.mark.parametrize(("call", "times"), [("waiting", 3), ("note_signal", 2)])
def test_a_signal_that_cannot_be_noted_fails_no_decision(
    service: Service, call: str, times: int
) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    places = [ask(service, user) for user in (BOB, CAROL, DORA)]
    service.clock.forward(seconds=2)
    service.table.faults.fail_next(call, times=times)
    approve(service, places[0].waiting_id)
    turn_away(service, places[1].waiting_id)
    assert approve_all(service) == (["dora"], 0)


def test_a_lost_answer_to_an_approval_costs_nothing(service: Service) -> None:
    service.open(waiting_room=True, max_participants=1)
    place = ask(service, BOB)
    service.table.faults.lose_answer("approve")
    with pytest.raises(StoreUnavailable):
        approve(service, place.waiting_id)
    approve(service, place.waiting_id)
    service.enter(BOB)


def test_a_lost_answer_to_the_first_request_costs_no_place(service: Service) -> None:
    service.open(waiting_room=True)
    service.table.faults.lose_answer("record_waiting")
    with pytest.raises(StoreUnavailable):
        service.join(BOB)
    since = service.clock()
    service.clock.now += ASK_AGAIN
    assert ask(service, BOB).since == since


def test_an_approval_while_the_user_asks_again_gives_the_token_at_once(service: Service) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    service.clock.now += RECORDED_EVERY
    service.table.faults.before_next("record_waiting", lambda: approve(service, place.waiting_id))
    service.join(BOB)
    assert ids(service) == []


def test_a_ban_while_the_user_asks_again_is_heeded(service: Service) -> None:
    service.open(waiting_room=True)
    service.table.faults.before_next("look", lambda: service.ban("bob"))
    assert service.refusal(BOB) == "banned"


@pytest.mark.parametrize("cap", [None, 2])
def test_a_ban_while_a_moderator_approves_is_heeded(service: Service, cap: int | None) -> None:
    service.open(waiting_room=True, max_participants=cap)
    place = ask(service, BOB)
    service.table.faults.before_next("approve", lambda: service.ban("bob"))
    with pytest.raises(WaitingUserNotFound):
        approve(service, place.waiting_id)
    assert service.room().seats.connections == {}


def test_two_moderators_who_approve_at_once_keep_one_seat(service: Service) -> None:
    service.open(waiting_room=True, max_participants=2)
    place = ask(service, BOB)
    service.table.faults.before_next("approve", lambda: approve(service, place.waiting_id, ROOT))
    approve(service, place.waiting_id)
    assert service.room().seats.connections == {"bob": {}}


def test_a_moderator_who_turns_away_and_one_who_approves_agree_on_the_first(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    service.table.faults.before_next("approve", lambda: turn_away(service, place.waiting_id))
    with pytest.raises(WaitingUserNotFound):
        approve(service, place.waiting_id)
    assert service.refusal(BOB) == "turned_away"


def test_a_waiting_room_that_others_keep_changing_is_busy(service: Service) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    hours = count(1)

    def change() -> None:
        service.change({"closes_at": service.clock() + timedelta(hours=next(hours))})

    service.table.faults.before_next("approve", change, times=8)
    with pytest.raises(StoreUnavailable):
        approve(service, place.waiting_id)
    service.table.faults.before_next("approve", change, times=8)
    with pytest.raises(StoreUnavailable):
        approve_all(service)
    assert ids(service) == ["bob"]


def test_a_room_that_opens_again_while_a_user_asks_begins_a_new_wait(service: Service) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    service.change({"closes_at": service.clock()})
    service.change({"closes_at": None})
    service.clock.now += ASK_AGAIN
    assert ask(service, BOB).waiting_id != place.waiting_id


def test_an_approval_for_the_room_before_is_not_one_for_the_room_after(service: Service) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)

    def replace() -> None:
        service.close()
        service.open(waiting_room=True)

    service.table.faults.before_next("look", replace)
    with pytest.raises(RoomkeyError) as refusal:
        approve(service, place.waiting_id)
    assert refusal.value.code == "room_not_found"
