"""What a write about who is in stands on: where that no longer holds, nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from chalicelib.core.model.connection import Connection, Counts, Participant, Session
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import GRACE, HOLD
from chalicelib.core.ports.room_store import RoomStore, SeatStore, StaleRoom
from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import NOON, a_room, soon

CAP = 2
LATER = NOON + timedelta(seconds=1)
LAPSED = NOON + HOLD


def connection_of(user: str, number: int = 1, *, refused: bool = False) -> Connection:
    return Connection(f"{user}-{number}", NOON, Participant(user), refused=refused)


@dataclass(frozen=True)
class House:
    """A room with two seats."""

    database: Database
    rooms: RoomStore
    seats: SeatStore
    sessions: SessionStore
    due_work: DueWorkStore

    def room(self) -> Room:
        """As it stands."""
        room = self.rooms.find("standup", soon())
        assert room is not None
        return room

    def session(self) -> Session:
        session = self.sessions.session(self.room().session_id, soon())
        assert session is not None
        return session

    def holds(self, user: str, at: datetime = NOON) -> None:
        """The user is given a token."""
        claim = self.room().seats.claim_for_join(user, CAP, at)
        assert claim is not None
        self.seats.write_claim(self.room(), claim, soon())

    def enters(self, user: str, number: int = 1, at: datetime = NOON) -> None:
        room, connection = self.room(), connection_of(user, number)
        claim = room.seats.claim_for_connection(user, connection.id, CAP, at)
        assert claim is not None
        self.sessions.record_connection_and_seat(self.session(), connection, room, claim, soon())

    def is_changed(self) -> None:
        """Somebody else changes its rules."""
        room = self.room()
        after = replace(room, locked=True, revision=room.revision + 1)
        self.rooms.compare_and_set(room, after, NOON, soon())

    def joins_later(self, user: str, at: datetime) -> Callable[[], None]:
        """What the user's join will write, as judged by the room as it stands now."""
        room = self.room()
        claim = room.seats.claim_for_join(user, CAP, at)
        assert claim is not None
        return lambda: self.seats.write_claim(room, claim, soon())

    def leaves_later(self, user: str) -> Callable[[], None]:
        """What the end of the user's connection will write, likewise."""
        room, session = self.room(), self.session()
        release = room.seats.release_for(connection_of(user).id, LATER)
        assert release is not None
        return lambda: self.sessions.record_disconnection_and_release(
            session, room, release, LATER, soon()
        )

    def refuses(self, write: Callable[[], object]) -> bool:
        """Whether the write is told to be stale, with the room as it stands, and left none."""
        before = self.database.snapshot()
        with pytest.raises(StaleRoom) as stale:
            write()
        return stale.value.room == self.room() and self.database.snapshot() == before


@pytest.fixture
def house(database: Database) -> House:
    stores = database.stores
    stores.rooms.create(a_room(settings=RoomSettings(max_participants=CAP)), None, soon())
    return House(database, stores.rooms, stores.seats, stores.sessions, stores.due_work)


def test_no_seat_is_taken_by_rules_that_have_changed(house: House) -> None:
    bob_joins = house.joins_later("bob", NOON)
    house.is_changed()
    assert house.refuses(bob_joins)


def test_no_connection_is_recorded_by_rules_that_have_changed(house: House) -> None:
    room, session = house.room(), house.session()
    house.is_changed()
    assert house.refuses(
        lambda: house.sessions.record_connection(
            session, connection_of("bob"), soon(), expected=room
        )
    )


def test_the_last_seat_is_not_taken_by_two_who_both_saw_it_free(house: House) -> None:
    for number in range(CAP - 1):
        house.holds(f"user-{number}")
    bob_joins, carol_joins = house.joins_later("bob", NOON), house.joins_later("carol", NOON)
    bob_joins()
    assert house.refuses(carol_joins)


def test_a_lapsed_seat_is_not_taken_from_who_has_connected_meanwhile(house: House) -> None:
    house.holds("bob")
    house.holds("carol")
    dora_joins = house.joins_later("dora", LAPSED)
    house.enters("bob", at=LAPSED)
    assert house.refuses(dora_joins)


def test_a_lapsed_seat_is_not_taken_from_who_is_given_another_token_meanwhile(
    house: House,
) -> None:
    house.holds("bob")
    house.holds("carol")
    dora_joins = house.joins_later("dora", LAPSED)
    house.holds("bob", at=LAPSED)
    assert house.refuses(dora_joins)


@pytest.mark.parametrize(
    "bob_comes", [House.holds, partial(House.enters, number=2)], ids=["token", "connection"]
)
def test_a_seat_without_a_hold_is_not_taken_from_who_comes_meanwhile(
    house: House, bob_comes: Callable[..., None]
) -> None:
    house.holds("carol")
    house.enters("bob")
    room = house.room()
    release = room.seats.release_for(connection_of("bob").id, LATER)
    assert release is not None
    at_once = replace(release, hold_until=None)
    house.sessions.record_disconnection_and_release(house.session(), room, at_once, LATER, soon())
    dora_joins = house.joins_later("dora", LATER)
    bob_comes(house, "bob", at=LATER)
    assert house.refuses(dora_joins)


