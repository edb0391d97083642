"""Admission: tokens, and the first of several reasons for a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

import pytest

from chalicelib.core.model.room import MAX_ADMINS
from chalicelib.core.model.seats import GRACE
from chalicelib.core.model.user import Role, User
from chalicelib.errors import RoomFull, RoomNotOpen, StoreUnavailable
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.noon import NOON

HOUR = timedelta(hours=1)


EVERYBODY = {BOB, ALICE, ROOT}


OTHERS = {BOB}


@dataclass(frozen=True)
class Obstacle:
    """A rule that keeps users out of the room.

    Args:
        code: What those are told whom it keeps out.
        put: Puts it in the way; carol, who may be in the room by then, is never concerned.
        stops: Whom it keeps out.
        role: What is asked for, where that is the obstacle.
    """

    code: str
    put: Callable[[Service], object]
    stops: set[User]
    role: Role | None = None


def fill(service: Service) -> None:
    service.change({"max_participants": 1})
    service.enter(CAROL)


OBSTACLES = {
    "deleted": Obstacle("room_closed", Service.close, EVERYBODY),
    "no member": Obstacle(
        "not_a_member", lambda service: service.change({"members": frozenset({"carol"})}), OTHERS
    ),
    "banned": Obstacle("banned", lambda service: service.ban("bob"), OTHERS),
    "hours over": Obstacle(
        "room_closed", lambda service: service.change({"closes_at": NOON}), EVERYBODY
    ),
    "not open yet": Obstacle(
        "room_not_open", lambda service: service.change({"opens_at": NOON + HOUR}), EVERYBODY
    ),
    "locked": Obstacle("room_locked", lambda service: service.change(locked=True), OTHERS),
    "role": Obstacle("role_not_allowed", lambda _: None, OTHERS, Role.MODERATOR),
    "full": Obstacle("room_full", fill, EVERYBODY),
}
"""In the order in which they are told."""


EXCLUSIVE = {("hours over", "not open yet")}


@pytest.mark.parametrize("user", [ALICE, BOB, ROOT], ids=["moderator", "user", "admin"])
@pytest.mark.parametrize("name", OBSTACLES)
def test_each_obstacle_stops_those_whom_it_concerns_and_nobody_else(
    service: Service, name: str, user: User
) -> None:
    obstacle = OBSTACLES[name]
    service.open()
    obstacle.put(service)
    expected = obstacle.code if user in obstacle.stops else None
    assert service.refusal(user, role=obstacle.role) == expected


@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in combinations(OBSTACLES, 2) if pair not in EXCLUSIVE]
)
def test_of_two_obstacles_the_first_is_reported(service: Service, first: str, second: str) -> None:
    service.open()
    OBSTACLES[second].put(service)
    OBSTACLES[first].put(service)
    role = OBSTACLES[first].role or OBSTACLES[second].role
    assert service.refusal(BOB, role=role) == OBSTACLES[first].code


@pytest.mark.parametrize("name", [name for name in OBSTACLES if name != "deleted"])
def test_who_is_refused_leaves_no_trace(service: Service, name: str) -> None:
    service.open()
    OBSTACLES[name].put(service)
    before = service.table.snapshot()
    assert service.refusal(BOB, role=OBSTACLES[name].role) is not None
    assert service.table.snapshot() == before


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "code"),
    [
        (None, NOON + timedelta(seconds=1), None),
        (None, NOON + timedelta(milliseconds=999), "room_closed"),
        (None, NOON, "room_closed"),
        (NOON, None, None),
        (NOON + timedelta(milliseconds=1), None, "room_not_open"),
        (NOON - HOUR, NOON + HOUR, None),
        (NOON - HOUR, NOON - timedelta(seconds=1), "room_closed"),
        (NOON + HOUR, NOON + 2 * HOUR, "room_not_open"),
    ],
)
def test_a_room_lets_users_in_within_its_hours(
    service: Service, opens_at: datetime | None, closes_at: datetime | None, code: str | None
) -> None:
    service.open(opens_at=opens_at, closes_at=closes_at)
    assert service.refusal(BOB) == code


def test_a_room_that_is_not_open_yet_says_when_it_opens(service: Service) -> None:
    service.open(opens_at=NOON + timedelta(seconds=89, milliseconds=500))
    with pytest.raises(RoomNotOpen) as refusal:
        service.join(BOB)
    assert refusal.value.retry_after == 90
    assert refusal.value.extensions == {"opensAt": "2026-03-01T12:01:29.500Z"}


@pytest.mark.parametrize("cap", [None, 9], ids=["uncapped", "capped"])
def test_a_lock_lets_back_in_who_is_in_or_was_a_moment_ago(
    service: Service, cap: int | None
) -> None:
    service.open(max_participants=cap)
    bob = service.enter(BOB)
    service.change(locked=True)
    assert service.refusal(BOB) is None
    service.leave(bob)
    service.clock.now += GRACE - timedelta(milliseconds=1)
    assert service.refusal(BOB) is None
    # In a capped room that token holds a seat, which by itself is a way in.
    service.clock.now += timedelta(minutes=3)
    assert service.refusal(BOB) == "room_locked"
    service.change(locked=False)
    assert service.refusal(BOB) is None


def test_a_lock_does_not_admit_who_only_came_to_it(service: Service) -> None:
    service.open()
    old = service.join(BOB).token.text
    service.change(locked=True)
    service.connect(old)
    assert service.connected() == set()
    assert service.refusal(BOB) == "room_locked"


def test_whether_somebody_is_in_is_asked_only_where_a_lock_makes_it_matter(
    service: Service,
) -> None:
    service.open()
    service.table.faults.fail_next("was_connected")
    for user in (ALICE, ROOT, BOB):
        assert service.refusal(user) is None
    service.change(locked=True)
    assert service.refusal(ALICE) is None
    with pytest.raises(StoreUnavailable):
        service.join(BOB)


@pytest.mark.parametrize("members", [frozenset(), frozenset({"carol"})])
def test_a_list_of_members_never_concerns_moderators_and_admins(
    service: Service, members: frozenset[str]
) -> None:
    service.open(members=members)
    assert service.refusal(BOB) == "not_a_member"
    assert service.refusal(ALICE) is None
    assert service.refusal(ROOT) is None


def test_a_ban_ends_when_it_is_lifted(service: Service) -> None:
    service.open()
    ban = service.use_cases.ban_users.ban(ALICE, "standup", "bob", service.deadline)
    assert service.refusal(BOB) == "banned"
    service.use_cases.ban_users.lift(ALICE, "standup", ban.id, service.deadline)
    assert service.refusal(BOB) is None


def test_bans_outlive_a_room_whose_moderators_use_its_name_anew_and_no_longer_than_its_name(
    service: Service,
) -> None:
    service.open()
    service.ban("bob")
    service.close()
    service.open()
    assert service.refusal(BOB) == "banned"
    service.close()
    service.clock.forward(days=30)
    assert service.refusal(BOB) is None


def test_a_full_room_says_how_many_seats_it_has_and_when_one_may_become_free(
    service: Service,
) -> None:
    service.open(max_participants=2)
    service.join(BOB)
    service.clock.forward(seconds=30)
    service.join(CAROL)
    with pytest.raises(RoomFull) as refusal:
        service.join(User("dora"))
    assert refusal.value.retry_after == 90
    assert refusal.value.extensions == {
        "maxParticipants": 2,
        "holdLapsesAt": "2026-03-01T12:02:00Z",
    }


@pytest.mark.parametrize(
    ("seats", "detail"),
    [
        (1, "The only seat of this room is taken; please try again later."),
        (2, "All 2 seats of this room are taken; please try again later."),
    ],
)
def test_a_full_room_says_in_words_that_its_seats_are_taken(
    service: Service, seats: int, detail: str
) -> None:
    service.open(max_participants=seats)
    for number in range(seats):
        service.join(User(f"user-{number}"))
    with pytest.raises(RoomFull) as refusal:
        service.join(BOB)
    assert refusal.value.detail == detail


def test_rules_that_change_while_somebody_joins_are_those_that_hold(service: Service) -> None:
    service.open(max_participants=2)
    service.table.faults.before_next("write_claim", lambda: service.ban("bob"))
    assert service.refusal(BOB) == "banned"
    assert "bob" not in service.room().seats.connections


def test_a_room_that_expires_while_somebody_joins_is_none_to_come_into(service: Service) -> None:
    service.open(max_participants=2)
    service.table.faults.before_next("write_claim", service.table.rooms.clear)
    assert service.refusal(BOB) == "room_not_found"
    assert service.table.rooms == {}


def test_of_too_many_admins_on_record_the_one_whose_time_ends_first_makes_way(
    service: Service,
) -> None:
    service.open()
    for number in range(MAX_ADMINS + 1):
        service.join(User(f"admin-{number}", admin=True))
        service.clock.forward(seconds=1)
    recorded = service.room().admins_until
    assert len(recorded) == MAX_ADMINS
    assert "admin-0" not in recorded
    assert f"admin-{MAX_ADMINS}" in recorded
