"""The room store on every engine: it lists the rooms that a user created."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.rooms_by_creator import BY_CREATOR
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.ports.room_store import RoomCursor, RoomPage, RoomStore
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Engine
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, closed, soon

EVENING = NOON + timedelta(hours=6)


def some_rooms(store: RoomStore, number: int, created_by: str = "alice") -> list[Room]:
    """Rooms of a user's that stand, newest first."""
    rooms = [
        a_room(f"{created_by}-{n}", created_by=created_by, created_at=NOON + n * MILLISECOND)
        for n in range(number)
    ]
    for room in rooms:
        store.create(room, None, soon())
    return rooms[::-1]


def pages(store: RoomStore, limit: int, user_id: str = "alice") -> Iterator[RoomPage]:
    start: RoomCursor | None = None
    while True:
        page = store.created_by(user_id, start, limit, soon())
        yield page
        if page.next_cursor is None:
            return
        start = page.next_cursor


def listed(store: RoomStore, limit: int = 100, user_id: str = "alice") -> list[Room]:
    return [room for page in pages(store, limit, user_id) for room in page.rooms]


def index_entries(engine: Engine) -> list[Any]:
    """Return alice's rooms, as the index shows them now."""
    answer = engine.client.query(
        TableName=TABLE,
        IndexName=BY_CREATOR,
        KeyConditionExpression="listedFor = :user",
        ExpressionAttributeValues={":user": {"S": "alice"}},
        ScanIndexForward=False,
    )
    return list(answer["Items"])


def alter_index(engine: Engine, alter: Callable[[list[Any]], None]) -> None:
    """Let every later answer of the index pass through `alter`: no engine here shows its lag."""

    def altered(parsed: dict[str, Any], **_: object) -> None:
        alter(parsed["Items"])

    engine.client.meta.events.register("after-call.dynamodb.Query", altered)


def test_who_created_no_room_has_an_empty_list(store: RoomStore) -> None:
    some_rooms(store, 1, "bob")

    assert store.created_by("alice", None, 10, soon()) == RoomPage((), None)


def test_rooms_are_listed_newest_first_with_all_their_settings(store: RoomStore) -> None:
    settings = RoomSettings(members=frozenset({"bob"}), max_participants=3, closes_at=EVENING)
    noon, before, after = (
        a_room("at-noon", settings=settings),
        a_room("z-before", created_at=NOON - MILLISECOND),
        a_room("a-after", created_at=NOON + MILLISECOND),
    )
    for room in (noon, before, after):
        store.create(room, None, soon())

    assert listed(store) == [after, noon, before]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_pages_hold_every_room_once_and_as_many_as_asked_for(limit: int, store: RoomStore) -> None:
    rooms = some_rooms(store, 7)

    seen = list(pages(store, limit))

    assert [room for page in seen for room in page.rooms] == rooms
    assert all(len(page.rooms) == limit for page in seen[:-1])
    assert seen[-1].rooms


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_rooms_created_in_the_same_millisecond_are_listed_once_each(
    limit: int, store: RoomStore
) -> None:
    rooms = [a_room(f"Room-{number}") for number in range(5)]
    for room in rooms:
        store.create(room, None, soon())

    seen = listed(store, limit)

    assert sorted(seen, key=lambda room: room.name) == rooms
    assert seen == listed(store)


def test_more_than_a_hundred_rooms_are_listed(store: RoomStore) -> None:
    rooms = some_rooms(store, 103)

    first, second = pages(store, 100)

    assert [*first.rooms, *second.rooms] == rooms
    assert len(second.rooms) == 3


def test_nobody_is_shown_the_rooms_of_others(store: RoomStore) -> None:
    store.create(a_room("lobby", created_by=None), None, soon())
    users = ["alice", "Alice", "alice2", "al", "room#room-0"]
    rooms = [a_room(f"room-{number}", created_by=user) for number, user in enumerate(users)]
    for room in rooms:
        store.create(room, None, soon())

    assert [listed(store, user_id=user) for user in users] == [[room] for room in rooms]


def test_a_closed_room_leaves_the_list(store: RoomStore) -> None:
    newest, middle, oldest = some_rooms(store, 3)

    store.close(middle, EVENING, soon())

    assert listed(store) == [newest, oldest]


