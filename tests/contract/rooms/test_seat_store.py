"""Claims, waits and freed seats that every seat store writes, on every engine."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import HOLD, PAUSE, KeptFree, SeatClaim, Seats
from chalicelib.core.ports.room_store import StaleRoom
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import NOON, a_room, soon

LONGEST_WAIT = 3 * HOLD
SETTINGS = RoomSettings(moderators=frozenset({"alice"}), max_participants=3, moderator_seats=1)
MODERATORS = KeptFree(1, frozenset({"alice"}))


def stored(database: Database, seats: Seats) -> Room:
    """Create a room with these seats."""
    room = replace(a_room(settings=SETTINGS), seats=seats)
    return database.stores.rooms.create(room, None, soon())


def seats_now(database: Database) -> Seats:
    room = database.stores.rooms.find("standup", soon())
    assert room is not None
    return room.seats


def claim_of(room: Room, user_id: str, kept_free: KeptFree = MODERATORS) -> SeatClaim:
    claim = room.seats.claim_for_join(user_id, 3, NOON, kept_free, LONGEST_WAIT)
    assert claim is not None
    return claim


def test_the_start_of_a_wait_is_written_with_the_hold_and_past_waits_are_deleted(
    database: Database,
) -> None:
    past = NOON - LONGEST_WAIT - PAUSE
    recent = past + timedelta(milliseconds=1)
    room = stored(database, Seats(waiting={"carol": past, "dora": recent}))
    database.stores.seats.write_claim(room, claim_of(room, "bob"), soon())
    expected = Seats({"bob": {}}, {"bob": NOON + HOLD}, {"dora": recent, "bob": NOON})
    assert seats_now(database) == expected


def test_a_claim_that_counts_on_a_moderators_seat_needs_it(database: Database) -> None:
    room = stored(database, Seats({"alice": {"c1": NOON}, "bob": {"c2": NOON}}))
    claim = claim_of(room, "carol")
    assert claim.counted_on == ("alice",)
    database.stores.seats.free(room, "alice", soon())
    without_alice = replace(room, seats=seats_now(database))
    database.stores.seats.write_claim(without_alice, claim_of(without_alice, "dora"), soon())
    before = seats_now(database)
    with pytest.raises(StaleRoom) as refusal:
        database.stores.seats.write_claim(room, claim, soon())
    assert seats_now(database) == before
    assert refusal.value.room is not None
    assert refusal.value.room.seats.claim_for_join("carol", 3, NOON, MODERATORS) is None


def test_a_claim_does_not_take_the_seat_that_is_kept_free(database: Database) -> None:
    room = stored(database, Seats({"bob": {"c2": NOON}}))
    claims = [claim_of(room, user_id) for user_id in ("carol", "dora")]
    database.stores.seats.write_claim(room, claims[0], soon())
    with pytest.raises(StaleRoom):
        database.stores.seats.write_claim(room, claims[1], soon())
    moderators = claim_of(room, "alice", KeptFree())
    database.stores.seats.write_claim(room, moderators, soon())
    assert seats_now(database).connections.keys() == {"alice", "bob", "carol"}


def test_a_seat_is_freed_with_its_hold_and_its_wait(database: Database) -> None:
    seats = Seats({"bob": {"c1": NOON}, "carol": {}}, {"bob": NOON}, {"bob": NOON, "carol": NOON})
    room = stored(database, seats)
    database.stores.seats.free(room, "bob", soon())
    database.stores.seats.free(room, "nobody", soon())
    assert seats_now(database) == Seats({"carol": {}}, {}, {"carol": NOON})


def test_no_seat_is_freed_in_a_room_that_was_changed_meanwhile(database: Database) -> None:
    room = stored(database, Seats({"bob": {}}, {"bob": NOON}))
    database.stores.rooms.compare_and_set(room, replace(room, locked=True), NOON, soon())
    with pytest.raises(StaleRoom) as refusal:
        database.stores.seats.free(room, "bob", soon())
    assert refusal.value.room == replace(room, locked=True, revision=room.revision + 1)
    assert seats_now(database) == room.seats
