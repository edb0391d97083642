"""Usage stores, on every engine: sums change by what is new, all or nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from chalicelib.adapters.dynamodb.table import FIRST_PAGE_ITEMS
from chalicelib.adapters.dynamodb.usage.sums import PARTS, DynamoDBUsage
from chalicelib.core.model.connection import Session
from chalicelib.core.model.usage import MediaTime, SessionDay, Usage
from chalicelib.core.ports.usage_store import CreatorUsage, RoomUsage, UsageStore
from tests.support.counted import CountedClient
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Database, Engine
from tests.support.stores.example_rooms import soon

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = date(2026, 11, 30)
NEXT = date(2026, 12, 1)
NOTHING = SessionDay()
SESSION = Session("session-1", "Standup", "room-1", owner="alice#1")
AGAIN = Session("session-2", "standup", "room-2", owner="bob")
NOBODYS = Session("session-3", "lobby", "room-3")
FIRST = SessionDay(
    Usage(participant=90, subscribed=60, connections=2, peak=2),
    {"a": MediaTime("composed", 5), "b": MediaTime("broadcast", 7)},
)


def of_rooms(store: UsageStore, first: date, last: date) -> dict[str, Usage]:
    rooms, more = store.rooms(first, last, None, 100, soon())
    assert not more
    return {each.room: each.usage for each in rooms}


def of_days(store: UsageStore, first: date, last: date) -> dict[date, int]:
    days: dict[date, int] = {}
    for each in store.iter_days(first, last, soon()):
        days[each.day] = days.get(each.day, 0) + each.usage.participant
    return days


def of_creators(store: UsageStore, first: date, last: date) -> dict[str | None, int]:
    creators, more = store.creators(first, last, None, 100, soon())
    assert not more
    return {each.creator: each.usage.participant for each in creators}


def test_what_was_counted_comes_back_and_is_replaced_only_as_it_was_read(
    database: Database,
) -> None:
    store = database.stores.usage
    assert store.counted_days(SESSION.id, [DAY, NEXT], soon()) == {}
    assert store.count(SESSION, DAY, NOTHING, FIRST, soon())
    assert not store.count(SESSION, DAY, NOTHING, FIRST, soon())
    assert store.counted_days(SESSION.id, [DAY, NEXT], soon()) == {DAY: FIRST}
    later = replace(FIRST, media={**FIRST.media, "c": MediaTime("individual", 1)})
    assert store.count(SESSION, DAY, FIRST, later, soon())
    assert not store.count(SESSION, DAY, FIRST, later, soon())
    assert store.counted_days(SESSION.id, [DAY], soon()) == {DAY: later}
    assert of_rooms(store, DAY, DAY) == {"standup": later.usage}


def test_sums_are_those_of_all_sessions_and_go_down_too(database: Database) -> None:
    store, second = database.stores.usage, SessionDay(Usage(participant=10, peak=5))
    store.count(SESSION, DAY, NOTHING, FIRST, soon())
    store.count(AGAIN, DAY, NOTHING, second, soon())
    both = FIRST.usage + second.usage
    assert of_rooms(store, DAY, DAY) == {"standup": both}
    assert of_rooms(store, DAY, DAY)["standup"].peak == 5
    lower = SessionDay(Usage(participant=4, peak=1))
    store.count(AGAIN, DAY, second, lower, soon())
    assert of_rooms(store, DAY, DAY) == {"standup": FIRST.usage + lower.usage}
    assert of_rooms(store, DAY, DAY)["standup"].peak == 2


def test_sums_are_by_day_by_room_and_by_creator(database: Database) -> None:
    store = database.stores.usage
    for session, day, amount in (
        (SESSION, DAY, 1),
        (SESSION, NEXT, 2),
        (AGAIN, DAY, 4),
        (NOBODYS, DAY - timedelta(days=9), 8),
    ):
        store.count(session, day, NOTHING, SessionDay(Usage(participant=amount)), soon())
    first = DAY.replace(day=1)
    participants = {name: each.participant for name, each in of_rooms(store, first, DAY).items()}
    assert participants == {"standup": 5, "lobby": 8}
    assert set(of_rooms(store, DAY, DAY)) == {"standup"}
    assert of_rooms(store, NEXT, NEXT)["standup"].participant == 2
    assert of_days(store, first, NEXT) == {DAY - timedelta(days=9): 8, DAY: 5, NEXT: 2}
    assert of_days(store, DAY, DAY) == {DAY: 5}
    assert of_creators(store, first, NEXT) == {"alice#1": 3, None: 8, "bob": 4}
    assert of_creators(store, DAY, DAY) == {"alice#1": 1, "bob": 4}
    assert of_creators(store, NEXT, NEXT) == {"alice#1": 2}
    for empty in ((date.min, date.min), (date(9999, 11, 30), date.max)):
        assert (of_days(store, *empty), of_creators(store, *empty)) == ({}, {})


def test_pages_of_any_size_show_each_room_once(database: Database) -> None:
    store = database.stores.usage
    names = [f"room-{number}" for number in range(PARTS * 2)]
    for number, name in enumerate(names):
        session = Session(f"session-{number}", name, name)
        for day in (DAY, DAY - timedelta(days=1)):
            store.count(session, day, NOTHING, SessionDay(Usage(participant=number)), soon())
    pages: dict[int, list[str]] = {}
    for limit in (1, 7, 100):
        found: list[RoomUsage] = []
        more = True
        while more:
            after = found[-1].room if found else None
            page, more = store.rooms(DAY.replace(day=1), DAY, after, limit, soon())
            assert len(page) <= limit
            found += page
        assert {each.room: each.usage.participant for each in found} == {
            name: 2 * number for number, name in enumerate(names)
        }
        pages[limit] = [each.room for each in found]
    assert pages[1] == pages[7] == pages[100]


def test_pages_of_any_size_show_each_creator_once_over_months(database: Database) -> None:
    store = database.stores.usage
    names = ["a", "a#05", "a b", "a!", "é", None]
    for number, name in enumerate(names):
        for room in ("standup", "retro"):
            session = Session(f"{number} in {room}", room, room, owner=name)
            for day in (DAY, NEXT):
                store.count(session, day, NOTHING, SessionDay(Usage(participant=number)), soon())
    pages: dict[int, list[str]] = {}
    for limit in (1, 4, 100):
        found: list[CreatorUsage] = []
        more = True
        while more:
            after = found[-1].key if found else None
            page, more = store.creators(DAY, NEXT, after, limit, soon())
            assert len(page) <= limit
            found += page
        assert {each.creator: each.usage.participant for each in found} == {
            name: 4 * number for number, name in enumerate(names)
        }
        pages[limit] = [each.key for each in found]
    assert pages[1] == pages[4] == pages[100]


def size_of(row: Mapping[str, Any]) -> int:
    """Return the size of a row in bytes.

    DynamoDB counts a name by its bytes, a text too, and a number by half its digits and 1.
    """
    return sum(
        len(name) + (len(value) if isinstance(value, str) else 1 + (len(str(value)) + 1) // 2)
        for name, value in row.items()
    )


def test_a_month_of_a_million_connections_is_read_in_under_fifty_calls(engine: Engine) -> None:
    store = DynamoDBUsage(engine.client, TABLE)
    hour = 3_600_000
    pair = SessionDay(Usage(participant=hour, subscribed=hour, connections=2, peak=2))
    session = Session(
        "session-1", "clinic-00012345", "room", owner="auth0|5f7c8ec7c33c6c004bbafe82"
    )
    assert store.count(session, DAY, NOTHING, pair, soon())
    (row,) = (item for item in engine.items() if item["sk"].startswith("clinic-"))
    rows_in_a_call = (1 << 20) // size_of(row)
    appointments = 1_000_000 // 2
    assert appointments / rows_in_a_call + PARTS < 50
    assert [each.usage for each in store.iter_rooms(DAY, DAY, soon())] == [pair.usage]


def test_admins_read_a_month_of_a_million_connections_in_two_calls(engine: Engine) -> None:
    """Whoever creates the rooms, and however many there are, a day has one row in each part."""
    counted = CountedClient(engine.client)
    store = DynamoDBUsage(cast("DynamoDBClient", counted), TABLE)
    for number in range(PARTS * 2):
        name = f"room-{number}"
        pair = SessionDay(Usage(participant=1, subscribed=1, connections=2, peak=2))
        session = Session(name, name, name, owner=f"clinician-{number}")
        assert store.count(session, DAY, NOTHING, pair, soon())
    counted.calls.clear()
    every = [*store.iter_days(DAY.replace(day=1), DAY, soon())]
    assert sum(each.usage.connections for each in every) == 2 * PARTS * 2
    assert len(every) == PARTS
    assert 31 * PARTS <= FIRST_PAGE_ITEMS
    assert counted.calls == ["query"]
    page, more = store.creators(DAY.replace(day=1), DAY, None, 9, soon())
    assert (len(page), more) == (9, True)
    assert counted.calls == ["query", "query"]
