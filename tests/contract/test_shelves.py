"""For how long archives are kept, and when they are due, on every engine."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.adapters.dynamodb.retention import DynamoDBShelves
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.core.model.room import Room, RoomSettings
from chalicelib.core.ports.archives import Shelf
from tests.support.engines import Engine
from tests.support.example_rooms import NOON, a_room, soon
from tests.support.stand_ins import TABLE

DAY = timedelta(days=1)


class Shelves:
    """The shelf store and the room store that writes to it."""

    def __init__(self, engine: Engine) -> None:
        self.store = DynamoDBShelves(engine.client, TABLE)
        self.rooms = DynamoDBRooms(engine.client, TABLE)
        self._engine = engine

    def make(self, name: str, days: int | None) -> Room:
        room = a_room(name, settings=RoomSettings(archive_retention_days=days))
        return self.rooms.create(room, None, soon())

    def change(self, room: Room, days: int | None, now: datetime) -> Room:
        after = replace(room, settings=replace(room.settings, archive_retention_days=days))
        self.rooms.change(room, after, now, soon())
        return replace(after, revision=room.revision + 1)

    def due(self, now: datetime, limit: int = 10) -> list[str]:
        return list(self.store.due_shelves(now, limit, soon()))

    def expiry(self, room: Room) -> datetime | None:
        (item,) = (
            item
            for item in self._engine.client.scan(TableName=TABLE)["Items"]
            if item["pk"]["S"] == f"media#{room.room_id}"
        )
        if "expiresAt" not in item:
            return None
        return datetime.fromtimestamp(int(item["expiresAt"]["N"]), NOON.tzinfo)


@pytest.fixture
def shelves(engine: Engine) -> Shelves:
    return Shelves(engine)


def test_a_room_that_keeps_archives_for_some_days_has_a_shelf_that_is_due(
    shelves: Shelves,
) -> None:
    keeps, keeps_all = shelves.make("standup", 2), shelves.make("retro", None)
    assert shelves.store.shelf(keeps.room_id, soon()) == Shelf(keeps.room_id, "standup", 2)
    assert shelves.store.shelf(keeps_all.room_id, soon()) is None
    assert shelves.due(keeps.created_at) == [keeps.room_id]
    assert shelves.due(keeps.created_at - timedelta(milliseconds=1)) == []


def test_a_shelf_is_due_again_when_it_was_said_to_be_the_longest_due_first(
    shelves: Shelves,
) -> None:
    rooms = [shelves.make(f"room-{number}", 2) for number in range(3)]
    for number, room in enumerate(rooms):
        shelf = Shelf(room.room_id, room.name, 2)
        shelves.store.looked_through(shelf, NOON + (3 - number) * DAY, soon(), forget=False)
    ids = [room.room_id for room in rooms]
    assert shelves.due(NOON + 2 * DAY) == [ids[2], ids[1]]
    assert shelves.due(NOON + 9 * DAY, limit=1) == [ids[2]]


def test_other_days_have_it_looked_through_at_once_and_outlive_an_older_look(
    shelves: Shelves,
) -> None:
    room = shelves.make("standup", 30)
    before = shelves.store.shelf(room.room_id, soon())
    assert before is not None
    shelves.store.looked_through(before, NOON + 30 * DAY, soon(), forget=False)
    room = shelves.change(room, 5, NOON + DAY)
    assert shelves.due(NOON + DAY) == [room.room_id]
    shelves.store.looked_through(before, NOON + 30 * DAY, soon(), forget=False)
    assert shelves.due(NOON + DAY) == [room.room_id]

    shelves.change(room, None, NOON + 2 * DAY)
    assert shelves.store.shelf(room.room_id, soon()) is None
    assert shelves.due(NOON + 99 * DAY) == []
    assert shelves.expiry(room) == NOON + 2 * DAY


def test_an_empty_shelf_vanishes_a_week_after_the_look_that_is_to_come_unless_it_fills(
    shelves: Shelves,
) -> None:
    room = shelves.make("standup", 1)
    shelf = Shelf(room.room_id, "standup", 1)
    shelves.store.looked_through(shelf, NOON + DAY, soon(), forget=True)
    shelves.store.looked_through(shelf, NOON + 2 * DAY, soon(), forget=True)
    assert shelves.expiry(room) == NOON + 8 * DAY
    shelves.store.looked_through(shelf, NOON + 3 * DAY, soon(), forget=False)
    assert shelves.expiry(room) is None


def test_what_is_gone_is_not_made_anew_by_looking_through_it(shelves: Shelves) -> None:
    shelves.store.looked_through(Shelf("gone", "standup", 1), NOON, soon(), forget=False)
    assert shelves.store.shelf("gone", soon()) is None
    assert shelves.due(NOON) == []
