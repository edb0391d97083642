"""Attendance stores, on every engine: lines come from what callbacks write, in any order."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from chalicelib.core.model.attendance import LONGEST_ATTENDANCE, Attendance
from chalicelib.core.model.connection import (
    Connection,
    Ending,
    EndReport,
    Participant,
    Service,
    Session,
    Stream,
)
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import Role
from chalicelib.core.ports.attendance import ArrivalCursor, TimeSpan
from chalicelib.core.ports.session_store import SessionStore
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import NOON, a_room, soon

ROOM = a_room(settings=RoomSettings(max_participants=2))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BOB = Connection("bob-1", NOON, Participant("bob", "Bob", Role.PUBLISHER))
CALL = Connection("call-1", NOON + MINUTE, Participant(service=Service.SIP, role=Role.PUBLISHER))
STREAM = Stream("s1", "camera", "camera", NOON)
LEFT = EndReport(NOON + MINUTE, Ending.LEFT, BOB)
BOBS_LINE = Attendance("bob-1", BOB.participant, NOON, NOON + MINUTE, Ending.LEFT, published=True)
ALL_DAY = TimeSpan(NOON - HOUR, NOON + 12 * HOUR)


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    database.stores.rooms.create(ROOM, None, soon())
    return database.stores.sessions


@pytest.fixture
def session(sessions: SessionStore) -> Session:
    session = sessions.session(ROOM.session_id, soon())
    assert session is not None
    return session


def everybody(database: Database, span: TimeSpan = ALL_DAY) -> list[Attendance]:
    return [*database.stores.attendance.iter_all(ROOM.session_id, span, soon())]


def test_reports_in_any_order_and_twice_lead_to_the_same_line(
    database: Database, sessions: SessionStore, session: Session
) -> None:
    def report(step: str, connection: Connection) -> None:
        match step:
            case "arrival":
                sessions.record_connection(session, connection, soon())
            case "stream":
                sessions.record_stream(session, connection.id, STREAM, soon())
            case "end":
                report = replace(LEFT, connection=connection)
                at = NOON + HOUR
                sessions.record_disconnection(session, connection.id, at, soon(), report)
            case "check":
                sessions.record_disconnection(session, connection.id, NOON + 2 * HOUR, soon())

    for steps in ("arrival", "stream", "end"), ("stream", "end"), ("stream", "end", "check"):
        for order in permutations(steps):
            connection = replace(BOB, id="-".join(order))
            for step in (*order, *order):
                report(step, connection)
            (line,) = (each for each in everybody(database) if each.connection_id == connection.id)
            assert replace(line, connection_id=BOB.id) == BOBS_LINE


def test_an_end_that_nobody_reports_is_that_of_the_first_check(
    database: Database, sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, CALL, soon())
    for after in (2 * MINUTE, 3 * MINUTE):
        sessions.record_disconnection(session, CALL.id, NOON + after, soon())
    (line,) = everybody(database)
    went = NOON + 2 * MINUTE
    assert line == Attendance(CALL.id, CALL.participant, CALL.since, went)


def test_a_released_seat_and_our_own_reason_are_on_the_line(
    database: Database, sessions: SessionStore, session: Session
) -> None:
    sessions.mark_ending(session.id, "nobody", Ending.BANNED, soon())
    sessions.record_connection(session, BOB, soon())
    sessions.mark_ending(session.id, BOB.id, Ending.BANNED, soon())
    refused = replace(BOB, id="bob-2", refused=True)
    sessions.record_connection(session, refused, soon(), ending=Ending.REFUSED)
    for connection in (BOB, refused):
        report = EndReport(NOON + MINUTE, Ending.DISCONNECTED, connection)
        sessions.record_disconnection(session, connection.id, NOON + HOUR, soon(), report)
    assert [(each.connection_id, each.ending) for each in everybody(database)] == [
        ("bob-1", Ending.BANNED),
        ("bob-2", Ending.REFUSED),
    ]


def came(database: Database, span: TimeSpan, limit: int) -> list[str]:
    """Return the connections of this time, read by pages of this size."""
    found: list[str] = []
    cursor: ArrivalCursor | None = None
    while True:
        page = database.stores.attendance.page(ROOM.session_id, span, cursor, limit, soon())
        assert len(page.connections) <= limit
        found += (each.connection_id for each in page.connections)
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_pages_of_any_size_show_who_was_connected_in_a_time_by_arrival(
    database: Database, sessions: SessionStore, session: Session
) -> None:
    for number in range(6):
        connection = replace(BOB, id=f"c-{number}", since=NOON + number * HOUR)
        sessions.record_connection(session, connection, soon())
        if number % 2:
            report = EndReport(connection.since + MINUTE, Ending.LEFT, connection)
            sessions.record_disconnection(session, connection.id, NOON, soon(), report)
    times: dict[tuple[timedelta, timedelta], list[int]] = {
        (0 * HOUR, 1 * MINUTE): [0],
        (HOUR, 2 * HOUR): [0, 1],
        (HOUR + MINUTE, 2 * HOUR): [0, 1],
        (HOUR + 2 * MINUTE, 3 * HOUR): [0, 2],
        (0 * HOUR, 9 * HOUR): [0, 1, 2, 3, 4, 5],
        (9 * HOUR, 10 * HOUR): [0, 2, 4],
        (LONGEST_ATTENDANCE + MINUTE, LONGEST_ATTENDANCE + HOUR): [2, 4],
    }
    for before in (NOON - timedelta(days=60 * 365), NOON - timedelta(days=1900 * 365)):
        assert came(database, TimeSpan(before, before + HOUR), 10) == []
    for (start, end), numbers in times.items():
        span = TimeSpan(NOON + start, NOON + end)
        for limit in (1, 2, 10):
            assert came(database, span, limit) == [f"c-{number}" for number in numbers]
        assert [each.connection_id for each in everybody(database, span)] == [
            f"c-{number}" for number in numbers
        ]


def test_the_sessions_of_a_name_stay_listed_after_their_rooms(database: Database) -> None:
    stores = database.stores
    first = stores.rooms.create(a_room(), None, soon())
    assert stores.rooms.close(first, NOON + HOUR, soon())
    again = a_room("Standup", created_at=NOON + 2 * HOUR)
    stores.rooms.create(again, first, soon())
    stores.rooms.create(a_room("retro"), None, soon())
    listed = stores.attendance.sessions_of("standup", soon())
    assert [(each.id, each.room_id, each.owner, each.started_at) for each in listed] == [
        (first.session_id, first.room_id, first.created_by, first.created_at),
        (again.session_id, again.room_id, again.created_by, again.created_at),
    ]
    assert stores.attendance.sessions_of("nowhere", soon()) == []


def test_a_page_of_a_hundred_costs_at_most_ten_units(
    engine: Engine, sessions: SessionStore, session: Session
) -> None:
    for number in range(10):
        participant = Participant(f"auth0|5f7c8ec7c33c6c004bbafe{number:02}", "Bob Baker")
        connection = Connection(f"{number:08}-1111-2222-3333-444455556666", NOON, participant)
        report = EndReport(NOON + MINUTE, Ending.LEFT, connection)
        sessions.record_disconnection(session, connection.id, NOON, soon(), report)
    sizes = [
        sum(len(name) + len(str(value)) for name, value in item.items())
        for item in engine.items()
        if item["sk"].startswith("connection#")
    ]
    assert len(sizes) == 10
    # A read that may lag costs half a unit for each 4 KB.
    assert 10 * sum(sizes) / 4096 / 2 <= 10