def test_the_last_connection_that_ends_sees_that_another_has_come_meanwhile(house: House) -> None:
    house.enters("bob")
    bob_leaves = house.leaves_later("bob")
    house.enters("bob", 2)
    assert house.refuses(bob_leaves)


def test_one_of_two_connections_that_ends_sees_that_it_is_the_last_by_now(house: House) -> None:
    house.enters("bob")
    house.enters("bob", 2)
    bob_leaves = house.leaves_later("bob")
    room = house.room()
    other = room.seats.release_for(connection_of("bob", 2).id, LATER)
    assert other is not None
    house.sessions.record_disconnection_and_release(house.session(), room, other, LATER, soon())
    assert house.refuses(bob_leaves)


def test_a_connections_end_shortens_no_hold_that_was_given_meanwhile(house: House) -> None:
    house.enters("bob")
    bob_leaves = house.leaves_later("bob")
    house.holds("bob", at=LATER)
    assert LATER + HOLD > LATER + GRACE
    assert house.refuses(bob_leaves)


def test_an_admin_noted_anew_is_not_forgotten_by_another_ones_note(house: House) -> None:
    house.seats.remember_admin(house.room(), "root", LATER, (), soon())
    as_read = house.room()
    house.seats.remember_admin(house.room(), "root", LAPSED, (), soon())
    assert house.refuses(
        lambda: house.seats.remember_admin(as_read, "toor", LAPSED, {"root"}, soon())
    )


def test_a_room_that_has_changed_is_neither_put_off_nor_retired(house: House) -> None:
    as_read = house.room()
    house.is_changed()
    before = house.database.snapshot()
    house.due_work.reschedule(as_read, LATER, soon())
    assert not house.due_work.retire(as_read, NOON, soon())
    assert house.database.snapshot() == before


def test_a_change_of_other_rules_leaves_a_room_put_off_and_one_of_its_hours_does_not(
    house: House,
) -> None:
    def closes(at: datetime) -> None:
        room = house.room()
        after = replace(room, settings=replace(room.settings, closes_at=at))
        house.rooms.compare_and_set(room, after, NOON, soon())

    closes(LATER)
    assert house.due_work.due_rooms(NOON, 9, soon()) == ["standup"]
    house.due_work.reschedule(house.room(), LAPSED, soon())
    house.is_changed()
    assert house.due_work.due_rooms(LATER, 9, soon()) == []
    assert house.due_work.due_rooms(LAPSED, 9, soon()) == ["standup"]
    house.due_work.reschedule(house.room(), None, soon())
    assert house.due_work.due_rooms(LAPSED, 9, soon()) == []
    closes(NOON)
    assert house.due_work.due_rooms(NOON, 9, soon()) == ["standup"]


def test_counts_are_not_replaced_by_older_ones(house: House) -> None:
    session_id, newer = house.room().session_id, Counts(3, 2, 2, LATER)
    house.sessions.save_counts(session_id, newer, soon())
    house.sessions.save_counts(session_id, Counts(1, 1, 1, NOON), soon())
    assert house.sessions.counts(session_id, soon()) == newer


def test_a_session_found_idle_once_is_looked_after_if_somebody_comes_before_the_second_time(
    house: House,
) -> None:
    house.enters("bob")
    session_id = house.session().id
    house.due_work.mark_checked(session_id, LATER, soon(), idle=True)
    as_read = house.session()
    house.sessions.record_connection(as_read, connection_of("carol"), soon())
    assert not house.due_work.stop_monitoring(as_read, soon())
    assert house.due_work.due_sessions(LATER, 1, soon()) == [session_id]


def test_a_forgotten_session_is_looked_after_again_once_its_room_says_so(house: House) -> None:
    session_id = house.session().id
    house.due_work.mark_checked(session_id, LATER, soon(), idle=True)
    assert house.due_work.stop_monitoring(house.session(), soon())
    assert house.due_work.due_sessions(LAPSED, 1, soon()) == []
    assert house.room().monitoring_stopped
    house.sessions.monitor(house.room(), NOON, soon())
    assert house.due_work.due_sessions(LAPSED, 1, soon()) == [session_id]
    assert not house.room().monitoring_stopped


def test_a_session_that_is_retired_meanwhile_is_not_forgotten(house: House) -> None:
    room, session_id = house.room(), house.session().id
    house.due_work.mark_checked(session_id, LATER, soon(), idle=True)
    as_read = house.session()
    house.due_work.retire(room, NOON, soon())
    assert not house.due_work.stop_monitoring(as_read, soon())
    assert house.due_work.due_sessions(LAPSED, 1, soon()) == [session_id]


def test_a_connection_that_was_refused_and_is_admitted_after_all_is_recorded_as_admitted(
    house: House,
) -> None:
    house.sessions.record_connection(house.session(), connection_of("bob", refused=True), soon())
    house.sessions.record_connection(house.session(), connection_of("bob"), soon())
    assert house.sessions.connections(house.session().id, soon()) == [connection_of("bob")]
