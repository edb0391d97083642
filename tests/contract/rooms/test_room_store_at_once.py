"""The room store on every engine, with many callers at the same moment."""

from datetime import timedelta
from functools import partial
from itertools import chain

from chalicelib.core.model.room import NAME_KEPT_AFTER_CLOSING, Room
from chalicelib.core.ports.room_store import RoomStore
from tests.fakes.memory.table import ATTENDANCE
from tests.support.at_once import all_at_once
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON, a_room, closed, soon

EVENING = NOON + timedelta(hours=6)
CALLERS = 50


def test_of_fifty_rooms_put_under_one_name_one_stands_and_all_get_it(
    store: RoomStore, database: Database
) -> None:
    rooms = [a_room(created_by=f"user-{number}") for number in range(CALLERS)]

    standing = all_at_once([partial(store.create, room, None, soon()) for room in rooms])

    (winner,) = set(standing)
    assert winner in rooms
    assert store.find("standup", soon()) == winner
    assert database.keys() == ["room#standup", f"session#{winner.session_id}"]


def test_of_fifty_rooms_put_in_place_of_a_closed_one_one_stands_and_all_get_it(
    store: RoomStore, database: Database
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
    assert database.keys() == sorted(
        ["room#standup", f"session#{gone.session_id}", f"session#{winner.session_id}"]
    )


def test_a_room_closed_by_many_is_closed_at_one_of_their_times(
    store: RoomStore, database: Database
) -> None:
    room = a_room()
    store.create(room, None, soon())
    times = [EVENING + timedelta(seconds=number) for number in range(20)]

    all_at_once([partial(store.close, room, time, soon()) for time in times])

    found = store.find(room.name, soon())
    assert found is not None
    assert found.closed_at in times
    assert found == closed(room, found.closed_at)
    expires = found.closed_at + NAME_KEPT_AFTER_CLOSING
    assert database.expiry("room#standup") == expires
    attendance_ends = found.closed_at + LONGEST_TOKEN + ATTENDANCE
    assert database.expiry(f"session#{room.session_id}") == attendance_ends


def test_rooms_made_and_closed_by_many_at_once_leave_one_record_per_name_and_per_session(
    store: RoomStore, database: Database
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

    names = {room.name for room in made}
    sessions = {room.session_id: room for room in made}
    assert database.keys() == sorted(
        [f"room#{name}" for name in names] + [f"session#{session_id}" for session_id in sessions]
    )
    standing = [room for name in names if (room := store.find(name, soon())) is not None]
    open_ids = {room.room_id for room in standing if room.closed_at is None}
    for session_id, room in sessions.items():
        session = database.stores.sessions.session(session_id, soon())
        assert session is not None
        assert session.room_id == room.room_id
        assert (session.retired_until is None) == (room.room_id in open_ids)
    listed = {room.room_id for room in store.created_by("alice", None, 9, soon()).rooms}
    assert listed == open_ids
    for room in standing:
        assert room.closed_at in (None, EVENING)
        expires = database.expiry(f"room#{room.name}")
        assert (expires is None) == (room.room_id in open_ids)
