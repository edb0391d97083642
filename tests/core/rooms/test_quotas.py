"""Quotas: one user cannot use up the service, and costs no other user anything."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import HOLD
from chalicelib.core.model.user import User
from chalicelib.core.rooms.join_room import TokenQuota
from chalicelib.core.rooms.quotas import MAX_USERS, Quotas
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import ProviderUnavailable, QuotaExceeded, StoreUnavailable
from tests.fakes.service import ALICE, BOB, CAROL, FAR_AWAY, IP, ROOT, Service

MALLORY = User("mallory")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def service_with(**limits: int) -> Service:
    """Return a service with these quotas; all others are far away."""
    return Service(quotas=replace(FAR_AWAY, **limits))


def calls_of(service: Service) -> Counter[str]:
    """Return how often each method of a store was called."""
    return Counter(service.table.faults.calls)


def refused(service: Service, user: User, name: str, use_cases: UseCases | None = None) -> bool:
    """Return True if a new room is refused; any refusal must be that of a quota."""
    try:
        (use_cases or service.use_cases).create_room.put(
            user,
            name,
            asked=RoomSettings(),
            given=(),
            caller_ip=IP,
            deadline=service.deadline,
        )
    except QuotaExceeded:
        return True
    return False


# Rooms.


def test_a_user_creates_so_many_rooms_in_an_hour_and_more_in_the_next() -> None:
    service = service_with(rooms_per_hour=3)
    service.clock.forward(minutes=20)
    for number in range(3):
        service.open(f"room-{number}", MALLORY)
    with pytest.raises(QuotaExceeded) as refusal:
        service.open("one-more", MALLORY)
    assert refusal.value.extensions == {"quota": "roomsPerHour", "limit": 3}
    assert refusal.value.retry_after == 40 * 60
    service.clock.forward(minutes=40)
    service.open("one-more", MALLORY)


def test_the_first_join_of_a_room_counts_like_its_creation() -> None:
    service = service_with(rooms_per_hour=1)
    service.join(MALLORY, "first")
    assert service.refusal(MALLORY, "second") == "quota_exceeded"
    assert service.refusal(MALLORY, "first") is None


def test_what_creates_no_room_is_not_counted() -> None:
    service = service_with(rooms_per_hour=1)
    service.open("others", ALICE)
    service.opentok.faults.fail_next("create_session")
    with pytest.raises(ProviderUnavailable):
        service.open("mine", MALLORY)
    service.table.faults.fail_next("create")
    with pytest.raises(StoreUnavailable):
        service.open("mine", MALLORY)
    service.open("others", MALLORY)
    service.join(MALLORY, "lobby")
    service.open("mine", MALLORY)


def test_a_user_who_has_used_up_the_hour_causes_no_more_sessions_and_no_calls() -> None:
    service = service_with(rooms_per_hour=1)
    service.open("first", MALLORY)
    assert refused(service, MALLORY, "second")
    sessions, calls = len(service.opentok.sessions), calls_of(service)
    assert refused(service, MALLORY, "third")
    assert len(service.opentok.sessions) == sessions
    assert calls_of(service) - calls == {"find": 1}


def test_many_instances_together_count_rooms_exactly() -> None:
    service = service_with(rooms_per_hour=10)
    instances = [service.another_instance() for _ in range(5)]
    created = sum(
        not refused(service, MALLORY, f"room-{number}", instances[number % 5])
        for number in range(50)
    )
    assert created == 10


def test_a_user_has_so_many_rooms_until_one_is_deleted() -> None:
    service = service_with(rooms=2)
    service.open("first", MALLORY)
    service.open("second", MALLORY)
    with pytest.raises(QuotaExceeded) as refusal:
        service.open("third", MALLORY)
    assert refusal.value.extensions == {"quota": "rooms", "limit": 2}
    assert refusal.value.retry_after == 60
    service.close("first", ROOT)
    service.open("third", MALLORY)
    assert service.refusal(MALLORY, "fourth") == "quota_exceeded"
    assert service.refusal(MALLORY, "second") is None


def test_who_cannot_reach_the_number_of_rooms_in_this_hour_is_counted_once_in_it() -> None:
    service = service_with(rooms=10, rooms_per_hour=4)
    for number in range(4):
        service.open(f"room-{number}", MALLORY)
    assert calls_of(service)["count_created_by"] == 1

    service.clock.forward(hours=1)
    service.open("room-4", MALLORY)
    service.open("room-5", MALLORY)
    assert calls_of(service)["count_created_by"] == 2


def test_who_may_reach_the_number_of_rooms_in_this_hour_is_counted_before_each_room() -> None:
    service = service_with(rooms=10, rooms_per_hour=7)
    for number in range(4):
        service.open(f"early-{number}", MALLORY)
    service.clock.forward(hours=1)
    before = calls_of(service)["count_created_by"]

    for number in range(6):
        service.open(f"late-{number}", MALLORY)

    assert calls_of(service)["count_created_by"] == before + 6
    assert refused(service, MALLORY, "one-more")


def test_many_instances_that_count_once_keep_the_number_of_rooms() -> None:
    service = service_with(rooms=8, rooms_per_hour=4)
    instances = [service.another_instance() for _ in range(5)]
    for _ in range(4):
        for number, instance in enumerate(instances):
            for attempt in range(3):
                name = f"{service.clock().hour}-{number}-{attempt}"
                refused(service, MALLORY, name, instance)
        service.clock.forward(hours=1)

    assert service.stores.rooms.count_created_by(MALLORY.id, 100, service.deadline) == 8


def test_opening_a_room_again_counts_like_creating_it() -> None:
    service = service_with(rooms_per_hour=3)
    service.open(user=MALLORY)
    for _ in range(2):
        service.change({"closes_at": service.clock.now}, user=MALLORY)
        service.change({"closes_at": None}, user=MALLORY)
    service.change({"closes_at": service.clock.now}, user=MALLORY)
    before = service.room()
    with pytest.raises(QuotaExceeded) as refusal:
        service.change({"closes_at": None}, user=MALLORY)
    assert refusal.value.extensions == {"quota": "roomsPerHour", "limit": 3}
    assert service.room() == before
    service.change({"closes_at": None}, user=ROOT)


def test_admins_have_no_quotas() -> None:
    service = Service(
        quotas=Quotas(rooms_per_hour=1, rooms=1, tokens_per_minute=1, held_seats=1, hold_renewals=0)
    )
    for number in range(5):
        service.open(f"room-{number}", ROOT, max_participants=5)
        service.join(ROOT, f"room-{number}")
    service.clock.now += HOLD
    service.join(ROOT, "room-0")


def test_a_user_who_asks_for_700_rooms_gets_a_hundred_and_nobody_else_is_refused() -> None:
    service = Service(quotas=Quotas())
    created = 0
    for number in range(700):
        created += not refused(service, MALLORY, f"mallory-{number}")
        if number % 100 == 50:
            service.clock.forward(minutes=30)
            user = User(f"user-{number}")
            service.open(f"own-{number}", user)
            assert service.refusal(user, f"own-{number}") is None
            assert service.refusal(BOB, f"own-{number}") is None
    assert created == Quotas().rooms == 100


# Tokens.


def test_a_user_asks_for_so_many_tokens_in_a_minute_and_more_in_the_next() -> None:
    service = service_with(tokens_per_minute=20)
    service.open()
    service.clock.forward(seconds=45)
    for _ in range(20):
        service.join(MALLORY)
    with pytest.raises(QuotaExceeded) as refusal:
        service.join(MALLORY)
    assert refusal.value.extensions == {"quota": "tokensPerMinute", "limit": 20}
    assert refusal.value.retry_after == 15
    assert service.refusal(BOB) is None
    service.clock.forward(seconds=15)
    assert service.refusal(MALLORY) is None


def test_refused_requests_and_requests_for_the_default_room_count_too() -> None:
    service = service_with(tokens_per_minute=3)
    service.open()
    service.ban("mallory")
    assert service.refusal(MALLORY) == "banned"
    assert service.refusal(MALLORY, "lobby") is None
    service.use_cases.join_room.join_default(MALLORY, "Mallory", service.deadline)
    with pytest.raises(QuotaExceeded):
        service.use_cases.join_room.join_default(MALLORY, "Mallory", service.deadline)
    assert service.refusal(MALLORY) == "quota_exceeded"


def test_most_users_requests_cost_no_call_and_later_ones_of_a_minute_cost_one() -> None:
    service = service_with(tokens_per_minute=20)
    service.open()
    before = calls_of(service)
    service.join(MALLORY)
    service.join(MALLORY)
    assert calls_of(service) - before == {"find": 2}
    service.join(MALLORY)
    assert calls_of(service) - before == {"find": 3, "add_to_quota": 1}


def test_who_has_used_up_a_minute_is_refused_without_a_call() -> None:
    service = service_with(tokens_per_minute=1)
    service.open()
    service.join(MALLORY)
    assert service.refusal(MALLORY) == "quota_exceeded"
    before = calls_of(service)
    assert service.refusal(MALLORY) == "quota_exceeded"
    assert calls_of(service) == before


@pytest.mark.parametrize("number", [2, 5])
def test_each_instance_may_miss_a_tenth_of_the_quota(number: int) -> None:
    service = service_with(tokens_per_minute=20)
    service.open()
    instances = [service.another_instance() for _ in range(number)]
    issued = 0
    for round_number in range(200):
        service.use_cases = instances[round_number % number]
        issued += service.refusal(MALLORY) is None
    assert 20 <= issued <= 20 + 2 * (number - 1)


def test_an_instance_remembers_the_users_of_late_and_not_all_of_a_minute() -> None:
    service = service_with()
    quota = TokenQuota(1, service.stores.quotas, service.clock)
    quota.count(MALLORY, service.deadline)
    for number in range(MAX_USERS - 1):
        quota.count(User(f"user-{number}"), service.deadline)
    with pytest.raises(QuotaExceeded):
        quota.count(MALLORY, service.deadline)
    for number in range(MAX_USERS):
        quota.count(User(f"late-{number}"), service.deadline)
    quota.count(MALLORY, service.deadline)


# Held seats.


def capped_rooms(service: Service, number: int) -> list[str]:
    names = [f"capped-{each}" for each in range(number)]
    for name in names:
        service.open(name, max_participants=3)
    return names


def test_a_user_holds_so_many_seats_without_connecting_over_all_rooms() -> None:
    service = service_with(held_seats=3)
    names = capped_rooms(service, 5)
    for name in names[:3]:
        service.join(MALLORY, name)
        service.clock.forward(seconds=10)
    with pytest.raises(QuotaExceeded) as refusal:
        service.join(MALLORY, names[3])
    assert refusal.value.extensions == {"quota": "heldSeats", "limit": 3}
    assert refusal.value.retry_after == HOLD.seconds - 30
    assert "mallory" not in service.room(names[3]).seats.connections
    assert service.refusal(MALLORY, names[0]) is None
    assert service.refusal(BOB, names[3]) is None
    service.clock.forward(seconds=HOLD.seconds - 20)
    assert service.refusal(MALLORY, names[3]) is None


def test_a_user_who_connects_holds_no_seat_any_more() -> None:
    service = service_with(held_seats=2)
    for name in capped_rooms(service, 5):
        service.enter(BOB, name)


def test_who_has_connected_and_left_again_holds_no_seat_in_the_moment_of_grace() -> None:
    service = service_with(held_seats=1)
    for number in range(3):
        service.open(f"room-{number}", max_participants=2)
        service.leave(service.enter(BOB, f"room-{number}"))


def test_a_ban_and_a_deletion_end_a_hold_for_the_count_too() -> None:
    service = service_with(held_seats=2)
    names = capped_rooms(service, 4)
    service.join(BOB, names[0])
    service.join(BOB, names[1])
    service.ban("bob", names[0])
    assert service.refusal(BOB, names[2]) is None
    assert service.refusal(BOB, names[3]) == "quota_exceeded"


def test_a_room_without_a_limit_and_rooms_that_the_user_moderates_do_not_count() -> None:
    service = service_with(held_seats=1)
    for name in capped_rooms(service, 3):
        service.join(ALICE, name)
    for number in range(3):
        service.join(ALICE, f"free-{number}")


def test_a_join_of_one_capped_room_costs_no_call_and_of_a_second_one_costs_one() -> None:
    service = service_with(held_seats=5)
    first, second = capped_rooms(service, 2)
    before = calls_of(service)
    service.join(BOB, first)
    service.join(BOB, first)
    assert calls_of(service) - before == {"find": 2, "write_claim": 2}
    service.join(BOB, second)
    assert calls_of(service) - before == {"find": 3, "write_claim": 3, "add_holds": 1}


@pytest.mark.parametrize("number", [1, 3])
def test_each_instance_may_miss_one_room_of_a_user(number: int) -> None:
    service = service_with(held_seats=3)
    names = capped_rooms(service, 20)
    instances = [service.another_instance() for _ in range(number)]
    for index, name in enumerate(names):
        service.use_cases = instances[index % number]
        service.refusal(MALLORY, name)
    held = [name for name in names if "mallory" in service.room(name).seats.holds]
    assert 3 <= len(held) <= 3 + number - 1


def test_the_record_of_a_users_holds_stays_small() -> None:
    service = service_with(held_seats=3)
    names = capped_rooms(service, 60)
    for name in names:
        service.refusal(MALLORY, name)
        service.clock.forward(seconds=30)
    assert len(service.table.usage["mallory", "holds"].holds) <= 4


# Renewals of a hold.


def test_a_hold_is_renewed_so_often_and_then_its_user_pauses() -> None:
    service = service_with(hold_renewals=2)
    service.open(max_participants=1)
    started = service.clock.now
    for _ in range(8):
        assert service.refusal(MALLORY) is None
        service.clock.forward(seconds=50)
    with pytest.raises(QuotaExceeded) as refusal:
        service.join(MALLORY)
    assert refusal.value.extensions == {"quota": "holdRenewals", "limit": 2}
    assert refusal.value.retry_after == 360 + 600 - 400
    assert service.refusal(CAROL) is None
    service.clock.now = started + timedelta(seconds=360 + 600)
    assert service.refusal(MALLORY) is None


@pytest.mark.parametrize("away", [120, 500, 900])
def test_who_comes_back_after_an_absence_as_long_as_their_hold_is_no_squatter(away: int) -> None:
    service = Service(quotas=Quotas())
    service.open(max_participants=1)
    service.join(BOB)
    service.clock.forward(seconds=HOLD.total_seconds() + away)
    assert service.refusal(BOB) is None
    assert service.join(BOB).connect_by == service.clock() + HOLD


def test_the_last_hold_ends_with_the_longest_wait() -> None:
    service = service_with(hold_renewals=0)
    service.open(max_participants=1)
    first = service.join(MALLORY)
    service.clock.forward(seconds=100)
    assert service.join(MALLORY).connect_by == first.connect_by


def test_a_user_who_connects_may_hold_a_seat_anew() -> None:
    service = service_with(hold_renewals=0)
    service.open(max_participants=1)
    for _ in range(5):
        bob = service.enter(BOB)
        service.clock.now += HOLD
        assert service.refusal(BOB) is None
        service.leave(bob)
        service.clock.now += HOLD


def test_a_connection_may_take_a_free_seat_during_its_users_pause() -> None:
    service = service_with(hold_renewals=0)
    service.open(max_participants=1)
    token = service.join(BOB).token.text
    service.clock.now += HOLD
    assert service.refusal(BOB) == "quota_exceeded"
    bob = service.connect(token)
    assert service.connected() == {bob}
    assert service.refusal(BOB) is None


def test_moderators_may_hold_a_seat_of_their_room_for_long() -> None:
    service = service_with(hold_renewals=0)
    service.open(max_participants=1)
    for _ in range(10):
        assert service.refusal(ALICE) is None
        service.clock.now += HOLD


def test_three_strangers_do_not_keep_a_moderator_out_for_six_hours() -> None:
    """Each of them asks every 110 seconds, and so does the moderator, last of all."""
    service = Service(quotas=Quotas())
    service.open(max_participants=3)
    strangers = [User(f"stranger-{number}") for number in range(3)]
    refusals = 0
    for _ in range(197):
        for stranger in strangers:
            service.refusal(stranger)
        if service.refusal(ALICE) is None:
            break
        refusals += 1
        service.clock.forward(seconds=110)
    assert refusals * timedelta(seconds=110) <= Quotas().longest_wait + timedelta(seconds=110)
    assert service.refusal(ALICE) is None


def test_the_waits_of_a_room_are_bounded() -> None:
    service = Service(quotas=Quotas())
    service.open(max_participants=250)
    for number in range(600):
        service.join(User(f"user-{number}"))
        if number % 250 == 249:
            service.clock.now += HOLD
    assert len(service.room().seats.waiting) <= 251
