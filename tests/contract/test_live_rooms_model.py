"""Whatever happens in whatever order, limits hold, bans stick, and presence heals.

Joins, arrivals, leavings, bans, locks and changes of the limit are led on step by step, a call to
the outside each, in any order; callbacks are doubled, dropped and late; between any two calls an
operation may crash, be throttled or meet another's transaction.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.adapters.dynamodb.upkeep import DynamoDBUpkeep
from chalicelib.core.change_room import ChangeRoom
from chalicelib.core.deadline import Deadline
from chalicelib.core.follow_sessions import FollowSessions
from chalicelib.core.heal import Heal
from chalicelib.core.identity import User
from chalicelib.core.let_in import LetIn
from chalicelib.core.live_ports import ListedConnection, LivePlatform
from chalicelib.core.moderate import BanUsers, ban_id_of
from chalicelib.core.ports import RoomStore, VideoPlatform
from chalicelib.core.presence import Connection, Passenger
from chalicelib.core.read_rooms import ReadRooms
from chalicelib.core.reseat import Reseat
from chalicelib.core.room_changes import RoomChanges
from chalicelib.core.rooms import Room, RoomSettings
from chalicelib.errors import RoomkeyError
from tests.support.engines import Engine
from tests.support.example_rooms import NOON, a_room, soon
from tests.support.stand_ins import TABLE
from tests.support.stepped import CrashedError, Fate, Operation

OWNER = User("owner")
USERS = [f"user-{number}" for number in range(5)]
LIFETIME = timedelta(hours=5)


@dataclass(frozen=True)
class Event:
    """A callback on its way."""

    connection: Connection
    created: bool


class OpenTok:
    """Who is connected, and the callbacks that tell of it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.connected: dict[str, Connection] = {}
        self.events: list[Event] = []
        self._clock = clock
        self._numbers = count(1)

    def connect(self, user: str) -> None:
        connection = Connection(f"c{next(self._numbers):04}", self._clock(), Passenger(user))
        self.connected[connection.id] = connection
        self.events.append(Event(connection, created=True))

    def end(self, connection_id: str) -> bool:
        connection = self.connected.pop(connection_id, None)
        if connection is not None:
            self.events.append(Event(connection, created=False))
        return connection is not None

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        del session_id
        return deadline.run(lambda: self.end(connection_id))

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        del session_id
        return deadline.run(
            lambda: [ListedConnection(each.id, each.since) for each in self.connected.values()]
        )

    def stream_ids(self, session_id: str, deadline: Deadline) -> frozenset[str]:
        del session_id, deadline
        return frozenset()


