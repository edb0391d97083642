"""No session is given to two rooms, whatever comes between two steps of joins and refills.

Two instances serve joins of a few rooms while refills and deletions run. A seeded scheduler lets
them make their steps in any order, fails calls, loses answers and ends processes between any two.
"""

import random
from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.ports.video_platform import PoolBounds
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.errors import RoomkeyError
from tests.fakes.memory.table import Table
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.scheduler import Died, Fault, NoHurry, Task
from tests.support.interleaving.service import Service, build, build_on_fakes
from tests.support.stores.engines import Database, Engine, Memory
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON

ROOMS = [f"room-{number}" for number in range(5)]
ADMIN = User("root", admin=True)
USERS = [User("alice"), User("bob"), ADMIN]
BOUNDS = PoolBounds(least=3, most=6)
"""A few sessions, so that the instances often want the same one."""
TASKS_AT_ONCE = 4
FAULTS_IN_STEPS = 0.15


class Play:
    """Joins, refills and deletions in one order of their steps.

    Args:
        database: Empty.
        seed: Decides the order and the faults.
        tasks: Their number.
    """

    def __init__(self, database: Database, seed: int, tasks: int) -> None:
        self._chance = random.Random(seed)
        self._database = database
        self._tasks = tasks
        self._opentok = OpenTokModel(lambda: NOON)
        self._instances = [self._build(), self._build()]
        self._refills = self._build()
        self._session_of: dict[str, str] = {}
        """The session of each room id that was ever seen."""

    def run(self) -> None:
        running: list[Task] = []
        for number in range(self._tasks):
            running.append(Task(str(number), self._work()))
            while len(running) >= TASKS_AT_ONCE:
                self._step(running)
        while running:
            self._step(running)
        for name in ROOMS:
            self._join(self._instances[0], ADMIN, name)()
        self._look()
        assert {each.spec.session_id for each in self._opentok.tokens.values()} <= {
            *self._session_of.values()
        }

    def _work(self) -> Callable[[], None]:
        match self._chance.randrange(8):
            case 0 | 1:
                scheduled = self._refills.use_cases.scheduled()
                return lambda: scheduled.refill_session_pool.run(NoHurry())
            case 2:
                close = self._instances[0].use_cases.close_room.close
                return partial(close, ADMIN, self._chance.choice(ROOMS), NoHurry())
            case _:
                instance, user = self._chance.choice(self._instances), self._chance.choice(USERS)
                return self._join(instance, user, self._chance.choice(ROOMS))

    def _join(self, instance: Service, user: User, name: str) -> Callable[[], None]:
        def join() -> None:
            if user is ADMIN:  # who opens deleted rooms anew
                instance.use_cases.create_room.put(
                    user, name, asked=RoomSettings(), given=(), caller_ip="", deadline=NoHurry()
                )
            instance.use_cases.join_room.join(user, name, JoinRequest(), NoHurry())

        return join

    def _step(self, running: list[Task]) -> None:
        task = self._chance.choice(running)
        fault = None
        if self._chance.random() < FAULTS_IN_STEPS:
            fault = self._chance.choice(list(Fault))
        task.step(fault)
        if task.is_done:
            running.remove(task)
            self._look()
            if task.error is not None and not isinstance(task.error, (RoomkeyError, Died)):
                raise task.error

    def _look(self) -> None:
        """Look at all rooms, their sessions and the pool."""
        stores = self._database.stores
        for name in ROOMS:
            room = stores.rooms.find(name, NoHurry())
            if room is None:
                continue
            known = self._session_of.setdefault(room.room_id, room.session_id)
            assert known == room.session_id
            session = stores.sessions.session(room.session_id, NoHurry())
            assert session is not None
            assert session.room_id == room.room_id, "a session was given twice"
        given = list(self._session_of.values())
        assert len(given) == len(set(given)), "two rooms have one session"
        pooled = stores.pool.pooled("project", 99, NoHurry())
        assert set(pooled).isdisjoint(given), "a session that a room has is in the pool"
        assert set(pooled) <= set(self._opentok.session_ids)

    def _build(self) -> Service:
        if isinstance(self._database, Engine):
            return build(self._database.client, self._opentok, lambda: NOON, BOUNDS)
        return build_on_fakes(self._database.stores, self._opentok, lambda: NOON, BOUNDS)


@pytest.mark.parametrize("seed", range(20))
def test_no_session_is_given_to_two_rooms_on_the_fakes(seed: int) -> None:
    Play(Memory(Table(lambda: NOON, LONGEST_TOKEN)), seed, tasks=40).run()


def test_no_session_is_given_to_two_rooms_on_dynamodb(engine: Engine) -> None:
    random.seed(1)  # the choice of candidates
    Play(engine, 1, tasks=15).run()
