"""Users wait and moderators decide at once, in any order of their steps, while calls fail.

`tests/support/interleaving/scheduler.py` explains the steps. A seed decides which task makes the
next one, and which call fails how. After every step no more seats are kept than the room has, every
user who is approved at that moment has one, and only approved users got tokens.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import pytest

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.model.waiting import Decision, Verdict, waiting_id
from chalicelib.core.rooms.ban_users import ban_id_of
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.errors import RoomkeyError
from tests.fakes.memory.table import Table
from tests.support.interleaving.opentok import OpenTokModel
from tests.support.interleaving.scheduler import Fault, NoHurry, Task
from tests.support.interleaving.service import Service, build, build_on_fakes
from tests.support.stores.engines import Database, Engine, Memory
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON, soon

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[], object]

ALICE, ROOT = User("alice"), User("root", admin=True)
USERS = [User("bob"), User("carol"), User("guest:dan"), User("eve", name="Eve")]
ROOM = "standup"
STEPS_ON_FAKES, STEPS_ON_DYNAMODB = 80, 30
SEEDS_ON_FAKES, SEEDS_ON_DYNAMODB = 30, 2
IP = "203.0.113.7"


@dataclass
class Lobby:
    """A room with a waiting room, users who want into it, and two moderators."""

    database: Database
    random: Random
    tasks: list[Task] = field(default_factory=list)
    approved: set[str] = field(default_factory=set)
    """The users who were approved at any time."""
    now: datetime = NOON

    def __post_init__(self) -> None:
        opentok = OpenTokModel(self.clock)
        self.service: Service = (
            build(self.database.client, opentok, self.clock)
            if isinstance(self.database, Engine)
            else build_on_fakes(self.database.stores, opentok, self.clock)
        )
        self.cases = self.service.use_cases
        self.cap = self.random.choice([None, 1, 2, 3])
        settings = RoomSettings(max_participants=self.cap, waiting_room=True)
        room, _ = self.cases.create_room.put(
            ALICE, ROOM, asked=settings, given=(), caller_ip=IP, deadline=NoHurry()
        )
        self.ids = {user.id: waiting_id(room.session_id, user.id) for user in USERS}

    def clock(self) -> datetime:
        return self.now

    # What goes on.

    def begin(self) -> None:
        """Let somebody begin something."""
        user, moderator = self.random.choice(USERS), self.random.choice([ALICE, ROOT])
        moderate, ban = self.cases.moderate_waiting, self.cases.ban_users
        own = self.ids[user.id]
        acts: list[tuple[int, str, Act]] = [
            (10, f"join of {user.id}", partial(self.join, user)),
            (5, "approval", partial(moderate.approve, moderator, ROOM, own, NoHurry())),
            (2, "approval of all", partial(moderate.approve_all, moderator, ROOM, NoHurry())),
            (1, "turning away", partial(moderate.turn_away, moderator, ROOM, own, NoHurry())),
            (1, "ban", partial(ban.ban, moderator, ROOM, user.id, NoHurry())),
            (1, "lift", partial(ban.lift, moderator, ROOM, ban_id_of(user.id), NoHurry())),
        ]
        ((_, name, act),) = self.random.choices(acts, [weight for weight, _, _ in acts])
        self.tasks.append(Task(name, act))

    def join(self, user: User) -> None:
        before = self.decision(user)
        self.cases.join_room.join(user, ROOM, JoinRequest(), NoHurry())
        assert user.id in self.approved, "a token without an approval"
        after = self.decision(user)
        assert not before or before != after or before.approves, "a token in spite of a decision"

    def step(self) -> None:
        task = self.random.choice(self.tasks)
        task.step(self.random.choice(list(Fault)) if self.random.random() < 0.2 else None)
        self.clear()

    def clear(self) -> None:
        for task in self.tasks:
            if task.is_done and isinstance(task.error, Exception):
                assert isinstance(task.error, RoomkeyError), repr(task.error)
        self.tasks = [each for each in self.tasks if not each.is_done]

    # What must be true.

    def decision(self, user: User) -> Decision | None:
        return self.database.stores.waiting.decision(self.room(), self.ids[user.id], soon())

    def room(self) -> Room:
        room = self.database.stores.rooms.find(ROOM, soon())
        assert room is not None
        return room

    def check(self) -> None:
        """Check what must hold at every moment."""
        room = self.room()
        approved_now = set()
        for user in USERS:
            decision = self.decision(user)
            if decision is not None and decision.approves:
                self.approved.add(user.id)
                if decision.at == self.now:
                    approved_now.add(user.id)
        if self.cap is None:
            return
        kept = {each for each in room.seats.connections if room.seats.is_kept(each, self.now)}
        assert len(kept) <= self.cap, "more seats are kept than there are"
        assert kept <= self.approved, "a seat without an approval"
        assert approved_now - room.bans.keys() <= kept, "an approval without a seat"


def play(database: Database, seed: int, steps: int) -> None:
    lobby = Lobby(database, Random(seed))
    for _ in range(steps):
        if not lobby.tasks or (len(lobby.tasks) < 5 and lobby.random.random() < 0.3):
            lobby.begin()
            lobby.clear()
        elif lobby.random.random() < 0.05:
            lobby.now += timedelta(seconds=lobby.random.choice([1, 5, 11, 21, 121]))
        else:
            lobby.step()
        lobby.check()
    while lobby.tasks:
        lobby.tasks[0].step()
        lobby.check()
        lobby.clear()
    check_the_end(lobby)


def check_the_end(lobby: Lobby) -> None:
    """Once the seats have lapsed, each user gets what the last decision says, or waits."""
    lobby.now += timedelta(hours=1)
    lobby.check()
    for user in USERS:
        decision, is_banned = lobby.decision(user), user.id in lobby.room().bans
        outcome = refusal(lobby, user)
        if is_banned:
            assert outcome == "banned"
        elif decision is not None and decision.verdict is Verdict.APPROVED:
            assert outcome in {None, "room_full"}
        else:
            assert outcome == "must_wait"
    waiting = lobby.cases.moderate_waiting.waiting(ALICE, ROOM, NoHurry())
    approved, left = lobby.cases.moderate_waiting.approve_all(ALICE, ROOM, NoHurry())
    assert len(approved) + left == len(waiting)
    assert lobby.cap is not None or left == 0
    lobby.check()
    lobby.now += timedelta(seconds=5)
    for each in approved:
        (user,) = (user for user in USERS if user.id == each.user_id)
        assert refusal(lobby, user) is None, "an approved user has no seat"


def refusal(lobby: Lobby, user: User) -> str | None:
    try:
        lobby.join(user)
    except RoomkeyError as error:
        return error.code
    return None


@pytest.mark.parametrize("seed", range(SEEDS_ON_FAKES))
def test_no_seat_is_kept_twice_and_none_is_missing_whatever_comes_between(seed: int) -> None:
    play(Memory(Table(lambda: NOON, LONGEST_TOKEN)), seed, STEPS_ON_FAKES)


@pytest.mark.parametrize("seed", range(SEEDS_ON_DYNAMODB))
def test_they_are_not_on_dynamodb_either(engine: Engine, seed: int) -> None:
    play(engine, seed, STEPS_ON_DYNAMODB)
