"""Seats that are kept free for moderators, and seats that a ban frees."""

from itertools import product

import pytest

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import GRACE, HOLD
from chalicelib.core.model.user import User
from chalicelib.core.rooms.room_patch import SetPatch
from chalicelib.errors import InvalidField, ProviderUnavailable, RoomFull
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service

DORA, EVE = User("dora"), User("eve")


def test_only_moderators_take_the_seats_that_are_kept_free_for_them(service: Service) -> None:
    service.open(max_participants=3, moderator_seats=1)
    service.enter(BOB)
    service.enter(CAROL)
    with pytest.raises(RoomFull) as refusal:
        service.join(DORA)
    assert "kept for moderators" in refusal.value.detail
    service.enter(ALICE)
    assert service.refusal(DORA) == "room_full"
    assert service.refusal(ROOT) == "room_full"


def test_a_moderator_who_is_in_takes_a_seat_that_was_kept_free(service: Service) -> None:
    service.open(max_participants=3, moderator_seats=1)
    service.enter(ALICE)
    service.enter(BOB)
    service.enter(CAROL)
    assert service.refusal(DORA) == "room_full"


def test_moderators_take_other_seats_too(service: Service) -> None:
    service.open(max_participants=3, moderator_seats=1, moderators=frozenset({"carol"}))
    for user in (ALICE, CAROL, ROOT):
        service.enter(user)
    assert service.refusal(BOB) == "room_full"


def test_a_seat_that_a_moderator_leaves_is_kept_free_again(service: Service) -> None:
    service.open(max_participants=3, moderator_seats=1)
    alice = service.enter(ALICE)
    service.enter(BOB)
    service.enter(CAROL)
    service.leave(alice)
    service.clock.now += GRACE
    assert service.refusal(DORA) == "room_full"
    assert service.refusal(ROOT) is None


def test_a_room_may_keep_all_of_its_seats_for_moderators(service: Service) -> None:
    service.open(max_participants=2, moderator_seats=2)
    assert service.refusal(BOB) == "room_full"
    service.enter(ALICE)
    assert service.refusal(BOB) == "room_full"
    service.enter(ROOT)


def test_a_connection_without_a_hold_takes_no_seat_that_is_kept_free(service: Service) -> None:
    service.open(max_participants=2)
    bobs, alices = service.join(BOB).token.text, service.join(ALICE).token.text
    service.change({"moderator_seats": 1})
    service.clock.now += HOLD
    carol = service.enter(CAROL)
    service.connect(bobs)
    assert service.connected() == {carol}
    alice = service.connect(alices)
    assert service.connected() == {alice, carol}


def test_a_lapsed_seat_gives_way_to_a_user_while_moderators_seats_stay_free(
    service: Service,
) -> None:
    service.open(max_participants=3, moderator_seats=1)
    service.join(BOB)
    service.join(ALICE)
    service.join(CAROL)
    service.clock.now += HOLD
    service.join(DORA)
    service.join(EVE)
    assert service.refusal(BOB) == "room_full"
    assert service.refusal(ALICE) is None


def test_keeping_seats_free_later_disconnects_nobody(service: Service) -> None:
    service.open(max_participants=2)
    inside = {service.enter(user) for user in (BOB, CAROL)}
    service.change({"moderator_seats": 2})
    assert service.connected() == inside
    assert service.refusal(BOB) is None
    assert service.refusal(ALICE) == "room_full"


def test_a_user_who_becomes_moderator_may_take_a_seat_that_is_kept_free(service: Service) -> None:
    service.open(max_participants=2, moderator_seats=1)
    service.enter(CAROL)
    assert service.refusal(BOB) == "room_full"
    service.change(moderators=SetPatch(add=frozenset({"bob"})))
    assert service.refusal(BOB) is None


