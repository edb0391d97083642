"""Whatever is done with rooms, in whatever order, every store answers as a dictionary would."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
    run_state_machine_as_test,
)

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.ports.room_store import RoomCursor, RoomStore
from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import MILLISECOND, NOON, a_room, closed, soon

NAMES = st.sampled_from(["red", "Red", "RED", "blue", "Blue", "green"])
CREATORS = st.sampled_from(["alice", "bob", None])
MOMENTS = st.integers(0, 3).map(lambda number: NOON + number * MILLISECOND)
SETTINGS = st.builds(
    RoomSettings,
    moderators=st.frozensets(st.sampled_from(["alice", "bob"])),
    members=st.none() | st.frozensets(st.sampled_from(["alice", "carol"])),
    max_participants=st.none() | st.integers(1, 250),
    opens_at=st.none() | MOMENTS,
)


class RoomsInADictionary(RuleBasedStateMachine):
    """Does the same with a store and with a dictionary, and compares.

    Args:
        prefix: Keeps the names and users of this run apart from those of the runs before it.
    """

    def __init__(self, store: RoomStore, database: Database, prefix: str) -> None:
        super().__init__()
        self._store = store
        self._database = database
        self._before = set(database.keys())
        self._prefix = prefix
        self._latest: dict[str, Room] = {}
        self._ever: list[Room] = []

    @rule(
        name=NAMES,
        created_by=CREATORS,
        created_at=MOMENTS,
        chosen=SETTINGS,
        knows=st.sampled_from(["nothing", "latest", "any"]),
        data=st.data(),
    )
    def create(
        self,
        name: str,
        created_by: str | None,
        created_at: datetime,
        chosen: RoomSettings,
        knows: str,
        data: st.DataObject,
    ) -> None:
        room = a_room(
            self._prefix + name,
            created_by=created_by and self._prefix + created_by,
            created_at=created_at,
            settings=chosen,
        )
        latest = self._latest.get(room.name.lower())
        replaced = self._replaced(latest, knows, data)
        if latest is None or (replaced is not None and replaced.room_id == latest.room_id):
            self._latest[room.name.lower()] = latest = room
            self._ever.append(room)

        assert self._store.create(room, replaced, soon()) == latest

    @rule(data=st.data(), closed_at=MOMENTS)
    def close(self, data: st.DataObject, closed_at: datetime) -> None:
        rooms = [*self._ever, a_room(self._prefix + "never-created")]
        room = data.draw(st.sampled_from(rooms))
        latest = self._latest.get(room.name.lower())
        if latest is not None and latest.room_id == room.room_id and latest.closed_at is None:
            self._latest[room.name.lower()] = closed(latest, closed_at)

        self._store.close(room, closed_at, soon())

    @rule(name=NAMES)
    def find(self, name: str) -> None:
        name = self._prefix + name

        assert self._store.find(name, soon()) == self._latest.get(name.lower())

    @rule(user=st.sampled_from(["alice", "bob", "carol"]), limit=st.integers(1, 4))
    def list_created_by(self, user: str, limit: int) -> None:
        user = self._prefix + user
        expected = [
            room
            for room in self._latest.values()
            if room.created_by == user and room.closed_at is None
        ]

        seen = self._listed(user, limit)

        # Rooms of the same millisecond may come in any order.
        assert [room.created_at for room in seen] == sorted(
            (room.created_at for room in expected), reverse=True
        )
        assert Counter(seen) == Counter(expected)

    def teardown(self) -> None:
        """Expect a record per name and one per session, and no other."""
        made = set(self._database.keys()) - self._before

        assert sorted(made) == sorted(
            [f"room#{name}" for name in self._latest]
            + [f"session#{room.session_id}" for room in self._ever]
        )

    def _replaced(self, latest: Room | None, knows: str, data: st.DataObject) -> Room | None:
        """The closed room that the caller takes for the one to replace."""
        if knows == "latest":
            return latest if latest is not None and latest.closed_at is not None else None
        if knows == "any" and self._ever:
            ended = [room for room in self._ever if room not in self._latest.values()]
            return data.draw(st.sampled_from([None, *(replace(room) for room in ended)]))
        return None

    def _listed(self, user: str, limit: int) -> list[Room]:
        seen: list[Room] = []
        start: RoomCursor | None = None
        while True:
            page = self._store.created_by(user, start, limit, soon())
            seen += page.rooms
            start = page.next_cursor
            if start is None:
                return seen
            assert len(page.rooms) == limit


def test_every_sequence_of_calls_is_answered_as_by_a_dictionary(
    store: RoomStore, database: Database
) -> None:
    runs = count(1)

    class RoomsOnThisEngine(RoomsInADictionary):
        def __init__(self) -> None:
            super().__init__(store, database, f"run{next(runs)}-")

    run_state_machine_as_test(
        RoomsOnThisEngine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
