"""The days that archives are kept, and when they are due, on every engine."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.ports.archives import RetentionSchedule
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import NOON, a_room, soon

DAY = timedelta(days=1)


class Schedules:
    """The schedule store and the room store that writes to it."""

    def __init__(self, database: Database) -> None:
        self.store = database.stores.schedules
        self.rooms = database.stores.rooms
        self._database = database

    def make(self, name: str, days: int | None) -> Room:
        room = a_room(name, settings=RoomSettings(archive_retention_days=days))
        return self.rooms.create(room, None, soon())

    def change(self, room: Room, days: int | None, now: datetime) -> Room:
        after = replace(room, settings=replace(room.settings, archive_retention_days=days))
        self.rooms.compare_and_set(room, after, now, soon())
        return replace(after, revision=room.revision + 1)

    def due(self, now: datetime, limit: int = 10) -> list[str]:
        return list(self.store.rooms_due(now, limit, soon()))

    def expiry(self, room: Room) -> datetime | None:
        return self._database.expiry(f"media#{room.room_id}")


@pytest.fixture
def schedules(database: Database) -> Schedules:
    return Schedules(database)


def test_a_room_that_keeps_archives_for_some_days_has_a_retention_that_is_due(
    schedules: Schedules,
) -> None:
    keeps, keeps_all = schedules.make("standup", 2), schedules.make("retro", None)
    assert schedules.store.schedule(keeps.room_id, soon()) == RetentionSchedule(
        keeps.room_id, "standup", 2
    )
    assert schedules.store.schedule(keeps_all.room_id, soon()) is None
    assert schedules.due(keeps.created_at) == [keeps.room_id]
    assert schedules.due(keeps.created_at - timedelta(milliseconds=1)) == []


def test_a_retention_is_due_again_when_it_was_said_to_be_the_longest_due_first(
    schedules: Schedules,
) -> None:
    rooms = [schedules.make(f"room-{number}", 2) for number in range(3)]
    for number, room in enumerate(rooms):
        schedule = RetentionSchedule(room.room_id, room.name, 2)
        schedules.store.reschedule(schedule, NOON + (3 - number) * DAY, soon(), may_expire=False)
    ids = [room.room_id for room in rooms]
    assert schedules.due(NOON + 2 * DAY) == [ids[2], ids[1]]
    assert schedules.due(NOON + 9 * DAY, limit=1) == [ids[2]]


def test_other_days_have_it_looked_through_at_once_and_outlive_an_older_look(
    schedules: Schedules,
) -> None:
    room = schedules.make("standup", 30)
    before = schedules.store.schedule(room.room_id, soon())
    assert before is not None
    schedules.store.reschedule(before, NOON + 30 * DAY, soon(), may_expire=False)
    room = schedules.change(room, 5, NOON + DAY)
    assert schedules.due(NOON + DAY) == [room.room_id]
    schedules.store.reschedule(before, NOON + 30 * DAY, soon(), may_expire=False)
    assert schedules.due(NOON + DAY) == [room.room_id]

    schedules.change(room, None, NOON + 2 * DAY)
    assert schedules.store.schedule(room.room_id, soon()) is None
    assert schedules.due(NOON + 99 * DAY) == []
    assert schedules.expiry(room) == NOON + 2 * DAY


def test_an_empty_retention_vanishes_a_week_after_the_look_that_is_to_come_unless_it_fills(
    schedules: Schedules,
) -> None:
    room = schedules.make("standup", 1)
    schedule = RetentionSchedule(room.room_id, "standup", 1)
    schedules.store.reschedule(schedule, NOON + DAY, soon(), may_expire=True)
    schedules.store.reschedule(schedule, NOON + 2 * DAY, soon(), may_expire=True)
    assert schedules.expiry(room) == NOON + 8 * DAY
    schedules.store.reschedule(schedule, NOON + 3 * DAY, soon(), may_expire=False)
    assert schedules.expiry(room) is None


def test_what_is_gone_is_not_made_anew_by_looking_through_it(schedules: Schedules) -> None:
    schedules.store.reschedule(
        RetentionSchedule("gone", "standup", 1), NOON, soon(), may_expire=False
    )
    assert schedules.store.schedule("gone", soon()) is None
    assert schedules.due(NOON) == []
