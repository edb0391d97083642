"""Counts and holds that every quota store keeps, on every engine."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from chalicelib.core.ports.quota_store import Allowance, AllowanceSpent, Period
from tests.support.at_once import all_at_once
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, closed, soon

HOUR = Period("mallory", "rooms", NOON + timedelta(hours=1))
LATER = NOON + timedelta(minutes=2)


def test_a_count_begins_at_nothing_and_adds_up(database: Database) -> None:
    store = database.stores.quotas
    assert store.add(HOUR, 3, soon()) == 3
    assert store.add(HOUR, 1, soon()) == 4


@pytest.mark.parametrize(
    "other",
    [
        replace(HOUR, user_id="Mallory"),
        replace(HOUR, counted="tokens"),
        replace(HOUR, ends=HOUR.ends + timedelta(hours=1)),
    ],
    ids=["user", "thing", "time"],
)
def test_each_user_thing_and_period_has_a_count_of_its_own(
    database: Database, other: Period
) -> None:
    store = database.stores.quotas
    store.add(HOUR, 3, soon())
    assert store.add(other, 1, soon()) == 1


def test_a_count_may_vanish_when_its_period_ends(database: Database) -> None:
    database.stores.quotas.add(HOUR, 1, soon())
    assert database.expiry("user#mallory") == HOUR.ends
    database.remove("user#mallory")
    assert database.stores.quotas.add(HOUR, 1, soon()) == 1


def test_many_at_once_are_counted_each(database: Database) -> None:
    count = partial(database.stores.quotas.add, HOUR, 1)
    assert sorted(all_at_once([lambda: count(soon())] * 20)) == list(range(1, 21))


@pytest.mark.parametrize("user_id", ["ж" * 255, "🎥" * 255, "a#b", " "])
def test_any_user_id_is_counted(database: Database, user_id: str) -> None:
    assert database.stores.quotas.add(replace(HOUR, user_id=user_id), 1, soon()) == 1
    holds = {"standup": LATER}
    assert database.stores.quotas.add_holds(user_id, holds, soon()) == holds


def test_holds_are_added_and_replaced_by_room(database: Database) -> None:
    store = database.stores.quotas
    first: dict[str, datetime] = {"red": LATER, "blue": LATER + MILLISECOND}
    assert store.add_holds("mallory", first, soon()) == first
    expected = {**first, "red": LATER + 2 * MILLISECOND}
    assert store.add_holds("mallory", {"red": LATER + 2 * MILLISECOND}, soon()) == expected
    assert store.add_holds("bob", {"red": LATER}, soon()) == {"red": LATER}


@pytest.mark.parametrize("name", ["pk", "sk", "expiresat", "count", "room", "-", "_"])
def test_a_room_of_any_name_can_be_held(database: Database, name: str) -> None:
    store = database.stores.quotas
    store.add_holds("mallory", {"red": LATER}, soon())
    assert store.add_holds("mallory", {name: LATER}, soon()) == {"red": LATER, name: LATER}


def test_holds_are_removed_by_room(database: Database) -> None:
    store = database.stores.quotas
    for rooms in ([], ["unknown"]):
        store.remove_holds("mallory", rooms, soon())
    assert database.keys() == []
    store.add_holds("mallory", {"red": LATER, "blue": LATER}, soon())
    store.remove_holds("mallory", ["red", "unknown"], soon())
    assert store.add_holds("mallory", {"green": LATER}, soon()) == {"blue": LATER, "green": LATER}


def test_a_record_of_holds_may_vanish_when_the_last_one_has_ended(database: Database) -> None:
    holds = {"red": LATER, "blue": LATER + timedelta(milliseconds=500)}
    database.stores.quotas.add_holds("mallory", holds, soon())
    expiry = database.expiry("user#mallory")
    assert expiry is not None
    assert max(holds.values()) <= expiry <= max(holds.values()) + timedelta(seconds=1)


def test_a_room_is_created_and_counted_together_up_to_the_limit(database: Database) -> None:
    rooms, quotas = database.stores.rooms, database.stores.quotas
    for name in ("red", "blue"):
        rooms.create(a_room(name), None, soon(), Allowance(HOUR, 2))
    with pytest.raises(AllowanceSpent):
        rooms.create(a_room("green"), None, soon(), Allowance(HOUR, 2))
    assert rooms.find("green", soon()) is None
    assert quotas.add(HOUR, 1, soon()) == 3


def test_a_room_that_is_not_created_is_not_counted(database: Database) -> None:
    rooms, quotas = database.stores.rooms, database.stores.quotas
    first = a_room()
    rooms.create(first, None, soon(), Allowance(HOUR, 1))
    # The name is taken, which counts for more than the quota.
    assert rooms.create(a_room(), None, soon(), Allowance(HOUR, 1)) == first
    assert quotas.add(HOUR, 1, soon()) == 2


def test_a_room_that_replaces_a_closed_one_is_counted(database: Database) -> None:
    rooms, quotas = database.stores.rooms, database.stores.quotas
    first = a_room()
    rooms.create(first, None, soon())
    rooms.close(first, NOON, soon())
    second = a_room()
    assert rooms.create(second, closed(first, NOON), soon(), Allowance(HOUR, 1)) == second
    assert quotas.add(HOUR, 1, soon()) == 2


def test_rooms_are_counted_until_they_are_deleted_and_up_to_a_limit(database: Database) -> None:
    rooms = database.stores.rooms
    assert rooms.count_created_by("alice", 10, soon()) == 0
    created = [a_room(f"room-{number}") for number in range(3)]
    for room in (*created, a_room("others", created_by="bob"), a_room("lobby", created_by=None)):
        rooms.create(room, None, soon())
    assert rooms.count_created_by("alice", 10, soon()) == 3
    assert rooms.count_created_by("alice", 2, soon()) == 2
    rooms.close(created[0], NOON, soon())
    assert rooms.count_created_by("alice", 10, soon()) == 2