@pytest.mark.parametrize(
    ("seats", "kept_free", "moderators"),
    [
        (seats, kept_free, moderators)
        for seats, kept_free, moderators in product((1, 2, 3), (0, 1, 2), (0, 1, 2, 3))
        if kept_free <= seats
    ],
)
def test_moderators_always_find_the_seats_that_are_kept_free(
    service: Service, seats: int, kept_free: int, moderators: int
) -> None:
    team = [User(f"moderator-{number}") for number in range(3)]
    service.open(
        max_participants=seats,
        moderator_seats=kept_free,
        moderators=frozenset(each.id for each in team),
    )
    early = sum(service.refusal(each) is None for each in team[:moderators])
    admitted = sum(service.refusal(User(f"user-{number}")) is None for number in range(4))
    late = sum(service.refusal(each) is None for each in team)
    assert early == min(moderators, seats)
    assert admitted == seats - max(early, kept_free)
    assert late == min(len(team), seats - admitted)
    assert late >= min(kept_free, len(team))


@pytest.mark.parametrize("cap", [None, 1])
def test_no_more_seats_are_kept_free_than_there_are(service: Service, cap: int | None) -> None:
    with pytest.raises(InvalidField) as refusal:
        RoomSettings(max_participants=cap, moderator_seats=2).check()
    assert [each.field for each in refusal.value.fields] == ["moderatorSeats"]
    service.open(max_participants=2, moderator_seats=2)
    with pytest.raises(InvalidField):
        service.change({"max_participants": cap})
    service.change({"max_participants": cap, "moderator_seats": 0})


def test_a_ban_frees_a_seat_that_is_only_held_at_once(service: Service) -> None:
    service.open(max_participants=1)
    service.join(BOB)
    assert service.refusal(CAROL) == "room_full"
    service.ban("bob")
    assert service.refusal(CAROL) is None


def test_a_ban_frees_the_seat_of_a_user_who_is_in_at_once(service: Service) -> None:
    service.open(max_participants=1)
    service.enter(BOB)
    service.enter(BOB)
    service.ban("bob")
    assert service.connected() == set()
    carol = service.enter(CAROL)
    assert service.connected() == {carol}
    service.clock.now += GRACE
    service.reconcile()
    assert service.room().seats.connections.keys() == {"carol"}


def test_a_seat_is_not_freed_before_its_user_is_disconnected(service: Service) -> None:
    service.open(max_participants=1)
    service.enter(BOB)
    service.opentok.faults.fail_next("disconnect")
    with pytest.raises(ProviderUnavailable):
        service.ban("bob")
    assert service.refusal(CAROL) == "room_full"
    service.ban("bob")
    assert service.refusal(CAROL) is None


def test_a_ban_that_is_lifted_meanwhile_frees_no_new_seat(service: Service) -> None:
    service.open(max_participants=1)

    def lift_and_join() -> None:
        (ban,) = service.use_cases.ban_users.bans(ALICE, "standup", service.deadline)
        service.use_cases.ban_users.lift(ALICE, "standup", ban.id, service.deadline)
        service.join(BOB)

    service.table.faults.before_next("free", lift_and_join)
    service.ban("bob")
    assert service.refusal(CAROL) == "room_full"


def test_a_change_of_the_room_meanwhile_keeps_no_seat_of_a_banned_user(service: Service) -> None:
    service.open(max_participants=1)
    service.join(BOB)
    service.table.faults.before_next("free", lambda: service.change({"archive_retention_days": 3}))
    service.ban("bob")
    assert service.refusal(CAROL) is None


def test_a_ban_ends_with_the_room(service: Service) -> None:
    service.open(max_participants=1)
    service.join(BOB)
    service.table.faults.before_next("free", service.close)
    service.ban("bob")
    assert service.room().closed_at is not None


def test_the_ban_of_a_user_in_a_room_without_a_limit_costs_no_call_for_seats(
    service: Service,
) -> None:
    service.open()
    service.ban("bob")
    assert service.table.faults.calls["free"] == 0
