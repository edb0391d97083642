"""Session stores, on every engine: a connection's state only moves forward."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from chalicelib.adapters.dynamodb.presence.departures import departure_key
from chalicelib.core.model.connection import (
    MAX_ENDED_STREAMS,
    MAX_STREAMS_AT_ONCE,
    Connection,
    Counts,
    Participant,
    Service,
    Session,
    Stream,
)
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import Role
from chalicelib.core.ports.connection_page import EndedConnection, place_of
from chalicelib.core.ports.session_store import SessionStore
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, soon

ROOM = a_room(settings=RoomSettings(max_participants=2))
LATER = NOON + timedelta(seconds=1)
BOB = Connection("bob-1", NOON, Participant("bob", "Bob", Role.PUBLISHER))
CALLER = Connection("call-1", NOON, Participant(service=Service.SIP, role=Role.PUBLISHER))
GUEST = Connection("guest-1", NOON, Participant("guest:ann", "Ann", invitation_id="0" * 24))
STREAM = Stream("s1", "camera", "camera", NOON)


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    database.stores.rooms.create(ROOM, None, soon())
    return database.stores.sessions


@pytest.fixture
def session(sessions: SessionStore) -> Session:
    session = sessions.session(ROOM.session_id, soon())
    assert session is not None
    return session


def everybody(sessions: SessionStore) -> list[Connection]:
    return sorted(sessions.connections(ROOM.session_id, soon()), key=lambda each: each.id)


def test_a_connection_comes_back_as_it_was_recorded(
    sessions: SessionStore, session: Session
) -> None:
    for connection in (BOB, CALLER, GUEST):
        assert sessions.record_connection(session, connection, soon())
        assert sessions.record_connection(session, connection, soon())
    assert everybody(sessions) == [BOB, CALLER, GUEST]


def test_what_a_later_report_of_an_arrival_does_not_tell_stays_as_it_was_reported(
    sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, BOB, soon())
    sessions.record_connection(session, Connection(BOB.id, LATER), soon())
    assert everybody(sessions) == [replace(BOB, since=LATER)]


def test_a_session_that_is_none_of_ours_is_unknown_and_empty(sessions: SessionStore) -> None:
    assert sessions.session("none", soon()) is None
    assert sessions.connections("none", soon()) == []
    assert sessions.counts("none", soon()) is None


def do(step: str, sessions: SessionStore, session: Session, connection: Connection) -> None:
    match step:
        case "arrive":
            sessions.record_connection(session, connection, soon())
        case "publish":
            sessions.record_stream(session, connection.id, STREAM, soon())
            sessions.record_stream(session, connection.id, replace(STREAM, id="s2"), soon())
        case "unpublish":
            sessions.end_stream(session, connection.id, STREAM.id, LATER, soon())
        case "leave":
            sessions.record_disconnection(session, connection.id, LATER, soon())


def test_whatever_comes_first_what_is_gone_stays_gone(
    sessions: SessionStore, session: Session
) -> None:
    for order in permutations(["arrive", "publish", "unpublish", "leave"]):
        connection = replace(BOB, id="-".join(order))
        for step in (*order, *order[:2]):
            do(step, sessions, session, connection)
        assert not sessions.record_connection(session, connection, soon())
    assert everybody(sessions) == []


def test_whatever_comes_first_a_stream_that_has_ended_is_not_shown(
    sessions: SessionStore, session: Session
) -> None:
    shown = (replace(STREAM, id="s2"),)
    orders = sorted(permutations(["arrive", "publish", "unpublish"]))
    connections = [replace(BOB, id="-".join(order)) for order in orders]
    for order, connection in zip(orders, connections, strict=True):
        for step in (*order, *order):
            do(step, sessions, session, connection)
    assert everybody(sessions) == [replace(each, streams=shown) for each in connections]


def test_streams_are_shown_in_the_order_they_began_in(
    sessions: SessionStore, session: Session
) -> None:
    first, second, third = (
        Stream("z", "", None, NOON),
        Stream("a", "", None, LATER),
        Stream("b", "", None, LATER),
    )
    for stream in (third, second, first):
        sessions.record_stream(session, BOB.id, stream, soon())
    assert everybody(sessions) == []
    sessions.record_connection(session, BOB, soon())
    assert everybody(sessions) == [replace(BOB, streams=(first, second, third))]


@pytest.mark.parametrize(
    ("connection", "was_connected"),
    [(BOB, True), (replace(BOB, refused=True), False), (CALLER, False)],
)
def test_an_end_tells_once_whether_a_user_was_in_by_it(
    sessions: SessionStore, session: Session, connection: Connection, was_connected: bool
) -> None:
    unknown = sessions.record_disconnection(session, "unknown", LATER, soon())
    assert unknown == EndedConnection(was_connected=False, user_id=None)
    sessions.record_connection(session, connection, soon())
    first = sessions.record_disconnection(session, connection.id, LATER, soon())
    assert first == EndedConnection(was_connected, connection.participant.user_id)
    again = sessions.record_disconnection(session, connection.id, LATER, soon())
    assert again == EndedConnection(was_connected=False, user_id=first.user_id)


def test_a_user_was_in_until_their_first_end_that_was_reported(
    sessions: SessionStore, session: Session
) -> None:
    def was_connected(since: datetime, user: str = "bob") -> bool:
        return sessions.was_connected(ROOM.session_id, user, since, soon())

    assert not was_connected(NOON)
    sessions.record_connection(session, replace(BOB, refused=True), soon())
    assert not was_connected(NOON)
    sessions.record_connection(session, BOB, soon())
    assert was_connected(LATER + timedelta(hours=1))
    assert not was_connected(NOON, "carol")
    sessions.record_disconnection(session, BOB.id, LATER, soon())
    sessions.record_disconnection(session, BOB.id, LATER + timedelta(hours=1), soon())
    assert was_connected(LATER - MILLISECOND)
    assert not was_connected(LATER)


def test_a_connection_that_is_gone_takes_no_seat(
    sessions: SessionStore, session: Session, database: Database
) -> None:
    sessions.record_disconnection(session, BOB.id, LATER, soon())
    before = database.snapshot()
    claim = ROOM.seats.claim_for_connection("bob", BOB.id, 2, NOON)
    assert claim is not None
    assert not sessions.record_connection_and_seat(session, BOB, ROOM, claim, soon())
    assert database.snapshot() == before


def test_pages_are_by_user_and_id_and_leave_out_who_is_gone(
    sessions: SessionStore, session: Session
) -> None:
    ids = [f"c{number}" for number in range(6)]
    for connection_id in reversed(ids):
        sessions.record_connection(session, replace(BOB, id=connection_id), soon())
    for connection_id in ("c0", "c3"):
        sessions.record_disconnection(session, connection_id, LATER, soon())
    start: str | None = None
    pages: list[list[str]] = []
    while not pages or start is not None:
        page = sessions.page(ROOM.session_id, start, 2, soon())
        pages.append([each.id for each in page.connections])
        start = page.next_cursor
    assert pages == [["c1", "c2"], ["c4", "c5"]]
    start = place_of("bob", "c4", refused=False)
    assert sessions.page(ROOM.session_id, start, 2, soon()).connections[0].id == "c5"


def test_a_users_connections_are_those_that_are_in_refused_ones_too(
    sessions: SessionStore, session: Session
) -> None:
    refused = replace(BOB, id="bob-2", refused=True)
    for connection in (BOB, refused, replace(BOB, id="bob-3"), CALLER):
        sessions.record_connection(session, connection, soon())
    sessions.record_disconnection(session, "bob-3", LATER, soon())
    assert sessions.of_user(ROOM.session_id, "bob", soon()) == [BOB, refused]


def test_connections_and_their_tombstones_expire(
    sessions: SessionStore, session: Session, database: Database
) -> None:
    def expiries() -> set[datetime | None]:
        key = f"session#{ROOM.session_id}"
        return {at for known, at in database.expiries() if known == key} - {None}

    sessions.record_stream(session, BOB.id, STREAM, soon())
    assert expiries() == {NOON + timedelta(days=4)}
    sessions.record_connection(session, BOB, soon())
    assert expiries() == {NOON + timedelta(days=31)}
    sessions.record_disconnection(session, BOB.id, LATER, soon())
    assert expiries() == {LATER + timedelta(days=30), LATER + timedelta(days=1)}
    sessions.save_counts(ROOM.session_id, Counts(1, 0, 0, NOON), soon())
    assert expiries() == {
        LATER + timedelta(days=30),
        LATER + timedelta(days=1),
        NOON + timedelta(days=1),
    }


def test_a_report_without_a_user_leaves_the_users_connection_in_its_place(
    sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, replace(BOB, refused=True), soon())
    sessions.record_connection(session, Connection(BOB.id, NOON), soon())
    assert not sessions.was_connected(ROOM.session_id, "bob", NOON, soon())
    sessions.record_connection(session, BOB, soon())
    sessions.record_connection(session, Connection(BOB.id, NOON), soon())
    assert sessions.was_connected(ROOM.session_id, "bob", NOON, soon())
    assert sessions.of_user(ROOM.session_id, "bob", soon()) == [BOB]


def test_a_user_who_left_with_a_seat_was_in_a_moment_ago(
    sessions: SessionStore, session: Session
) -> None:
    claim = ROOM.seats.claim_for_connection("bob", BOB.id, 2, NOON)
    assert claim is not None
    assert sessions.record_connection_and_seat(session, BOB, ROOM, claim, soon())
    seated = replace(ROOM, seats=Seats({"bob": {BOB.id: NOON}}))
    release = seated.seats.release_for(BOB.id, LATER)
    assert release is not None
    sessions.record_disconnection_and_release(session, seated, release, LATER, soon())
    assert sessions.was_connected(ROOM.session_id, "bob", LATER - MILLISECOND, soon())
    assert not sessions.was_connected(ROOM.session_id, "bob", LATER, soon())


def test_a_repeated_end_records_the_departure_that_was_lost_with_the_first(
    sessions: SessionStore, session: Session, engine: Engine
) -> None:
    sessions.record_connection(session, BOB, soon())
    sessions.record_disconnection(session, BOB.id, LATER, soon())
    key = departure_key(ROOM.session_id, "bob")
    engine.client.delete_item(TableName=TABLE, Key=key)
    assert not sessions.was_connected(ROOM.session_id, "bob", NOON, soon())
    sessions.record_disconnection(session, BOB.id, LATER + timedelta(hours=1), soon())
    assert sessions.was_connected(ROOM.session_id, "bob", NOON, soon())
    assert not sessions.was_connected(ROOM.session_id, "bob", LATER, soon())


def test_a_connection_has_a_bounded_number_of_streams_on_record(
    sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, BOB, soon())
    streams = [replace(STREAM, id=f"s{number}") for number in range(MAX_STREAMS_AT_ONCE + 1)]
    for stream in streams:
        sessions.record_stream(session, BOB.id, stream, soon())
    assert everybody(sessions) == [replace(BOB, streams=tuple(streams[:-1]))]
    sessions.end_stream(session, BOB.id, "s0", LATER, soon())
    sessions.record_stream(session, BOB.id, streams[-1], soon())
    assert everybody(sessions) == [replace(BOB, streams=tuple(streams[1:]))]


def test_once_many_streams_have_ended_none_is_recorded_and_none_comes_back(
    sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, BOB, soon())
    sessions.record_stream(session, BOB.id, STREAM, soon())
    for number in range(MAX_ENDED_STREAMS):
        sessions.end_stream(session, BOB.id, f"ended-{number}", LATER, soon())
    sessions.record_stream(session, BOB.id, replace(STREAM, id="another"), soon())
    assert everybody(sessions) == [replace(BOB, streams=(STREAM,))]
    sessions.end_stream(session, BOB.id, "another", LATER, soon())
    sessions.end_stream(session, BOB.id, STREAM.id, LATER, soon())
    sessions.record_stream(session, BOB.id, STREAM, soon())
    assert everybody(sessions) == [BOB]


def test_a_streams_long_name_is_cut_between_characters(
    sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, BOB, soon())
    sessions.record_stream(session, BOB.id, replace(STREAM, name="x" + 99 * "\u00e9"), soon())
    (bob,) = everybody(sessions)
    (stream,) = bob.streams
    assert stream.name == "x" + 31 * "\u00e9"
