"""Attendance stores, on every engine: lines come from what callbacks write, in any order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from chalicelib.adapters.dynamodb.presence import attendance_queries as adapter
from chalicelib.core.model.attendance import LONGEST_ATTENDANCE, Attendance, EndHint
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
from chalicelib.core.ports.attendance import ArrivalCursor, SessionPage, TimeSpan
from chalicelib.core.ports.session_store import SessionStore
from tests.fakes.memory import attendance as fake
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import NOON, a_room, soon

ROOM = a_room(settings=RoomSettings(max_participants=2))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
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


CHECKED = NOON + 20 * MINUTE
"""The time of the last check that saw a client."""


@pytest.mark.parametrize(
    ("recorded", "implied", "went"),
    [
        (NOON, None, NOON + HOUR),
        (NOON, 21 * MINUTE, NOON + 21 * MINUTE),
        (NOON, 20 * MINUTE, CHECKED),
        (NOON, 19 * MINUTE, NOON + HOUR),
        (NOON, 2 * HOUR, NOON + HOUR),
        (NOON + 21 * MINUTE, None, NOON),
        (NOON + 21 * MINUTE, MINUTE, NOON + MINUTE),
        (NOON + 19 * MINUTE, None, NOON + HOUR),
    ],
)
def test_an_unreported_end_is_that_of_a_stream_since_the_last_check_or_else_when_it_was_missed(
    database: Database,
    sessions: SessionStore,
    session: Session,
    recorded: datetime,
    implied: timedelta | None,
    went: datetime,
) -> None:
    def report(step: str, connection_id: str) -> None:
        end = None if implied is None else NOON + implied
        at, hint = NOON + HOUR, EndHint(after=CHECKED)
        if step == "check":
            sessions.record_disconnection(session, connection_id, at, soon(), hint)
        else:
            sessions.end_stream(session, connection_id, STREAM.id, at, soon(), implied=end)

    for order in permutations(("stream", "check")):
        connection = replace(BOB, id="-".join(order), recorded=recorded)
        sessions.record_connection(session, connection, soon())
        for step in (*order, *order):
            report(step, connection.id)
    assert [each.went for each in everybody(database)] == [went, went]
    assert all(each.reconciled and each.published for each in everybody(database))
    past = TimeSpan(NOON + HOUR, NOON + 2 * HOUR)
    still_in = 2 if went == past.start else 0
    assert len(everybody(database, past)) == len(came(database, past, 1)) == still_in
    sessions.record_disconnection(session, "check-stream", NOON + HOUR, soon(), LEFT)
    assert NOON + MINUTE in {each.went for each in everybody(database)}


def test_a_call_that_ends_tells_the_end_of_its_connection(
    database: Database, sessions: SessionStore, session: Session
) -> None:
    sessions.record_connection(session, CALL, soon())
    hint = EndHint(implied=NOON + 2 * MINUTE)
    sessions.record_disconnection(session, CALL.id, NOON + HOUR, soon(), hint)
    assert [each.went for each in everybody(database)] == [NOON + 2 * MINUTE]


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
    page = stores.attendance.sessions_of("standup", TimeSpan(NOON - HOUR, NOON + 9 * HOUR), soon())
    assert page.next_start is None
    assert [(each.id, each.room_id, each.owner, each.started_at) for each in page.sessions] == [
        (first.session_id, first.room_id, first.created_by, first.created_at),
        (again.session_id, again.room_id, again.created_by, again.created_at),
    ]
    for span, number in (
        (TimeSpan(NOON, NOON + 2 * HOUR), 1),
        (TimeSpan(NOON + HOUR, NOON + 2 * HOUR), 1),
        (TimeSpan(NOON + HOUR, NOON + 3 * HOUR), 2),
        (TimeSpan(datetime.min.replace(tzinfo=UTC), NOON), 0),
    ):
        assert len(stores.attendance.sessions_of("standup", span, soon()).sessions) == number
    always = TimeSpan(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert stores.attendance.sessions_of("nowhere", always, soon()) == SessionPage(())


def test_sessions_of_a_name_come_page_by_page(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (adapter, fake):
        monkeypatch.setattr(module, "MAX_SESSIONS", 2)
        monkeypatch.setattr(module, "MAX_EARLIER", 1)
    stores, room = database.stores, a_room()
    stores.rooms.create(room, None, soon())
    for number in range(1, 6):
        after = replace(room, session_id=f"later-{number}", revision=number)
        stores.rooms.compare_and_set(room, after, NOON + number * HOUR, soon())
        room = replace(after, revision=number + 1)
    start, pages = NOON + HOUR, list[list[str]]()
    while True:
        page = stores.attendance.sessions_of("standup", TimeSpan(start, NOON + DAY), soon())
        pages.append([each.id for each in page.sessions])
        if page.next_start is None:
            break
        start = page.next_start
    assert [each[-2:] for each in pages] == [
        ["later-1", "later-2"],
        ["later-3", "later-4"],
        ["later-4", "later-5"],
    ]
    assert [len(each) for each in pages] == [3, 3, 2]


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