def test_a_room_created_anew_is_listed_once_where_its_new_time_puts_it(store: RoomStore) -> None:
    other, gone = some_rooms(store, 2)
    store.close(gone, EVENING, soon())
    new = a_room(gone.name, created_at=EVENING)
    store.create(new, closed(gone, EVENING), soon())

    assert listed(store, 1) == [new, other]


def test_a_room_created_anew_by_another_is_in_their_list_alone(store: RoomStore) -> None:
    (gone,) = some_rooms(store, 1)
    store.close(gone, EVENING, soon())
    new = a_room(gone.name, created_by="bob")
    store.create(new, closed(gone, EVENING), soon())

    assert listed(store) == []
    assert listed(store, user_id="bob") == [new]


def test_a_list_goes_on_where_it_stopped_though_rooms_came_and_went(store: RoomStore) -> None:
    rooms = some_rooms(store, 5)
    page = store.created_by("alice", None, 2, soon())
    store.close(rooms[1], EVENING, soon())
    store.close(rooms[2], EVENING, soon())
    store.create(a_room("new", created_at=EVENING), None, soon())

    assert store.created_by("alice", page.next_cursor, 2, soon()) == RoomPage(
        tuple(rooms[3:]), None
    )


@pytest.mark.parametrize(
    "expire", [False, True], ids=["closed a moment ago", "expired a moment ago"]
)
def test_what_the_index_still_shows_of_a_room_that_is_gone_is_left_out(
    expire: bool, store: RoomStore, engine: Engine
) -> None:
    new, gone, old = some_rooms(store, 3)
    entries = index_entries(engine)
    store.close(gone, EVENING, soon())
    if expire:
        engine.remove(f"room#{gone.name}")

    def lag(items: list[Any]) -> None:
        items[:] = entries

    alter_index(engine, lag)

    assert listed(store) == [new, old]


@pytest.mark.parametrize("created_by", ["alice", "bob"])
def test_what_the_index_still_shows_of_an_earlier_room_of_a_name_is_left_out(
    created_by: str, store: RoomStore, engine: Engine
) -> None:
    other, gone = some_rooms(store, 2)
    entries = index_entries(engine)
    store.close(gone, EVENING, soon())
    new = a_room(gone.name, created_by=created_by, created_at=EVENING)
    store.create(new, closed(gone, EVENING), soon())

    def lag(items: list[Any]) -> None:
        items += [entry for entry in entries if entry not in items]

    alter_index(engine, lag)

    assert listed(store) == ([new, other] if created_by == "alice" else [other])


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_a_list_goes_on_after_a_page_of_the_index_that_ends_early(
    shown: int, store: RoomStore, engine: Engine
) -> None:
    rooms = some_rooms(store, 5)
    cut = [True]

    def end_early(parsed: dict[str, Any], **_: object) -> None:
        if cut.pop():
            parsed["LastEvaluatedKey"] = parsed["Items"][1]
            parsed["Items"] = parsed["Items"][:shown]
        cut.append(False)

    engine.client.meta.events.register("after-call.dynamodb.Query", end_early)
    first = store.created_by("alice", None, 4, soon())

    assert first == RoomPage(tuple(rooms[:shown]), RoomCursor(rooms[1].name, rooms[1].created_at))
    assert store.created_by("alice", first.next_cursor, 4, soon()) == RoomPage(
        tuple(rooms[2:]), None
    )


def test_rooms_that_the_store_leaves_for_a_second_asking_are_listed_in_their_places(
    store: RoomStore, engine: Engine
) -> None:
    rooms = some_rooms(store, 5)
    asked: list[int] = []

    def leave_two(parsed: dict[str, Any], **_: object) -> None:
        (table, items), *_ = parsed["Responses"].items()
        asked.append(len(items))
        left = [{"pk": item["pk"], "sk": item["sk"]} for item in items[3:]]
        del items[3:]
        if left:
            parsed["UnprocessedKeys"] = {table: {"Keys": left, "ConsistentRead": True}}

    engine.client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_two)

    assert listed(store) == rooms
    assert asked == [5, 2]
