"""A room's item stays below DynamoDB's 400 KB, whatever its lists, bans, admins and seats have."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from chalicelib.core.model.room import (
    MAX_ADMINS,
    MAX_BANS,
    MAX_BANS_BYTES,
    MAX_GUESTS_WHO_MODERATE,
    Room,
)
from chalicelib.core.model.room_settings import (
    MAX_MEMBERS,
    MAX_MEMBERS_BYTES,
    MAX_MODERATORS,
    MAX_MODERATORS_BYTES,
    MAX_PARTICIPANTS,
    ArchiveMode,
    RoomSettings,
)
from chalicelib.core.model.seats import HOLD, MAX_CONNECTIONS_PER_USER, Seats
from chalicelib.core.rooms.change_room import MAX_SEATED_AT_ONCE
from chalicelib.core.support.formats import MAX_ID_BYTES
from tests.support.counted import item_bytes
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Engine
from tests.support.stores.example_rooms import NOON, a_room, soon

ITEM_BYTES = 400 * 1024
LATER = NOON + timedelta(minutes=1)


def ids(kind: str, number: int, total: int) -> list[str]:
    """Return this number of ids, of this number of bytes in total or a little less.

    In JSON they are nearly twice as long. No ids without control characters are longer there.
    """
    return [f"{kind}{each}".ljust(total // number, '"') for each in range(number)]


def longest_ids(kind: str, number: int) -> list[str]:
    return ids(kind, number, number * MAX_ID_BYTES)


def seats_of(users: list[str], devices: int) -> Seats:
    connections = (str(UUID(int=number)) for number in range(len(users) * devices))
    return Seats(
        {user: {next(connections): NOON for _ in range(devices)} for user in users},
        dict.fromkeys(users, NOON + HOLD),
    )


LONGEST = seats_of(longest_ids("s", MAX_PARTICIPANTS), MAX_CONNECTIONS_PER_USER)
GUESTS = [f"guest:{each:032}" for each in range(MAX_GUESTS_WHO_MODERATE)]
MANY = seats_of([str(UUID(int=each)) for each in range(MAX_SEATED_AT_ONCE)], 1)


def full(engine: Engine, seats: Seats) -> Room:
    """Create a room with the most and the longest of all that it may have."""
    room = a_room(
        settings=RoomSettings(
            members=frozenset(ids("m", MAX_MEMBERS, MAX_MEMBERS_BYTES)),
            moderators=frozenset(ids("o", MAX_MODERATORS, MAX_MODERATORS_BYTES)),
            max_participants=MAX_PARTICIPANTS,
            archive_mode=ArchiveMode.ALWAYS,
            archive_name="\u20ac" * 80,
        )
    )
    room.settings.check()
    room = replace(
        room,
        name="n" * 128,
        bans=dict.fromkeys(ids("b", MAX_BANS, MAX_BANS_BYTES), NOON),
        admins_until=dict.fromkeys((*longest_ids("a", MAX_ADMINS), *GUESTS), LATER),
        seats=seats,
    )
    engine.stores.rooms.create(room, None, soon())
    return room


def found(engine: Engine, room: Room) -> Room:
    current = engine.stores.rooms.find(room.name, soon())
    assert current is not None
    return current


@pytest.mark.parametrize("seats", [LONGEST, MANY], ids=["longest ids", "a thousand seats"])
def test_a_full_room_fits_in_an_item_and_leaves_space_for_250_waits(
    engine: Engine, seats: Seats
) -> None:
    room = full(engine, seats)
    key = {"pk": {"S": f"room#{room.name}"}, "sk": {"S": "room"}}
    item = engine.client.get_item(TableName=TABLE, Key=key)["Item"]
    waits = MAX_PARTICIPANTS * (MAX_ID_BYTES + 9)
    assert item_bytes(item) + waits < ITEM_BYTES
    assert found(engine, room) == room


def test_a_full_room_is_scheduled_to_close_locked_and_unbanned_and_then_deleted(
    engine: Engine,
) -> None:
    # moto counts a changed attribute twice, so that the longest ids would not pass there.
    room = full(engine, MANY)
    (lifted, *kept) = room.bans
    for changes, after in enumerate(
        (
            replace(room, settings=replace(room.settings, closes_at=LATER)),
            replace(room, locked=True),
            replace(room, bans=dict.fromkeys(kept, NOON)),
        )
    ):
        before = replace(room, revision=room.revision + changes)
        engine.stores.rooms.compare_and_set(before, after, NOON, soon())
    engine.stores.rooms.close(room, LATER, soon())
    deleted = found(engine, room)
    assert deleted.closed_at == LATER
    assert lifted not in deleted.bans
