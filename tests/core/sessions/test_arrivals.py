"""Arrivals: which connections stay, and which are on record."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.seats import GRACE
from chalicelib.core.model.user import Role, User
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.noon import NOON

Change = Callable[[Service], object]


def add_member(service: Service) -> object:
    return service.change({"members": frozenset({"carol"})})


def close_hours(service: Service) -> object:
    return service.change({"closes_at": NOON})


def open_anew(service: Service) -> object:
    service.close()
    return service.open()


def reopen(service: Service) -> object:
    close_hours(service)
    return service.change({"closes_at": None})


def lock(service: Service) -> object:
    return service.change(locked=True)


def fill(service: Service) -> object:
    service.change({"max_participants": 1})
    return service.enter(CAROL)


def lift_ban(service: Service) -> object:
    ban = service.use_cases.ban_users.ban(ALICE, "standup", "bob", service.deadline)
    service.use_cases.ban_users.lift(ALICE, "standup", ban.id, service.deadline)
    return ban


CHANGES: list[tuple[Change, bool]] = [
    (add_member, False),
    (lambda service: service.ban("bob"), False),
    (lift_ban, True),
    (close_hours, False),
    (reopen, False),
    (Service.close, False),
    (open_anew, False),
    (lock, False),
    (fill, False),
    (lambda service: service.change({"max_participants": 1}), True),
    (lambda service: service.change({"opens_at": NOON + timedelta(hours=1)}), True),
]


@pytest.mark.parametrize("cap", [None, 5], ids=["uncapped", "capped"])
@pytest.mark.parametrize(("change", "stays"), CHANGES)
def test_a_token_brings_in_only_who_may_be_in_by_the_rules_of_the_moment(
    service: Service, change: Change, stays: bool, cap: int | None
) -> None:
    room = service.open(max_participants=cap)
    # Of a seat it has none by now, which lets in whom a lock keeps out.
    token = service.join(BOB).token.text
    service.clock.forward(minutes=3)
    change(service)
    bob = service.connect(token)
    assert (bob in service.opentok.connected(room.session_id)) == stays
    assert (bob in service.recorded()) == stays


def test_a_seat_that_waits_lets_its_user_through_a_lock(service: Service) -> None:
    service.open(max_participants=5)
    token = service.join(BOB).token.text
    lock(service)
    assert service.connect(token) in service.connected()


@pytest.mark.parametrize(
    ("role", "stays"), [(Role.MODERATOR, False), (Role.PUBLISHER, True), (Role.SUBSCRIBER, True)]
)
def test_who_moderates_no_longer_comes_in_with_no_moderators_token(
    service: Service, role: Role, stays: bool
) -> None:
    service.open(moderators=frozenset({"bob"}))
    token = service.join(BOB, role=role).token.text
    service.change({"moderators": frozenset({"alice"})})
    assert (service.connect(token) in service.connected()) == stays


@pytest.mark.parametrize("cap", [None, 5], ids=["uncapped", "capped"])
@pytest.mark.parametrize("change", [lock, lambda service: service.change({"members": frozenset()})])
def test_moderators_and_admins_with_a_token_come_in_though_others_may_not(
    service: Service, change: Change, cap: int | None
) -> None:
    service.open(max_participants=cap)
    tokens = [service.join(user).token.text for user in (ALICE, ROOT)]
    change(service)
    assert {service.connect(token) for token in tokens} == service.connected()


def test_an_admin_is_noted_once_for_many_joins_and_forgotten_with_their_last_token(
    service: Service,
) -> None:
    service.open()
    for _ in range(3):
        service.join(ROOT)
    assert service.table.faults.calls["remember_admin"] == 1
    service.clock.forward(days=3)
    service.join(User("toor", admin=True))
    assert set(service.room().admins_until) == {"toor"}


def test_a_lock_lets_a_user_back_in_who_left_a_moment_ago(service: Service) -> None:
    service.open()
    token = service.join(BOB).token.text
    bob = service.connect(token)
    lock(service)
    service.leave(bob)
    service.clock.now += GRACE - timedelta(milliseconds=1)
    again = service.connect(token)
    assert service.connected() == {again}


def test_being_sent_away_from_a_lock_is_no_way_through_it(service: Service) -> None:
    service.open()
    token = service.join(BOB).token.text
    lock(service)
    for _ in range(3):
        service.connect(token)
    assert service.connected() == set()


def test_who_is_sent_away_takes_no_seat(service: Service) -> None:
    service.open(max_participants=1)
    token = service.join(BOB).token.text
    service.clock.forward(minutes=3)
    service.ban("bob")
    service.connect(token)
    assert service.refusal(CAROL) is None


def test_a_client_whose_data_names_nobody_may_stay_only_where_nobody_is_kept_out(
    service: Service,
) -> None:
    service.open()
    unnamed = Connection(service.connect_unreported(service.join(BOB).token.text), NOON)
    service.arrives(unnamed)
    assert service.connected() == {unnamed.id}
    lock(service)
    service.arrives(unnamed)
    assert service.connected() == set()
