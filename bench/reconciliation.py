"""Reconciliation of many live sessions, simulated: how often each is checked.

The code of the service runs on the tests' fakes and on a virtual clock. Calls to OpenTok and
DynamoDB take time on this clock alone. A worker is simulated as threads that share one processor.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heapify, heapreplace
from itertools import pairwise
from threading import RLock
from typing import Final

from bench.figures.report import Row, Section
from chalicelib.composition.policy import Policy
from chalicelib.composition.ports import MediaPorts, Ports, UserDataPorts
from chalicelib.composition.use_cases import wire
from chalicelib.core.model.connection import Connection, Participant
from chalicelib.core.model.media_hosts import MediaHosts
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import Seats
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.rooms.create_room import CreationPolicy
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.quotas import Quotas
from chalicelib.core.sessions.check_intervals import CALLS
from chalicelib.core.sessions.check_sessions import SESSIONS_AT_ONCE
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds
from chalicelib.core.support.pace import Pace
from chalicelib.core.usage.prices import Prices
from chalicelib.media_settings import read_features
from chalicelib.pool_settings import DEFAULT_POOL
from chalicelib.settings import DEFAULT_CALLS_PER_SECOND
from tests.fakes.memory.records import ConnectionRecord, RoomRecord, SessionRecord
from tests.fakes.memory.sessions import FakeSessions
from tests.fakes.memory.table import ATTENDANCE, Table
from tests.fakes.opentok.clients import FakeOpenTok, FakeSession
from tests.fakes.opentok.ports import FakePlatforms
from tests.fakes.outside import (
    FakeArchiveStorage,
    FakeCallbackVerifier,
    FakeClientLibrary,
    FakeIdentity,
)
from tests.fakes.pseudonyms import FakePseudonyms
from tests.fakes.stores import Stores

SIZES: Final = (100, 1_000, 10_000)
LATENCIES: Final = (0.03, 0.1)
"""The seconds that OpenTok takes for an answer."""
LIMITED: Final = 5
"""One in so many sessions has a limit of participants."""
HOSTILE: Final = 700
OF_1000: Final = "checks of 1,000 sessions per minute"
"""The name of a figure for other sections."""
MINUTES: Final = 6
MINUTES_TO_SETTLE: Final = 2

_THOUSAND: Final = 1_000
_STORE_SECONDS: Final = 0.005
_START_SECONDS: Final = 0.3
"""The time until an asynchronous invocation starts."""
_PROCESSOR_SECONDS: Final = 0.025
"""The processor's time for a check, more than `bench/checks.py` measures."""
_BEGIN: Final = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
_RUN_SECONDS: Final = 50.0
_LONGEST_TOKEN: Final = timedelta(days=1)
_TIME_TO_START_ANOTHER: Final = 3.0


class VirtualClock:
    """A clock that passes only when something waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return _BEGIN + timedelta(seconds=self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def deadline(self, seconds: float) -> Deadline:
        return _InOneThread(seconds, lambda: self.seconds, self.wait)

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Let time pass in the block for another process, which runs beside this one."""
        before = self.seconds
        yield
        self.seconds = before


class _InOneThread(Deadline):
    def capped(self, seconds: float) -> Deadline:
        return _InOneThread(min(seconds, self.remaining()), self._clock, self._sleep)

    def reserve(self, seconds: float) -> Deadline:
        return _InOneThread(self.remaining() - seconds, self._clock, self._sleep)


