"""Rooms stay right whatever comes between two steps of whatever is going on in them.

`tests/support/interleaving/scheduler.py` explains how. Here hypothesis starts joins, leaves, bans,
locks, changes of the limit and of the hours, deletions, callbacks and scheduled functions, lets
them make their steps in any order, and has calls fail and processes end between any two of them.
Callbacks come in any order, late, twice or not at all. OpenTok repeats a callback that was not
answered with 200; a user repeats what was answered with 503, or not at all.

After every step it is looked at that no more users are in than may be, of those whose callback is
in, and that nobody stays who was banned when theirs came. Every so often all that has begun comes
to its end, and then all that must be true is looked at. Where a callback was dropped, that is once
a reconciliation run is over.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.core.model.connection import MAX_STREAMS_AT_ONCE, Connection, Session
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import GRACE, HOLD, MAX_CONNECTIONS_PER_USER
from chalicelib.core.model.user import User
from chalicelib.core.rooms.ban_users import ban_id_of
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.errors import (
    ProviderUnavailable,
    RoomFull,
    RoomkeyError,
    SessionUnknown,
    StoreUnavailable,
)
from tests.contract.conftest import DYNAMODB_LOCAL
from tests.fakes.memory.table import Table
from tests.support.interleaving.full_parts import FullParts
from tests.support.interleaving.opentok import Event, OpenTokModel, Token
from tests.support.interleaving.scheduler import Died, Fault, NoHurry, Task
from tests.support.interleaving.service import Service, build, build_on_fakes
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Engine, Memory
from tests.support.stores.example_rooms import LONGEST_TOKEN, NOON

ROOM = "standup"
ALICE = User("alice")
"""The room's moderator."""
GUESTS = [User("bob"), User("carol"), User("dora")]
USERS = [ALICE, User("root", admin=True), *GUESTS]
MODERATORS = {"alice", "root"}
CAPS = [None, 1, 2, 3]
LIMITS = [(None, 0), (1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (3, 1), (3, 2)]
"""Limits of a room: seats, and of these the ones that are kept free for moderators."""
ENDINGS = ["open anew", "close never", "close soon", "delete"]
NO_LIMIT = 1000
TASKS_AT_ONCE = 5
PARTS = range(4)
"""The examples' seeds: each part is a test, so that several processes share them."""
EXAMPLES_ON_FAKES = 16
"""For each part."""
HEALING_DUE = timedelta(minutes=11)
"""After so long every session that is looked after is due."""
TO_BE_REPEATED = (StoreUnavailable, ProviderUnavailable, SessionUnknown, Died)
IP = "203.0.113.7"


@dataclass(frozen=True)
class Running:
    """A task, and what to do if it comes to no proper end."""

    task: Task
    repeat: Callable[[], None]

    def __repr__(self) -> str:
        return repr(self.task)


class Interleavings(RuleBasedStateMachine):
    """A room, those who want into it, and a scheduler that is against them."""

    def __init__(self, database: Engine | Memory) -> None:
        super().__init__()
        self.database = database
        self.now = NOON
        self.opentok = OpenTokModel(self.clock)
        self.service = self._build()
        self.looked_up = database.stores.rooms
        self.records = database.stores.sessions
        """Both as the test looks at them, which is no step of anything."""
        self.running: list[Running] = []
        self.unfinished: list[tuple[str, Callable[[], object]]] = []
        """Requests that their users will repeat."""
        self.told: set[str] = set()
        """Connections whose arrival we were told of, and said 200 to."""
        self.old_tokens: dict[str, Token] = {}
        self.left: dict[str, datetime] = {}
        """By user, when we last heard of a connection's end."""
        self.something_dropped = False
        self.stream_dropped = False
        self.is_broken = False
        # What could have been so since the last time that all had come to its end.
        self.limits: set[int] = set()
        self.limits_of_guests: set[int] = set()
        self.unlocked = True
        # What was so then.
        self.seats_kept = 0
        self.devices_kept: dict[str, int] = {}
        self.seats_of_guests = 0
        self.insiders: set[str] = set()

    def clock(self) -> datetime:
        return self.now

    # What goes on.

    @initialize(
        limit=st.sampled_from(LIMITS),
        inside=st.lists(st.sampled_from(GUESTS), max_size=3),
        banned=st.sampled_from([None, *GUESTS]),
        locked=st.booleans(),
    )
    def a_room(
        self,
        limit: tuple[int | None, int],
        inside: list[User],
        banned: User | None,
        locked: bool,
    ) -> None:
        """Everybody has a token of better times, which nobody can take back."""
        self._put(None)
        self.old_tokens = {user.id: self.opentok.tokens[self._join(user)] for user in USERS}
        for user in inside:
            self.enter(user, told=True)
        if banned is not None:
            self.ban(banned, at_once=True)
        self.limit(limit, at_once=True)
        self.lock(locked, at_once=True)
        self._finish_all()
        self._check_all()

    @rule(user=st.sampled_from(USERS))
    def join(self, user: User) -> None:
        self._request(f"join of {user.id}", partial(self._join, user))

    @rule(user=st.sampled_from(USERS), told=st.booleans())
    def enter(self, user: User, told: bool) -> None:
        """Join and connect without a pause."""
        with self._judging():
            try:
                token = self.opentok.tokens[self._join(user)]
            except RoomkeyError:
                return
        self._connect(token, told=told)

    @precondition(lambda self: self.opentok.tokens)
    @rule(data=st.data(), told=st.booleans())
    def connect(self, data: st.DataObject, told: bool) -> None:
        token = data.draw(st.sampled_from(list(self.opentok.tokens.values())))
        self._connect(token, told=told)

    @rule(users=st.lists(st.sampled_from(USERS), min_size=2, max_size=6), told=st.booleans())
    def come_together(self, users: list[User], told: bool) -> None:
        """Connect all these users with the tokens they had before."""
        for user in users:
            self._connect(self.old_tokens[user.id], told=told)

    @precondition(lambda self: self.opentok.everybody())
    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.opentok.everybody()))
        if self.opentok.published(client) < MAX_STREAMS_AT_ONCE:  # no more are on record
            self.opentok.publish(client)

    @precondition(lambda self: self.opentok.everybody())
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.opentok.leave(data.draw(st.sampled_from(self.opentok.everybody())))

    @rule(user=st.sampled_from(GUESTS), at_once=st.booleans())
    def ban(self, user: User, at_once: bool) -> None:
        ban = partial(self.service.use_cases.ban_users.ban, ALICE, ROOM, user.id)
        self._request(f"ban of {user.id}", lambda: ban(NoHurry()), at_once=at_once)

    @rule(user=st.sampled_from(GUESTS))
    def let_back(self, user: User) -> None:
        lift = partial(self.service.use_cases.ban_users.lift, ALICE, ROOM, ban_id_of(user.id))
        self._request(f"letting back of {user.id}", lambda: lift(NoHurry()))

    @rule(limit=st.sampled_from(LIMITS), at_once=st.booleans())
    def limit(self, limit: tuple[int | None, int], at_once: bool) -> None:
        cap, kept_free = limit
        self.limits.add(cap or NO_LIMIT)
        self.limits_of_guests.add((cap or NO_LIMIT) - kept_free)
        changes = RoomPatch(settings={"max_participants": cap, "moderator_seats": kept_free})
        self._change(f"limit {limit}", changes, at_once=at_once)

    @rule(locked=st.booleans(), at_once=st.booleans())
    def lock(self, locked: bool, at_once: bool) -> None:
        self.unlocked |= not locked
        self._change(f"locked {locked}", RoomPatch(locked=locked), at_once=at_once)

    @rule(ending=st.sampled_from(ENDINGS), cap=st.sampled_from(CAPS))
    def end(self, ending: str, cap: int | None) -> None:
        """One rule for all that ends a room or opens it again, so that most of them last."""
        if ending == "delete":
            close = partial(self.service.use_cases.close_room.close, ALICE, ROOM)
            self._request("deletion", lambda: close(NoHurry()))
        elif ending == "open anew":
            self._request(f"opening with limit {cap}", partial(self._put, cap))
        else:
            closes_at = None
            if ending == "close soon":
                closes_at = self.now + timedelta(seconds=30)
            self._change(ending, RoomPatch(settings={"closes_at": closes_at}))

    @rule()
    def enforce_closing_times(self) -> None:
        self._begin(
            "hours",
            lambda: self.service.use_cases.scheduled().enforce_closing_times.run(NoHurry()),
            lambda: None,
        )

    @rule()
    def reconcile(self) -> None:
        self._begin(
            "reconciliation",
            lambda: self.service.use_cases.scheduled().reconcile_sessions.run(NoHurry()),
            lambda: None,
        )

    # What the scheduler does.

    @precondition(lambda self: self.opentok.events)
    @rule(data=st.data(), again=st.booleans())
    def deliver(self, data: st.DataObject, again: bool) -> None:
        """A callback comes, and perhaps once more later."""
        event = data.draw(st.sampled_from(self.opentok.events))
        self._begin_callback(event)
        if again:
            self.opentok.events.append(event)

    @precondition(lambda self: self.opentok.events)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """A callback never comes.

        But not the one that a session is heard of by again, after nobody was in it at two checks.
        """
        event = data.draw(st.sampled_from(self.opentok.events))
        session = self.service.sessions.session(event.session_id, NoHurry())
        if session is None or not session.monitored:
            return
        self.opentok.events.remove(event)
        self.something_dropped = True
        self.stream_dropped |= event.stream is not None

    @precondition(lambda self: self.running)
    @rule(data=st.data(), steps=st.integers(1, 4))
    def step(self, data: st.DataObject, steps: int) -> None:
        task = data.draw(st.sampled_from(self.running)).task
        for _ in range(steps):
            if not task.is_done:
                task.step()
        self._collect()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), fault=st.sampled_from(Fault))
    def fail(self, data: st.DataObject, fault: Fault) -> None:
        data.draw(st.sampled_from(self.running)).task.step(fault)
        self._collect()

    @rule(seconds=st.sampled_from([1, 11, 21, 61, 121]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def settle(self) -> None:
        """All comes to its end."""
        with self._judging():
            self._finish_all()
            if self.something_dropped:
                self._reconcile()
            self._check_all()

    def teardown(self) -> None:
        """Once everybody has left and what was held has lapsed, as many as may come get in."""
        try:
            if not self.is_broken:
                self._finish_all()
                self._reconcile()
                self._check_all()
                for each in self.opentok.everybody():
                    self.opentok.leave(each)
                self._finish_all()
                self.now += HOLD + timedelta(seconds=1)
                self._check_newcomers_get_in(2)
        finally:
            for running in self.running:
                if not running.task.is_done:
                    running.task.step(Fault.DIES_BEFORE)
            if isinstance(self.database, Engine):
                self._empty_table(self.database.client)

    # What must be true.

    @invariant()
    def no_more_users_are_in_than_may_be(self) -> None:
        """Nor seats kept; of those whose callback is in, and unless the limit was higher before."""
        room = self.looked_up.find(ROOM, NoHurry())
        if room is None or room.settings.max_participants is None:
            return
        live = {_user(each) for each in self._in(room)}
        with self._judging():
            most = max(self.seats_kept, *self.limits)
            assert max(len(live), len(self._kept(room))) <= most, "more are in than may be"
            most = max(self.seats_of_guests, *self.limits_of_guests)
            guests = max(len(live - MODERATORS), len(self._kept(room) - MODERATORS))
            assert guests <= most, "guests took a seat that is kept free"

    def _check_all(self) -> None:
        room = self._room()
        if room.state(self.now) is State.CLOSED:
            self._run(
                "hours",
                lambda: self.service.use_cases.scheduled().enforce_closing_times.run(NoHurry()),
            )
            self._finish_all()
            room = self._room()
            assert self._in(room) == [], "somebody is in a closed room"
        else:
            live = {_user(each) for each in self._in(room)}
            assert not live & room.bans.keys(), "a banned user is in"
            self._check_limit(room)
            self._check_lock(room, live)
        self._check_presence(room)
        kept = self._kept(room)
        self.seats_kept = len(kept)
        self.devices_kept = {user: len(each) for user, each in room.seats.connections.items()}
        self.seats_of_guests = len(kept - MODERATORS)
        limit = room.settings.max_participants or NO_LIMIT
        self.limits, self.limits_of_guests = {limit}, {limit - room.settings.moderator_seats}
        self.unlocked = not room.locked
        just_left = {user for user, at in self.left.items() if at + GRACE > self.now}
        self.insiders = {_user(each) for each in self._in(room)} | kept | just_left

    @contextmanager
    def _checking_who_stays(self, session: Session, connection: Connection) -> Iterator[None]:
        """Unless the rules change meanwhile: not the banned, nor those whom a lock keeps out."""
        user, before = _user(connection), self.looked_up.find(ROOM, NoHurry())
        was_connected = before is not None and (
            before.seats.is_kept(user, self.now)
            or self.records.was_connected(session.id, user, self.now - GRACE, NoHurry())
        )
        yield
        after = self.looked_up.find(ROOM, NoHurry())
        if before is None or after is None or before.revision != after.revision:
            return
        if session.is_of(after) and connection in self.opentok.clients(session.id):
            assert user not in after.bans, "a banned user stays"
            assert not after.locked or was_connected or user in MODERATORS, (
                "a lock keeps nobody out"
            )

    def _check_limit(self, room: Room) -> None:
        """Nobody is in without a seat, and there are no more seats than there may be.

        A limit throws nobody out: there may be as many users and devices as there were, not more.
        """
        if room.settings.max_participants is None:
            return
        for each in self._in(room):
            assert each.id in room.seats.connections.get(_user(each), ()), "in without a seat"
        assert len(self._kept(room)) <= max(self.seats_kept, *self.limits), "more than may be"
        if NO_LIMIT not in self.limits:
            for user, connections in room.seats.connections.items():
                most = max(MAX_CONNECTIONS_PER_USER, self.devices_kept.get(user, 0))
                assert len(connections) <= most, f"{user} is a crowd"

    def _check_lock(self, room: Room, live: set[str]) -> None:
        if room.locked and not self.unlocked:
            assert live <= self.insiders | MODERATORS, "came into a locked room"

    def _check_presence(self, room: Room) -> None:
        for session_id in self.opentok.session_ids:
            recorded = self.service.sessions.connections(session_id, NoHurry())
            connected = self.opentok.clients(session_id)
            assert {each.id for each in recorded} == {each.id for each in connected}
            streams = {stream.id for each in recorded for stream in each.streams}
            published = self.opentok.published_in(session_id)
            assert streams <= published if self.stream_dropped else streams == published
        if room.settings.max_participants is not None and not room.closed_at:
            seated = {each for seat in room.seats.connections.values() for each in seat}
            assert seated == {each.id for each in self._in(room)}

    def _check_newcomers_get_in(self, cap: int) -> None:
        if self._room().closed_at is not None:
            self._put(cap)
        changes = RoomPatch(
            settings={"closes_at": None, "max_participants": cap, "moderator_seats": 0},
            locked=False,
        )
        self.service.use_cases.change_room.change(ALICE, ROOM, changes, IP, NoHurry())
        newcomers = [User(f"newcomer-{number}") for number in range(cap)]
        tokens = [self._join(user) for user in newcomers]
        for token in tokens:
            self.opentok.connect(self.opentok.tokens[token])
        self._finish_all()
        assert {_user(each) for each in self._in(self._room())} == {user.id for user in newcomers}
        with pytest.raises(RoomFull):
            self._join(User("latecomer"))

    # How it is done.

    def _build(self) -> Service:
        if isinstance(self.database, Engine):
            client: Any = FullParts(self.database.client, self.opentok)
            return build(client, self.opentok, self.clock)
        return build_on_fakes(self.database.stores, self.opentok, self.clock)

    def _room(self) -> Room:
        room = self.service.rooms.find(ROOM, NoHurry())
        assert room is not None
        return room

    def _in(self, room: Room) -> list[Connection]:
        """Return the clients in the room whose arrival OpenTok has reported."""
        return [each for each in self.opentok.clients(room.session_id) if each.id in self.told]

    def _kept(self, room: Room) -> set[str]:
        return {user for user in room.seats.connections if room.seats.is_kept(user, self.now)}

    def _join(self, user: User) -> str:
        return self.service.use_cases.join_room.join(
            user, ROOM, JoinRequest(), NoHurry()
        ).token.text

    def _put(self, cap: int | None) -> None:
        self.limits.add(cap or NO_LIMIT)
        self.limits_of_guests.add(cap or NO_LIMIT)
        self.unlocked = True
        self.service.use_cases.create_room.put(
            ALICE,
            ROOM,
            asked=RoomSettings(max_participants=cap),
            given=(),
            caller_ip=IP,
            deadline=NoHurry(),
        )

    def _connect(self, token: Token, *, told: bool) -> None:
        """A client connects, and we are told at once or later."""
        connection = self.opentok.connect(token)
        if told and connection is not None:
            (event,) = (each for each in self.opentok.events if each.connection is connection)
            self._begin_callback(event)
            self._finish_latest()

    def _change(self, name: str, changes: RoomPatch, *, at_once: bool = False) -> None:
        change = partial(self.service.use_cases.change_room.change, ALICE, ROOM, changes, IP)
        self._request(name, lambda: change(NoHurry()), at_once=at_once)

    def _request(self, name: str, work: Callable[[], object], *, at_once: bool = False) -> None:
        self._begin(name, work, lambda: self.unfinished.append((name, work)))
        if at_once:
            self._finish_latest()

    def _begin_callback(self, event: Event) -> None:
        self.opentok.events.remove(event)
        self._begin(
            repr(event), partial(self._hear, event), lambda: self.opentok.events.append(event)
        )

    def _hear(self, event: Event) -> None:
        """Handle an event as the route of session callbacks does."""
        follow, deadline = self.service.use_cases.session_tracker, NoHurry()
        session = follow.find(event.session_id, deadline)
        assert session is not None
        connection, stream = event.connection, event.stream
        if event.name == "connectionCreated":
            with self._checking_who_stays(session, connection):
                follow.on_connected(session, connection, deadline)
            self.told.add(connection.id)
        elif event.name == "connectionDestroyed":
            follow.on_disconnected(session, connection.id, self.now, deadline)
            self.left[_user(connection)] = self.now
        elif event.name == "streamCreated" and stream is not None:
            follow.on_stream_created(session, connection.id, stream, deadline)
        elif stream is not None:
            follow.on_stream_destroyed(session, connection.id, stream.id, deadline)

    def _begin(self, name: str, work: Callable[[], object], repeat: Callable[[], None]) -> None:
        while len(self.running) >= TASKS_AT_ONCE:
            self.running[0].task.finish()
            self._collect()
        self.running.append(Running(Task(name, work), repeat))
        self._collect()

    def _run(self, name: str, work: Callable[[], object]) -> None:
        self._begin(name, work, lambda: None)
        self._finish_latest()

    def _finish_latest(self) -> None:
        """Let what has begun last come to its end before anything else goes on."""
        if self.running:
            self.running[-1].task.finish()
            self._collect()

    def _collect(self) -> None:
        """See how those ended that have ended."""
        with self._judging():
            for each in [each for each in self.running if each.task.is_done]:
                self.running.remove(each)
                error = each.task.error
                if isinstance(error, TO_BE_REPEATED):
                    each.repeat()
                elif error is not None and not isinstance(error, RoomkeyError):
                    raise error

    def _finish_all(self) -> None:
        for _ in range(200):
            for each in list(self.running):
                each.task.finish()
            self._collect()
            if self.unfinished:
                self._request(*self.unfinished.pop(0))
            elif self.opentok.events:
                self._begin_callback(self.opentok.events[0])
            else:
                return
        raise AssertionError("it never comes to its end")

    def _reconcile(self) -> None:
        self.now += HEALING_DUE
        self._run(
            "reconciliation",
            lambda: self.service.use_cases.scheduled().reconcile_sessions.run(NoHurry()),
        )
        self._finish_all()
        self.told |= {each.id for each in self.opentok.everybody()}
        self.something_dropped = False

    @contextmanager
    def _judging(self) -> Iterator[None]:
        """Note a failure as final: nothing is tried after it."""
        try:
            yield
        except BaseException:
            self.is_broken = True
            raise

    def _empty_table(self, client: DynamoDBClient) -> None:
        found = client.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        for start in range(0, len(found), 25):
            requests: Any = [
                {"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}}
                for item in found[start : start + 25]
            ]
            client.batch_write_item(RequestItems={TABLE: requests})


def _user(connection: Connection) -> str:
    return str(connection.participant.user_id)


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """Return how many examples a part tries: the simplest, with which each begins, and others.

    DynamoDB Local is several times as fast as moto. The fakes are faster still.
    """
    return 8 if request.node.callspec.params["database"] == DYNAMODB_LOCAL else 3


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Share the examples between processes, but for moto's few, which one process tries."""
    on_moto = "engine" in metafunc.fixturenames and not metafunc.config.getoption(
        "--run-dynamodb-local"
    )
    metafunc.parametrize("part", [0] if on_moto else PARTS)


def try_interleavings(
    new_database: Callable[[], Engine | Memory], part: int, examples: int
) -> None:
    @seed(part)
    class InterleavingsOnThisDatabase(Interleavings):
        def __init__(self) -> None:
            super().__init__(new_database())

    run_state_machine_as_test(
        InterleavingsOnThisDatabase,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_rooms_stay_right_whatever_comes_between_two_steps(part: int) -> None:
    """Use the fakes, which pass the stores' contracts and take next to no time."""
    try_interleavings(lambda: Memory(Table(lambda: NOON, LONGEST_TOKEN)), part, EXAMPLES_ON_FAKES)


def test_they_do_so_on_dynamodb_where_a_store_may_make_several_steps_and_meet_conflicts(
    engine: Engine, examples: int, part: int
) -> None:
    try_interleavings(lambda: engine, part, examples)
