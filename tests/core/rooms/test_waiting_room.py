"""Waiting rooms: who waits, who passes, what moderators hear, and what it costs."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.seats import HOLD
from chalicelib.core.model.user import Role, User
from chalicelib.core.model.waiting import (
    ASK_AGAIN_SECONDS,
    FORGOTTEN_AFTER,
    MAX_NAME_BYTES,
    MAX_WAITING,
    RECORDED_EVERY,
)
from chalicelib.core.rooms.quotas import MAX_USERS, Quotas
from chalicelib.core.rooms.waiting.asking import Asking
from chalicelib.core.rooms.waiting.signals import WaitingSignals
from chalicelib.core.rooms.waiting.waiting_room import WaitingRoom
from chalicelib.errors import (
    MustWait,
    NotAModerator,
    ProviderUnavailable,
    RoomClosed,
    RoomkeyError,
    RoomLocked,
    RoomNotOpen,
    StoreUnavailable,
    WaitingRoomFull,
    WaitingUserNotFound,
)
from tests.fakes.opentok.clients import Signal
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.waiting import (
    ASK_AGAIN,
    DORA,
    GUEST,
    approve,
    approve_all,
    ask,
    ids,
    turn_away,
    wait_for,
    waiting,
)

# Who waits.


def test_a_user_waits_until_a_moderator_approves_them(service: Service) -> None:
    service.open(waiting_room=True)
    first = ask(service, BOB)
    assert (first.ahead, first.since, first.retry_after) == (0, service.clock(), ASK_AGAIN_SECONDS)
    service.clock.now += ASK_AGAIN
    assert ask(service, BOB).since == first.since
    approve(service, first.waiting_id)
    assert service.join(BOB).role is Role.PUBLISHER
    assert ids(service) == []


@pytest.mark.parametrize("user", [ALICE, ROOT])
def test_moderators_and_admins_never_wait(service: Service, user: User) -> None:
    service.open(waiting_room=True)
    service.enter(user)
    assert user.id in service.recorded().values()


def test_users_are_listed_and_numbered_first_come_first(service: Service) -> None:
    service.open(waiting_room=True)
    for user in (CAROL, BOB, DORA):
        ask(service, user)
        service.clock.forward(seconds=3)
    assert ids(service) == ["carol", "bob", "dora"]
    assert [ask(service, user).ahead for user in (CAROL, BOB, DORA)] == [0, 1, 2]


def test_a_user_with_two_devices_waits_once(service: Service) -> None:
    service.open(waiting_room=True)
    places = {ask(service, BOB).waiting_id for _ in range(2)}
    service.use_cases = service.another_instance()
    assert {ask(service, BOB).waiting_id} == places
    assert ids(service) == ["bob"]


def test_who_stops_asking_no_longer_waits_and_begins_at_the_end_of_the_queue(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    ask(service, CAROL)
    wait_for(service, FORGOTTEN_AFTER, CAROL)
    assert ids(service) == ["carol"]
    with pytest.raises(WaitingUserNotFound):
        approve(service, place.waiting_id)
    again = ask(service, BOB)
    assert (again.waiting_id, again.ahead) == (place.waiting_id, 1)
    assert again.since == service.clock()


def test_who_stopped_asking_waits_anew_though_nobody_else_came(service: Service) -> None:
    service.open(waiting_room=True)
    ask(service, BOB)
    service.clock.now += FORGOTTEN_AFTER
    assert ask(service, BOB).since == service.clock()


def test_an_instance_remembers_a_limited_number_of_waiting_users(service: Service) -> None:
    signals = WaitingSignals(
        service.stores.waiting,
        service.stores.sessions,
        service.platforms.connections,
        service.clock,
    )
    waiting_room = WaitingRoom(service.stores.waiting, signals, service.clock)
    room = service.open(waiting_room=True)

    def keep_waiting(user: User) -> None:
        with pytest.raises(MustWait):
            waiting_room.check(room, user, Asking(), service.deadline)

    keep_waiting(BOB)
    asked = waiting_room.asking["bob"]
    waiting_room.asking |= {str(number): asked for number in range(MAX_USERS - 1)}
    keep_waiting(CAROL)
    assert len(waiting_room.asking) == MAX_USERS
    assert waiting_room.place_of("bob") is None
    assert "0" in waiting_room.asking


@pytest.mark.parametrize("every", [1, 3, 5, 9, 10, 19])
def test_who_keeps_asking_keeps_the_place(service: Service, every: int) -> None:
    service.open(waiting_room=True)
    since = ask(service, BOB).since
    for _ in range(90 // every):
        service.clock.forward(seconds=every)
        assert ids(service) == ["bob"]
        assert ask(service, BOB).since == since


def test_an_id_does_not_contain_the_users_id_and_is_another_one_in_each_room(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    service.open("other", waiting_room=True)
    places = [ask(service, BOB, name).waiting_id for name in ("standup", "other")]
    assert len(set(places)) == 2
    assert not any("bob" in each for each in places)


def test_the_room_itself_does_not_grow_while_users_wait(service: Service) -> None:
    service.open(waiting_room=True)
    before = service.room()
    ask(service, BOB)
    assert service.room() == before


def test_moderators_see_verified_names_and_those_that_guests_chose(service: Service) -> None:
    service.open(waiting_room=True)
    ask(service, User("bob", name="Bob"), name="Alice the doctor")
    ask(service, CAROL, name="Alice the doctor")
    ask(service, GUEST, name="Gus " + "x" * 200)
    assert {each.user_id: (each.name, each.is_guest) for each in waiting(service)} == {
        "bob": ("Bob", False),
        "carol": (None, False),
        "guest:1": ("Gus " + "x" * (MAX_NAME_BYTES - 4), True),
    }


@pytest.mark.parametrize(
    "act",
    [
        lambda service, user: service.use_cases.moderate_waiting.waiting(
            user, "standup", service.deadline
        ),
        lambda service, user: service.use_cases.moderate_waiting.approve_all(
            user, "standup", service.deadline
        ),
        lambda service, user: approve(service, "a" * 22, user),
        lambda service, user: service.use_cases.moderate_waiting.turn_away(
            user, "standup", "a" * 22, service.deadline
        ),
    ],
)
def test_only_moderators_see_and_decide(
    service: Service, act: Callable[[Service, User], object]
) -> None:
    service.open(waiting_room=True)
    ask(service, BOB)
    with pytest.raises(NotAModerator):
        act(service, BOB)
    assert ids(service) == ["bob"]


# The rules of the room come first.


def test_a_user_whom_a_rule_keeps_out_does_not_wait(service: Service) -> None:
    service.open(waiting_room=True, members=frozenset({"bob", "carol"}))
    service.ban("carol")
    assert service.refusal(DORA) == "not_a_member"
    assert service.refusal(CAROL) == "banned"
    assert service.refusal(BOB, role=Role.MODERATOR) == "role_not_allowed"
    service.change(locked=True)
    assert service.refusal(BOB) == "room_locked"
    service.change({"opens_at": service.clock() + HOLD})
    assert service.refusal(BOB) == "room_not_open"
    service.change({"opens_at": None, "closes_at": service.clock()})
    assert service.refusal(BOB) == "room_closed"
    assert ids(service) == []


def test_a_user_who_must_pause_or_asks_too_often_does_not_wait() -> None:
    service = Service(quotas=Quotas(hold_renewals=0, tokens_per_minute=20))
    service.open(max_participants=2)
    service.join(BOB)
    service.clock.now += HOLD
    service.change({"waiting_room": True})
    assert service.refusal(BOB) == "quota_exceeded"
    assert ids(service) == []
    answers = {service.refusal(CAROL) for _ in range(30)}
    assert answers == {"must_wait", "quota_exceeded"}


def test_asking_again_in_time_does_not_use_up_the_quota_of_tokens() -> None:
    service = Service(quotas=Quotas(tokens_per_minute=2))
    service.open(waiting_room=True)
    place = ask(service, BOB)
    wait_for(service, timedelta(minutes=2), BOB)
    assert service.table.faults.calls["add_to_quota"] == 0
    approve(service, place.waiting_id)
    service.clock.now += ASK_AGAIN
    service.join(BOB)


def test_who_was_banned_or_is_no_member_any_more_cannot_be_approved(service: Service) -> None:
    service.open(waiting_room=True, max_participants=5)
    places = [ask(service, user) for user in (BOB, CAROL)]
    service.ban("bob")
    with pytest.raises(WaitingUserNotFound):
        approve(service, places[0].waiting_id)
    assert approve_all(service) == (["carol"], 0)
    assert service.room().seats.connections.keys() == {"carol"}


def test_nobody_is_approved_in_a_closed_room(service: Service) -> None:
    service.open(waiting_room=True)
    place = ask(service, BOB)
    service.change({"closes_at": service.clock()})
    with pytest.raises(RoomClosed):
        approve(service, place.waiting_id)
    with pytest.raises(RoomClosed):
        approve_all(service)


@pytest.mark.parametrize("cap", [None, 3])
@pytest.mark.parametrize("approves", [approve, lambda service, _: approve_all(service)])
def test_nobody_is_approved_who_would_get_no_token(
    service: Service, cap: int | None, approves: Callable[[Service, str], object]
) -> None:
    service.open(waiting_room=True, max_participants=cap)
    place = ask(service, BOB)
    service.change(locked=True)
    with pytest.raises(RoomLocked):
        approves(service, place.waiting_id)
    service.change({"opens_at": service.clock() + timedelta(hours=1)}, locked=False)
    with pytest.raises(RoomNotOpen):
        approves(service, place.waiting_id)
    assert service.room().seats.connections == {}
    service.change({"opens_at": None})
    approves(service, place.waiting_id)
    service.change(locked=True)
    approves(service, place.waiting_id)  # repeated, as after a lost answer


def test_who_waits_in_several_rooms_at_once_is_counted_for_all_but_one() -> None:
    service = Service(quotas=Quotas(tokens_per_minute=30))
    for name in ("standup", "other"):
        service.open(name, waiting_room=True)
    answers = []
    for _ in range(20):
        service.clock.forward(seconds=2)
        answers += [service.refusal(BOB, name) for name in ("standup", "other")]
    assert set(answers[:28]) == {"must_wait"}
    assert "quota_exceeded" in answers


# Turning the waiting room on and off.


def test_whoever_waits_gets_a_token_once_the_waiting_room_is_off(service: Service) -> None:
    service.open(waiting_room=True, max_participants=1)
    ask(service, BOB)
    ask(service, CAROL)
    service.change({"waiting_room": False})
    service.clock.now += ASK_AGAIN
    assert service.refusal(BOB) is None
    assert service.refusal(CAROL) == "room_full"


@pytest.mark.parametrize("cap", [None, 5])
def test_once_it_is_on_those_in_the_call_stay_and_others_wait(
    service: Service, cap: int | None
) -> None:
    service.open(max_participants=cap)
    bob = service.enter(BOB)
    token = service.join(CAROL).token.text
    service.change({"waiting_room": True})
    service.connect(token)
    assert service.connected() == {bob}
    ask(service, CAROL)


def test_a_client_without_a_known_user_is_not_left_in_the_call(service: Service) -> None:
    service.open(waiting_room=True)
    approve(service, ask(service, BOB).waiting_id)
    service.connect_unreported(service.join(BOB).token.text)
    service.clock.forward(minutes=2)
    service.reconcile()
    assert service.connected() == set()


# Bounds.


def test_no_more_than_a_hundred_users_wait_and_guests_do_not_take_their_places(
    service: Service,
) -> None:
    service.open(waiting_room=True)
    for number in range(MAX_WAITING):
        ask(service, User(f"guest:{number}"))
    with pytest.raises(WaitingRoomFull):
        service.join(User("guest:late"))
    for number in range(MAX_WAITING):
        ask(service, User(f"user-{number}"))
    with pytest.raises(WaitingRoomFull):
        service.join(BOB)
    assert len(ids(service)) == 2 * MAX_WAITING
    service.clock.now += FORGOTTEN_AFTER
    for number in range(MAX_WAITING):
        ask(service, User(f"late-{number}"))
    ask(service, User("guest:late"))
    assert len(ids(service)) == MAX_WAITING + 1


# Signals to moderators.


def signals(service: Service) -> list[Signal]:
    return service.opentok.sessions[service.room().session_id].signals


@pytest.mark.parametrize("cap", [None, 5])
def test_moderators_in_the_call_get_the_number_and_nobody_else_gets_anything(
    service: Service, cap: int | None
) -> None:
    service.open(max_participants=cap)
    alice, root = service.enter(ALICE), service.enter(ROOT)
    service.enter(CAROL)
    service.change({"waiting_room": True})
    ask(service, BOB)
    number = json.dumps({"waiting": 1}, separators=(",", ":"))
    assert sorted(signals(service), key=str) == sorted(
        (Signal("roomkey-waiting", number, each) for each in (alice, root)), key=str
    )


def test_a_signal_comes_at_most_every_two_seconds(service: Service) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    for number in range(10):
        ask(service, User(f"user-{number}"))
        service.clock.forward(milliseconds=500)
    assert [each.data for each in signals(service)] == [
        f'{{"waiting":{number}}}' for number in (1, 5, 9)
    ]


def test_the_next_write_of_a_user_who_waits_signals_what_came_too_soon(service: Service) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    ask(service, BOB)
    ask(service, CAROL)
    wait_for(service, RECORDED_EVERY, BOB, CAROL)
    assert [each.data for each in signals(service)] == ['{"waiting":1}', '{"waiting":2}']


def test_moderators_hear_of_each_decision_and_of_every_new_user(service: Service) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    places = []
    for user in (BOB, CAROL, DORA):
        places.append(ask(service, user))
        service.clock.forward(seconds=2)
    approve(service, places[0].waiting_id)
    service.clock.forward(seconds=2)
    turn_away(service, places[1].waiting_id)
    service.clock.forward(seconds=2)
    approve_all(service)
    service.clock.now += FORGOTTEN_AFTER
    ask(service, User("eve"))
    service.clock.now += FORGOTTEN_AFTER
    ask(service, User("fred"))
    numbers = [json.loads(each.data)["waiting"] for each in signals(service)]
    assert numbers == [1, 2, 3, 2, 1, 0, 1, 1]


@pytest.mark.parametrize(
    "error", [ProviderUnavailable("OpenTok is slow."), StoreUnavailable("DynamoDB is slow.")]
)
def test_a_signal_that_fails_keeps_nobody_from_waiting(
    service: Service, error: RoomkeyError
) -> None:
    service.open(waiting_room=True)
    service.enter(ALICE)
    if isinstance(error, ProviderUnavailable):
        service.opentok.faults.fail_next("signal", error)
    else:
        service.table.faults.fail_next("of_user", error)
    assert ask(service, BOB).ahead == 0
    assert ids(service) == ["bob"]


# What asking costs.


def test_asking_again_is_one_read_and_a_write_at_most_every_ten_seconds(service: Service) -> None:
    service.open(waiting_room=True, max_participants=5)
    ask(service, BOB)
    before = service.table.faults.calls.copy()
    wait_for(service, timedelta(seconds=60), BOB)
    calls = service.table.faults.calls - before
    assert calls == {"look": 12, "record_waiting": 6}


def test_an_approved_user_comes_back_by_two_reads(service: Service) -> None:
    service.open(waiting_room=True)
    approve(service, ask(service, BOB).waiting_id)
    service.join(BOB)
    before = service.table.faults.calls.copy()
    service.join(BOB)
    assert service.table.faults.calls - before == {"find": 1, "decision": 1}
