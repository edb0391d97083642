"""What every room store does, on every engine, when many callers come at the same moment."""

from datetime import timedelta
from functools import partial
from itertools import chain

from chalicelib.core.model.room import NAME_KEPT_AFTER_CLOSING, Room
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.support.timestamps import epoch_milliseconds
from tests.support.at_once import all_at_once
from tests.support.engines import Engine
from tests.support.example_rooms import NOON, a_room, closed, soon

EVENING = NOON + timedelta(hours=6)
CALLERS = 50


def test_of_fifty_rooms_put_under_one_name_one_stands_and_all_get_it(
    store: RoomStore, engine: Engine
) -> None:
    rooms = [a_room(created_by=f"user-{number}") for number in range(CALLERS)]

    standing = all_at_once([partial(store.create, room, None, soon()) for room in rooms])

    (winner,) = set(standing)
    assert winner in rooms
    assert store.find("standup", soon()) == winner
    assert engine.keys() == ["room#standup", f"session#{winner.session_id}"]


def test_of_fifty_rooms_put_in_place_of_a_closed_one_one_stands_and_all_get_it(
    store: RoomStore, engine: Engine
) -> None:
    gone = a_room()
    store.create(gone, None, soon())
    store.close(gone, EVENING, soon())
    rooms = [a_room() for _ in range(CALLERS)]

    standing = all_at_once(
        [partial(store.create, room, closed(gone, EVENING), soon()) for room in rooms]
    )

    (winner,) = set(standing)
    assert winner in rooms
    assert store.find("standup", soon()) == winner
    assert engine.keys() == sorted(
        ["room#standup", f"session#{gone.session_id}", f"session#{winner.session_id}"]
    )


def test_a_room_closed_by_many_is_closed_at_one_of_their_times(
    store: RoomStore, engine: Engine
) -> None:
    room = a_room()
    store.create(room, None, soon())
    times = [EVENING + timedelta(seconds=number) for number in range(20)]

    all_at_once([partial(store.close, room, time, soon()) for time in times])

    found = store.find(room.name, soon())
    assert found is not None
    assert found.closed_at in times
    assert found == closed(room, found.closed_at)
    expires = int((found.closed_at + NAME_KEPT_AFTER_CLOSING).timestamp())
    assert engine.room_item(room)["expiresAt"] == expires
    assert engine.session_item(room)["expiresAt"] == expires


def test_rooms_made_and_closed_by_many_at_once_leave_one_item_per_name_and_per_session(
    store: RoomStore, engine: Engine
) -> None:
    def come_and_go(caller: int) -> list[Room]:
        """Close what is open and replace what is closed, again and again; gives what stood."""
        made = []
        for turn in range(6):
            name = f"room-{(caller + turn) % 3}"
            found = store.find(name, soon())
            if found is not None and found.closed_at is None:
                store.close(found, EVENING, soon())
                continue
            room = a_room(name, created_by="alice")
            if store.create(room, found, soon()) == room:
                made.append(room)
        return made

    calls = [partial(come_and_go, caller) for caller in range(12)]
    made = list(chain.from_iterable(all_at_once(calls)))

    items = {item["pk"]: item for item in engine.items()}
    sessions = {f"session#{room.session_id}": room for room in made}
    names = {f"room#{room.name}" for room in made}
    assert items.keys() == sessions.keys() | names
    standing = {items[name]["roomId"]: items[name] for name in names}
    for key, room in sessions.items():
        assert items[key]["roomId"] == room.room_id
        ended = room.room_id not in standing or "closedAt" in standing[room.room_id]
        assert ("expiresAt" in items[key]) == ended
    for item in standing.values():
        assert item.get("closedAt") in (None, epoch_milliseconds(EVENING))
        assert ("listedFor" in item) == ("closedAt" not in item) == ("expiresAt" not in item)