class LiveRoom(RuleBasedStateMachine):
    """One room, and all that may happen to it."""

    def __init__(self, store: RoomStore, engine: Engine, name: str) -> None:
        super().__init__()
        self._now = NOON
        self._store = store
        sessions = DynamoDBSessions(engine.client, TABLE)
        self._sessions = sessions
        self._opentok = OpenTok(self._clock)
        platform = cast("LivePlatform", self._opentok)
        rooms = ReadRooms(store, self._clock)
        self._follow = FollowSessions(store, sessions, platform, self._clock)
        reseat = Reseat(store, sessions, self._follow, self._clock)
        self._let_in = LetIn(DynamoDBSeats(engine.client, TABLE), sessions, self._clock)
        self._bans = BanUsers(store, sessions, rooms, platform, self._clock)
        self._change = ChangeRoom(
            store=store,
            sessions=sessions,
            platform=cast("VideoPlatform", NoSessions()),
            rooms=rooms,
            reseat=reseat,
            clock=self._clock,
        )
        self._heal = Heal(
            rooms=store,
            sessions=sessions,
            upkeep=DynamoDBUpkeep(engine.client, TABLE),
            platform=platform,
            follow=self._follow,
            reseat=reseat,
            media=(),
            clock=self._clock,
        )
        chosen = RoomSettings(moderators=frozenset({OWNER.id}), max_participants=2)
        self._name = name
        self._room = a_room(name, settings=chosen)
        store.create(self._room, None, soon())
        self._seated = 0
        self._tokens: list[str] = []
        self._operations: list[Operation] = []
        self._to_repeat: dict[str, Callable[[Deadline], object]] = {}
        self._lost = False

    # What people do.

    @rule(user=st.sampled_from(USERS))
    def join(self, user: str) -> None:
        def work(deadline: Deadline) -> None:
            room = self._store.find(self._name, deadline)
            assert room is not None
            self._let_in(room, User(user), None, deadline, lifetime=LIFETIME)
            self._tokens.append(user)

        self._begin(f"join {user}", work)

    @precondition(lambda self: self._tokens)
    @rule(number=st.integers(0, 99))
    def connect(self, number: int) -> None:
        self._opentok.connect(self._tokens[number % len(self._tokens)])

    @precondition(lambda self: self._opentok.connected)
    @rule(number=st.integers(0, 99))
    def leave(self, number: int) -> None:
        here = sorted(self._opentok.connected)
        self._opentok.end(here[number % len(here)])

    @rule(seconds=st.sampled_from([5, 21, 121]))
    def wait(self, seconds: int) -> None:
        self._now += timedelta(seconds=seconds)

    # What moderators do.

    @rule(user=st.sampled_from(USERS[:3]))
    def ban(self, user: str) -> None:
        self._begin_again(
            f"ban {user}", lambda deadline: self._bans.ban(OWNER, self._name, user, deadline)
        )

    @rule(user=st.sampled_from(USERS[:3]))
    def lift(self, user: str) -> None:
        self._to_repeat.pop(f"ban {user}", None)
        self._begin(
            f"lift {user}",
            lambda deadline: self._bans.lift(OWNER, self._name, ban_id_of(user), deadline),
        )

    @rule(cap=st.sampled_from([None, 1, 2, 3]))
    def limit(self, cap: int | None) -> None:
        self._patch(f"limit {cap}", RoomChanges(settings={"max_participants": cap}))

    @rule(locked=st.booleans())
    def lock(self, locked: bool) -> None:
        self._patch(f"lock {locked}", RoomChanges(locked=locked))

    # What becomes of callbacks.

    @precondition(lambda self: self._opentok.events)
    @rule(number=st.integers(0, 99), again=st.booleans())
    def deliver(self, number: int, again: bool) -> None:
        events = self._opentok.events
        event = events[number % len(events)]
        if not again:
            events.remove(event)
        self._begin(f"tell {event}", lambda deadline: self._tell(event, deadline), event=event)

    @precondition(lambda self: self._opentok.events)
    @rule(number=st.integers(0, 99))
    def drop(self, number: int) -> None:
        events = self._opentok.events
        events.pop(number % len(events))
        self._lost = True

    # How operations go on.

    @precondition(lambda self: self._operations)
    @rule(number=st.integers(0, 99))
    def step(self, number: int) -> None:
        self._step(number, Fate.PERFORMED)

    @precondition(lambda self: self._operations)
    @rule(number=st.integers(0, 99), fate=st.sampled_from(list(Fate)))
    def go_wrong(self, number: int, fate: Fate) -> None:
        self._step(number, fate)

    @rule()
    def settle(self) -> None:
        """All callbacks come in, what crashed is repeated, and where news was lost it is healed."""
        self._finish()
        for name, work in list(self._to_repeat.items()):
            self._begin_again(name, work)
            self._finish()
        self._deliver_all()
        if self._lost:
            self._now += timedelta(seconds=61)
            with suppress(CrashedError):
                self._heal.check(self._room.session_id, soon())
            self._deliver_all()
            self._lost = False
        self._check_settled()

    def teardown(self) -> None:
        self.settle()

    # The rest is machinery.

    def _clock(self) -> datetime:
        return self._now

    def _patch(self, name: str, changes: RoomChanges) -> None:
        for other in [
            each for each in self._to_repeat if each.split()[0] == name.split(maxsplit=1)[0]
        ]:
            del self._to_repeat[other]
        self._begin_again(
            name,
            lambda deadline: self._change.change(OWNER, self._name, changes, "", deadline),
        )

    def _tell(self, event: Event, deadline: Deadline) -> None:
        session = self._follow.find(self._room.session_id, deadline)
        assert session is not None
        if event.created:
            self._follow.arrived(session, event.connection, deadline)
        else:
            self._follow.left(session, event.connection.id, self._clock(), deadline)

    def _begin_again(self, name: str, work: Callable[[Deadline], object]) -> None:
        """Begin what its caller repeats until it has succeeded."""
        self._to_repeat[name] = work
        self._begin(name, work)

    def _begin(
        self, name: str, work: Callable[[Deadline], object], event: Event | None = None
    ) -> None:
        operation = Operation(name, work)
        operation.event = event  # type: ignore[attr-defined]
        self._operations.append(operation)
        self._look_at(operation)

    def _step(self, number: int, fate: Fate) -> None:
        operation = self._operations[number % len(self._operations)]
        operation.step(fate)
        self._check_seats()
        self._look_at(operation)

    def _look_at(self, operation: Operation) -> None:
        if not operation.done:
            return
        self._operations.remove(operation)
        event: Event | None = operation.event  # type: ignore[attr-defined]
        if operation.error is None:
            self._to_repeat.pop(operation.name, None)
        elif not isinstance(operation.error, RoomkeyError | CrashedError):
            raise operation.error
        elif event is not None:
            self._opentok.events.append(event)  # OpenTok tells it again

    def _finish(self) -> None:
        while self._operations:
            self._step(0, Fate.PERFORMED)

    def _deliver_all(self) -> None:
        while self._opentok.events:
            self.deliver(0, again=False)
            self._finish()

    def _standing(self) -> Room:
        room = self._store.find(self._name, soon())
        assert room is not None
        return room

    def _check_seats(self) -> None:
        """No write seats more users than the limit, but for those who had seats before."""
        room = self._standing()
        cap, seated = room.settings.max_participants, len(room.seats.connections)
        if cap is not None and self._cap_before == cap:
            assert seated <= max(cap, self._seated)
        self._cap_before, self._seated = cap, seated

    _cap_before: int | None = None

    def _check_settled(self) -> None:
        room, here = self._standing(), self._opentok.connected
        recorded = self._sessions.everybody(room.session_id, soon())
        assert {each.id for each in recorded} == set(here)
        users = {each.passenger.user_id for each in here.values()}
        assert users.isdisjoint(room.bans)
        if room.settings.max_participants is None:
            assert room.seats.connections == {}
            return
        seated = {each for seat in room.seats.connections.values() for each in seat}
        assert seated == set(here)
        assert {user for user, seat in room.seats.connections.items() if seat} == users


class NoSessions:
    """No session is made here."""


def test_limits_hold_bans_stick_and_presence_heals_whatever_happens(
    store: RoomStore, engine: Engine
) -> None:
    runs = count(1)

    class LiveRoomOnThisEngine(LiveRoom):
        def __init__(self) -> None:
            super().__init__(store, engine, f"run-{next(runs)}")

    run_state_machine_as_test(
        LiveRoomOnThisEngine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=60,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


EXAMPLES = 25