class _SettledSessions(FakeSessions):
    """Sessions that nobody enters or leaves. The fake would look through all connections."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.inside: dict[str, list[Connection]] = {}

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        with self._table.faults.call("connections", deadline):
            return self.inside[session_id]


@dataclass
class Simulation:
    """Live sessions, each with one client, and the scheduled function every minute.

    Args:
        size: The number of live sessions.
        latency: The seconds that OpenTok takes for an answer.
        hostile: The number of further sessions, all of one user, who makes them due every minute.
    """

    size: int
    latency: float
    hostile: int = 0
    clock: VirtualClock = field(default_factory=VirtualClock)
    seen: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The times at which each session was checked."""

    def __post_init__(self) -> None:
        self._lock = RLock()
        self._table = Table(self.clock, _LONGEST_TOKEN)
        self._opentok = FakeOpenTok(self.clock)
        self._stores = Stores.on(self._table)
        self._sessions = _SettledSessions(self._table)
        for number in range(self.size + self.hostile):
            self._fill(number)
        policy = Policy(
            CreationPolicy(admins_only=False, default_room="lobby"),
            _LONGEST_TOKEN,
            features=read_features({}, []),
            media_hosts=MediaHosts(),
            opentok_calls_per_second=DEFAULT_CALLS_PER_SECOND,
            quotas=Quotas(),
            pool=DEFAULT_POOL,
            invitations=InvitationRule(),
            attendance=ATTENDANCE,
            prices=Prices(),
        )
        use_cases = wire(self._ports(), policy, self.clock, lambda: "room", lambda: "code")
        self._scheduled = use_cases.scheduled()
        self._table.faults.delay = lambda: self.clock.wait(_STORE_SECONDS)
        self._opentok.faults.delay = lambda: self.clock.wait(self.latency)

    def run(self, minutes: int = MINUTES) -> None:
        """Let minutes pass."""
        for minute in range(minutes):
            self.clock.seconds = minute * 60
            for number in range(self.size, self.size + self.hostile):
                self._make_due(number)
            self._scheduled.reconcile_sessions.run(self.clock.deadline(_RUN_SECONDS))

    def start(self, batch: CheckBatch, deadline: Deadline) -> None:  # noqa: ARG002 - it has time
        """Simulate a worker."""
        with self._lock, self.clock.elsewhere():
            self.clock.wait(_START_SECONDS)
            began = processor = self.clock.seconds
            left = self.clock.deadline((batch.ends_at - self.clock()).total_seconds())
            pace = Pace(batch.calls_per_second, left)
            free = [began] * SESSIONS_AT_ONCE
            heapify(free)
            for session_id in batch.session_ids:
                self.clock.seconds = max(free[0], processor)
                processor = self.clock.seconds + _PROCESSOR_SECONDS
                if left.remaining() < _TIME_TO_START_ANOTHER:
                    return
                pace.wait(CALLS)
                one = replace(batch, session_ids=(session_id,))
                self._scheduled.check_sessions.run(one, left)
                self.seen[session_id].append(self.clock.seconds)
                heapreplace(free, self.clock.seconds)

    def checks_per_minute(self) -> float:
        settled = [
            at for times in self.seen.values() for at in times if at >= MINUTES_TO_SETTLE * 60
        ]
        return len(settled) / (MINUTES - MINUTES_TO_SETTLE)

    def oldest(self, *, limited: bool) -> float:
        """Return the longest time between two checks of one of these sessions, in seconds."""
        return max(
            after - before
            for number in range(self.size)
            if is_limited(number) is limited
            for before, after in pairwise([*self.seen[_session(number)], self.clock.seconds])
            if after >= MINUTES_TO_SETTLE * 60
        )

    def _fill(self, number: int) -> None:
        name, session_id, user = f"room-{number}", _session(number), f"guest-{number}"
        settings = RoomSettings(max_participants=2 if is_limited(number) else None)
        connection = Connection(f"connection-{number}", _BEGIN, Participant(user))
        seats = Seats({user: {connection.id: _BEGIN}}) if is_limited(number) else Seats()
        owner = f"user-{number}" if number < self.size else "mallory"
        room = Room(
            name=name,
            room_id=name,
            session_id=session_id,
            created_at=_BEGIN,
            created_by=owner,
            settings=settings,
            seats=seats,
        )
        self._table.rooms[name] = RoomRecord(room)
        due = int(_BEGIN.timestamp() * 1000) + number * 60_000 // self.size
        self._table.sessions[session_id] = SessionRecord(
            name, name, owner, has_access_limits=is_limited(number), due=due
        )
        self._table.connections[session_id, connection.id] = ConnectionRecord(
            connection.participant, _BEGIN
        )
        self._sessions.inside[session_id] = [connection]
        self._opentok.sessions[session_id] = FakeSession(
            session_id,
            settings,
            None,
            _BEGIN,
            ever_connected=True,
            connections={connection.id: connection},
        )

    def _make_due(self, number: int) -> None:
        sessions, due = self._table.sessions, epoch_milliseconds(self.clock())
        sessions[_session(number)] = replace(sessions[_session(number)], due=due)

    def _ports(self) -> Ports:
        platforms = FakePlatforms(self._opentok)
        media = MediaPorts(
            store=self._stores.media,
            schedules=self._stores.schedules,
            storage=FakeArchiveStorage(has_bucket=False),
            archives=platforms.archives,
            broadcasts=platforms.broadcasts,
            captions=platforms.captions,
            renders=platforms.renders,
            telephony=platforms.telephony,
        )
        return Ports(
            rooms=self._stores.rooms,
            seats=self._stores.seats,
            quotas=self._stores.quotas,
            sessions=self._sessions,
            pool=self._stores.pool,
            invitations=self._stores.invitations,
            waiting=self._stores.waiting,
            video=self._opentok,
            client_library=FakeClientLibrary(),
            connections=platforms.connections,
            identity=FakeIdentity(),
            callbacks=FakeCallbackVerifier(),
            pseudonyms=FakePseudonyms,
            due_work=lambda: self._stores.due_work,
            workers=lambda: self,
            attendance=lambda: self._stores.attendance,
            usage=lambda: self._stores.usage,
            directory=lambda: self._stores.directory,
            refusals=lambda: None,
            user_data=lambda: UserDataPorts(
                records=self._stores.user_records, erasures=self._stores.erasures
            ),
            media=lambda: media,
        )


def is_limited(number: int) -> bool:
    return number % LIMITED == 0


def _session(number: int) -> str:
    return f"session-{number}"


def section() -> Section:
    """Simulate each number of sessions at each latency."""
    rows, figures = list[Row](), dict[str, float]()
    for size in SIZES:
        for latency in LATENCIES:
            simulation = Simulation(size, latency)
            simulation.run()
            rows.append(_row(simulation))
            if size == _THOUSAND:
                figures[OF_1000] = simulation.checks_per_minute()
    hostile = Simulation(_THOUSAND, LATENCIES[-1], hostile=HOSTILE)
    hostile.run()
    rows.append(_row(hostile, f" beside {HOSTILE} of one user"))
    title = f"Reconciliation, simulated; one in {LIMITED} sessions has a limit"
    return Section(title, rows, figures)


def _row(simulation: Simulation, beside: str = "") -> Row:
    milliseconds = f"{simulation.latency * 1000:.0f} ms"
    return Row(
        what=f"{simulation.size:,} live sessions{beside}, OpenTok at {milliseconds}",
        median=f"{simulation.checks_per_minute():,.0f} checks/min",
        remarks=(
            f"the oldest is seen after {simulation.oldest(limited=False):.0f} s, "
            f"with a limit after {simulation.oldest(limited=True):.0f} s"
        ),
    )
