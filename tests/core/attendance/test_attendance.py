"""Attendance as moderators see it, and its changes by late and lost callbacks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from chalicelib.core.attendance.read_attendance import AttendanceCursor
from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.connection import Ending
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.attendance import TimeSpan
from chalicelib.errors import (
    AttendanceNotKept,
    Banned,
    InvalidField,
    NotAModerator,
    RoomkeyError,
    RoomNotFound,
)
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.noon import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def attendance(
    service: Service,
    user: User = ALICE,
    *,
    start: timedelta = -DAY,
    end: timedelta = DAY,
    limit: int = 100,
) -> list[Attendance]:
    """Return the attendance of standup in this time after noon, read page by page."""
    use_case, cursor = service.use_cases.read_attendance(), None
    found: list[Attendance] = []
    while True:
        page = use_case.of_room(
            user,
            "standup",
            TimeSpan(NOON + start, NOON + end),
            service.deadline,
            start=cursor,
            limit=limit,
        )
        found += page.connections
        cursor = page.next_cursor
        if cursor is None:
            return found


def who(lines: Sequence[Attendance]) -> list[str | None]:
    return [each.participant.user_id for each in lines]


def test_a_line_says_who_came_when_in_which_role_and_when_and_why_they_left(
    service: Service,
) -> None:
    service.open()
    bob = service.enter(User("bob", "Bob"))
    service.opentok.publish(bob)
    service.deliver()
    service.clock.forward(minutes=20)
    service.leave(bob)
    service.enter(CAROL, role=Role.SUBSCRIBER)
    first, second = attendance(service)
    assert (first.participant.user_id, first.participant.name) == ("bob", "Bob")
    assert (first.participant.role, first.published) == (Role.PUBLISHER, True)
    assert (first.came, first.went, first.ending) == (NOON, NOON + 20 * MINUTE, Ending.LEFT)
    assert (second.participant.user_id, second.went, second.ending) == ("carol", None, None)
    assert not first.reconciled
    assert not second.reconciled
    assert not second.published


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (timedelta(0), MINUTE, ["bob"]),
        (-HOUR, timedelta(0), []),
        (30 * MINUTE, 31 * MINUTE, ["bob"]),
        (61 * MINUTE, 62 * MINUTE, ["carol"]),
        (-HOUR, 3 * HOUR, ["bob", "carol"]),
        (3 * HOUR, 4 * HOUR, ["carol"]),
    ],
)
def test_whoever_was_in_at_any_moment_of_a_time_is_listed(
    service: Service, start: timedelta, end: timedelta, found: list[str]
) -> None:
    service.open()
    bob = service.enter(BOB)
    service.clock.forward(hours=1)
    service.leave(bob)
    service.clock.forward(seconds=30)
    service.enter(CAROL)
    assert who(attendance(service, start=start, end=end)) == found


def test_pages_of_one_show_everybody_once_and_rooms_with_several_sessions_too(
    service: Service,
) -> None:
    service.open()
    entered = [service.enter(User(f"user-{number}")) for number in range(7)]
    service.clock.forward(minutes=1)
    service.close()
    service.clock.forward(days=29)
    service.table.rooms.clear()
    service.open()
    entered.append(service.enter(BOB))
    lines = attendance(service, end=60 * DAY, limit=1)
    assert sorted(each.connection_id for each in lines) == sorted(entered)
    assert attendance(service, end=60 * DAY, limit=3) == lines


def test_callbacks_in_any_order_and_twice_lead_to_the_same_line(service: Service) -> None:
    service.open()
    lines = set()
    for order in permutations(range(4)):
        token = service.join(BOB).token.text
        bob = service.opentok.connect(token)
        assert bob is not None
        service.opentok.publish(bob)
        service.clock.forward(minutes=1)
        service.opentok.leave(bob, Ending.LOST)
        reported, service.opentok.events = service.opentok.events, []
        service.clock.forward(minutes=1)
        for number in (*order, *order):
            service.opentok.events.append(reported[number])
            service.deliver()
        (line,) = (each for each in attendance(service) if each.connection_id == bob)
        assert line.went == line.came + MINUTE
        lines.add(replace(line, connection_id="", came=NOON, went=NOON))
    (line,) = lines
    assert (line.participant.user_id, line.ending) == ("bob", Ending.LOST)
    assert line.published
    assert not line.reconciled


def test_a_lost_end_is_found_by_reconciliation_says_so_and_is_corrected_by_a_late_report(
    service: Service,
) -> None:
    service.open()
    bob = service.enter(BOB)
    service.clock.forward(minutes=1)
    service.opentok.leave(bob)
    late, service.opentok.events = service.opentok.events, []
    service.clock.forward(minutes=2)
    service.reconcile()
    (line,) = attendance(service)
    assert (line.went, line.ending, line.reconciled) == (NOON + 3 * MINUTE, Ending.LOST, True)
    service.opentok.events = late
    service.deliver()
    (line,) = attendance(service)
    assert (line.went, line.ending, line.reconciled) == (NOON + MINUTE, Ending.LEFT, False)


def test_a_client_whose_arrival_was_not_reported_is_known_once_its_end_is(
    service: Service,
) -> None:
    service.open()
    bob = service.connect_unreported(service.join(BOB).token.text)
    service.clock.forward(minutes=2)
    service.reconcile()
    (line,) = attendance(service)
    assert (line.participant.user_id, line.came, line.reconciled) == (None, NOON, True)
    service.leave(bob)
    (line,) = attendance(service)
    assert (line.participant.user_id, line.came, line.reconciled) == ("bob", NOON, False)


def test_a_banned_user_a_disconnected_one_and_those_of_a_closed_room_end_for_their_reason(
    service: Service,
) -> None:
    service.open()
    for user in (BOB, CAROL, ALICE):
        service.clock.forward(minutes=1)
        service.enter(user)
    service.ban("bob")
    service.deliver()
    (carol,) = (each for each, user in service.recorded().items() if user == "carol")
    service.use_cases.moderate.disconnect(ALICE, "standup", carol, service.deadline)
    service.deliver()
    service.close()
    service.deliver()
    assert [each.ending for each in attendance(service)] == [
        Ending.BANNED,
        Ending.DISCONNECTED,
        Ending.CLOSED,
    ]


def test_who_is_not_admitted_is_listed_as_refused(service: Service) -> None:
    service.open()
    token = service.join(BOB).token.text
    service.change(locked=True)
    service.connect(token)
    (line,) = attendance(service)
    assert (line.participant.user_id, line.ending) == ("bob", Ending.REFUSED)


def refusal(service: Service, user: User) -> type[RoomkeyError] | None:
    try:
        attendance(service, user)
    except RoomkeyError as error:
        return type(error)
    return None


def test_only_moderators_see_attendance(service: Service) -> None:
    service.open(members=frozenset({"bob"}))
    service.ban("bob")
    assert refusal(service, ALICE) is None
    assert refusal(service, ROOT) is None
    assert refusal(service, BOB) is Banned
    assert refusal(service, CAROL) is RoomNotFound
    service.change({"members": None})
    assert refusal(service, CAROL) is NotAModerator


def test_attendance_of_a_deleted_room_stays_for_its_moderators_its_creator_and_admins(
    service: Service,
) -> None:
    service.open(moderators=frozenset({"alice", "carol"}))
    service.enter(BOB)
    service.close()
    service.deliver()
    for user in (ALICE, CAROL, ROOT):
        assert who(attendance(service, user)) == ["bob"]
    service.clock.forward(days=30)
    service.table.rooms.clear()
    for user in (ALICE, ROOT):
        assert who(attendance(service, user)) == ["bob"]
    assert refusal(service, CAROL) is RoomNotFound
    service.open(user=CAROL)
    assert who(attendance(service, CAROL)) == []
    assert who(attendance(service, ROOT)) == ["bob"]
    service.clock.forward(days=1)
    service.table.expire()
    assert who(attendance(service, ROOT)) == []


@pytest.mark.parametrize("days", [0, 1, 400])
def test_attendance_is_kept_for_the_operators_days(days: int) -> None:
    service = Service(attendance=timedelta(days=days))
    service.open()
    service.leave(service.enter(User("bob", "Bob")))
    (record,) = service.table.connections.values()
    assert record.expires == NOON + max(timedelta(days=days), timedelta(days=4))
    assert (record.participant.name is None) == (days == 0)
    if days == 0:
        assert refusal(service, ALICE) is AttendanceNotKept
        assert refusal(service, BOB) is NotAModerator
    else:
        assert who(attendance(service)) == ["bob"]
        service.clock.now += timedelta(days=days)
        assert who(attendance(service)) == ["bob"]
        service.clock.forward(seconds=1)
        assert who(attendance(service)) == []


def test_who_was_in_an_early_one_of_many_sessions_is_listed(service: Service) -> None:
    bob = None
    for number in range(110):
        service.open()
        if number == 3:
            bob = service.enter(BOB)
        service.clock.forward(minutes=10)
        service.close()
    lines = attendance(service, start=timedelta(minutes=25), end=timedelta(minutes=45))
    assert [each.connection_id for each in lines] == [bob]
    everything = attendance(service, start=-DAY, end=DAY, limit=1)
    assert [each.connection_id for each in everything] == [bob]


def test_a_cursor_of_a_session_that_has_expired_goes_on_with_the_next_one(
    service: Service,
) -> None:
    service.open()
    service.enter(BOB)
    page = service.use_cases.read_attendance().of_room(
        ALICE,
        "standup",
        TimeSpan(NOON - DAY, NOON + DAY),
        service.deadline,
        start=AttendanceCursor(NOON - HOUR, None),
        limit=10,
    )
    assert who(page.connections) == ["bob"]


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ({}, (NOON - DAY, NOON)),
        ({"end": NOON - HOUR}, (NOON - HOUR - DAY, NOON - HOUR)),
        ({"start": NOON - HOUR}, (NOON - HOUR, NOON)),
    ],
)
def test_the_time_is_the_last_day_unless_another_is_asked_for(
    service: Service, asked: Mapping[str, object], span: tuple[object, object]
) -> None:
    given = {"start": None, "end": None} | dict(asked)
    found = service.use_cases.read_attendance().span(**given)  # type: ignore[arg-type]
    assert (found.start, found.end) == span


def test_a_time_ends_after_its_start(service: Service) -> None:
    with pytest.raises(InvalidField) as refused:
        service.use_cases.read_attendance().span(NOON, NOON)
    assert refused.value.fields[0].field == "from"


def test_a_time_that_no_calendar_has_is_refused(service: Service) -> None:
    with pytest.raises(InvalidField) as refused:
        service.use_cases.read_attendance().span(None, datetime.min.replace(tzinfo=UTC))
    assert refused.value.fields[0].field == "from"
