"""Conditions of writes about who is in: where one no longer holds, nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from chalicelib.core.model.connection import Connection, Counts, Participant, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import GRACE, HOLD
from chalicelib.core.ports.room_store import RoomStore, SeatStore, StaleRoom
from chalicelib.core.ports.session_store import CheckQueue, DueSession, DueWorkStore, SessionStore
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
        """Return the room as it is stored now."""
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
        """Return the write of the user's join, as decided by the room that is stored now."""
        room = self.room()
        claim = room.seats.claim_for_join(user, CAP, at)
        assert claim is not None
        return lambda: self.seats.write_claim(room, claim, soon())

    def leaves_later(self, user: str) -> Callable[[], None]:
        """Return the write of the end of the user's connection, decided likewise."""
        room, session = self.room(), self.session()
        release = room.seats.release_for(connection_of(user).id, LATER)
        assert release is not None
        return lambda: self.sessions.record_disconnection_and_release(
            session, room, release, LATER, soon()
        )

    def refuses(self, write: Callable[[], object]) -> bool:
        """Return True if the write is refused with the stored room, and has changed nothing."""
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


def due_by(house: House, until: datetime) -> list[DueSession]:
    return [*house.due_work.due_sessions(until, 99, soon())]


def test_a_new_session_is_due_among_the_live_ones_after_a_minute(house: House) -> None:
    due = NOON + timedelta(minutes=1)
    assert due_by(house, due - timedelta(milliseconds=1)) == []
    assert due_by(house, due) == [
        DueSession(house.session().id, CheckQueue.LIVE, due, "alice", has_access_limits=True)
    ]


def test_of_more_sessions_than_are_read_those_that_are_due_longest_are_returned(
    house: House,
) -> None:
    first = house.session()
    house.due_work.schedule_check(first, NOON, None, soon())
    for number in range(30):
        house.rooms.create(a_room(f"room-{number}"), None, soon())
    found = house.due_work.due_sessions(LAPSED, 1, soon())
    assert first.id in {each.id for each in found}
    assert len(found) <= 8


@pytest.mark.parametrize("found", [True, False], ids=["somebody", "nobody"])
def test_a_check_sets_the_next_one_and_the_queue(house: House, found: bool) -> None:
    quiet_since = None if found else NOON
    house.due_work.schedule_check(house.session(), LAPSED, quiet_since, soon())
    session = house.session()
    assert (session.next_check, session.quiet_since) == (LAPSED, quiet_since)
    assert session.monitored is found
    queue = CheckQueue.LIVE if found else CheckQueue.IDLE
    assert [(each.queue, each.due) for each in due_by(house, LAPSED)] == [(queue, LAPSED)]
    assert due_by(house, LATER) == []


def test_a_token_during_a_check_has_the_last_word(house: House) -> None:
    as_read = house.session()
    house.sessions.monitor(house.room(), NOON + timedelta(seconds=5), soon())
    before = house.database.snapshot()
    house.due_work.schedule_check(as_read, LAPSED, NOON, soon())
    house.due_work.stop_checks(as_read, soon())
    assert house.database.snapshot() == before


def test_a_retirement_during_a_check_has_the_last_word(house: House) -> None:
    as_read = house.session()
    house.due_work.retire(house.room(), NOON, soon())
    before = house.database.snapshot()
    house.due_work.schedule_check(as_read, LAPSED, None, soon())
    house.due_work.stop_checks(as_read, soon())
    assert house.database.snapshot() == before


@pytest.mark.parametrize("stopped", [True, False], ids=["no more checks", "a check much later"])
@pytest.mark.parametrize("by", ["token", "client"])
def test_an_idle_session_is_checked_soon_after_a_token_or_a_client(
    house: House, by: str, stopped: bool
) -> None:
    house.due_work.mark_room_idle(house.session(), soon())
    house.due_work.schedule_check(house.session(), LAPSED + timedelta(days=1), NOON, soon())
    if stopped:
        house.due_work.stop_checks(house.session(), soon())
        assert house.session().next_check is None
    assert house.room().session_idle
    if by == "token":
        house.sessions.monitor(house.room(), NOON, soon())
        assert not house.room().session_idle
    else:
        house.sessions.record_connection(house.session(), connection_of("carol"), soon())
    (due,) = due_by(house, NOON + timedelta(minutes=1))
    assert (due.queue, due.owner) == (CheckQueue.LIVE, "alice")
    assert (house.session().monitored, house.session().quiet_since) == (True, None)


def test_a_client_in_a_retired_session_brings_its_check_forward_among_the_retired(
    house: House,
) -> None:
    house.due_work.retire(house.room(), NOON, soon())
    house.due_work.schedule_check(house.session(), LAPSED, NOON, soon())
    house.sessions.record_connection(house.session(), connection_of("bob", refused=True), soon())
    (due,) = due_by(house, NOON + timedelta(minutes=1))
    assert due.queue is CheckQueue.RETIRED
    house.due_work.schedule_check(house.session(), LATER, None, soon())
    assert [each.queue for each in due_by(house, LATER)] == [CheckQueue.RETIRED]


def test_a_failed_check_is_put_off_in_its_queue_and_one_that_is_not_due_stays_so(
    house: House,
) -> None:
    session = house.session()
    house.due_work.schedule_check(session, NOON, NOON, soon())
    house.due_work.postpone_check(session.id, LATER, soon())
    assert [(each.queue, each.due) for each in due_by(house, LATER)] == [(CheckQueue.IDLE, LATER)]
    house.due_work.stop_checks(house.session(), soon())
    house.due_work.postpone_check(session.id, NOON, soon())
    house.due_work.postpone_check("session-of-nobody", NOON, soon())
    assert due_by(house, LAPSED) == []


def test_a_room_with_another_session_is_not_marked_as_idle(house: House) -> None:
    old = house.session()
    after = replace(house.room(), session_id="session-anew")
    house.rooms.compare_and_set(house.room(), after, NOON, soon())
    house.due_work.mark_room_idle(old, soon())
    assert not house.room().session_idle


def test_streams_without_a_connection_are_kept_with_the_session_until_others_replace_them(
    house: House,
) -> None:
    first = Stream("s1", "Bob", "camera", NOON)
    second = Stream("s2", "", None, LATER)
    for kept in ((first, second), (second,), ()):
        house.sessions.save_unassigned_streams(house.session(), kept, soon())
        assert house.session().unassigned_streams == kept


def test_no_session_is_made_up_for_streams_without_a_connection(house: House) -> None:
    nobodys = Session("session-of-nobody", "standup", "room-0")
    house.sessions.save_unassigned_streams(nobodys, [Stream("s1", "", None, NOON)], soon())
    assert house.sessions.session(nobodys.id, soon()) is None


def test_a_connection_that_was_refused_and_is_admitted_after_all_is_recorded_as_admitted(
    house: House,
) -> None:
    house.sessions.record_connection(house.session(), connection_of("bob", refused=True), soon())
    house.sessions.record_connection(house.session(), connection_of("bob"), soon())
    assert house.sessions.connections(house.session().id, soon()) == [connection_of("bob")]
