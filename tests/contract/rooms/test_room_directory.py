"""The lists of the rooms of all users, on the fake and on DynamoDB."""

from dataclasses import replace

import pytest

from chalicelib.core.ports.room_store import DirectoryPlace, RoomDirectory
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, soon


def test_live_sessions_lead_to_their_rooms(database: Database) -> None:
    store, directory = database.stores.rooms, database.stores.directory
    standup, retro = a_room("Standup"), a_room("retro")
    for each in (standup, retro):
        store.create(each, None, soon())
    store.close(retro, NOON, soon())

    assert set(directory.live_sessions(100, soon())) == {standup.session_id}
    found = directory.rooms_of([standup.session_id, "no-such-session"], soon())
    assert [each.name for each in found] == ["Standup"]
    assert list(directory.rooms_of([], soon())) == []


def names_of_all(directory: RoomDirectory, limit: int) -> list[str]:
    names: list[str] = []
    after: DirectoryPlace | None = None
    for _ in range(20):
        page = directory.page_of_all(after, limit, soon())
        assert len(page.rooms) <= limit
        names += [each.name for each in page.rooms]
        after = page.after
        if after is None:
            break
    return sorted(names)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_all_rooms_are_listed_once_with_those_that_nobody_created_and_without_deleted_ones(
    database: Database, limit: int
) -> None:
    store, directory = database.stores.rooms, database.stores.directory
    rooms = [a_room(f"Room-{number}", created_by=f"user-{number % 2}") for number in range(4)]
    lobby = a_room("lobby", created_by=None)
    for each in (*rooms, lobby):
        store.create(each, None, soon())
    store.close(rooms[0], NOON, soon())
    again = a_room("Room-0", created_by="carol", created_at=NOON + MILLISECOND)
    found = store.find("Room-0", soon())
    store.create(again, found, soon())
    store.close(rooms[1], NOON, soon())
    # A room that nobody created is listed by its current session, and not by a retired one.
    renewed = replace(lobby, session_id="session-of-today")
    store.compare_and_set(lobby, renewed, NOON, soon())

    assert names_of_all(directory, limit) == ["Room-0", "Room-2", "Room-3", "lobby"]


def test_live_sessions_are_counted_up_to_a_limit(database: Database) -> None:
    for number in range(40):
        database.stores.rooms.create(a_room(f"Room-{number}"), None, soon())
    assert len(database.stores.directory.live_sessions(16, soon())) <= 16
