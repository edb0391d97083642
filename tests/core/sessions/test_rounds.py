"""The distribution of due sessions: the order, the number of workers, and the speed."""

from datetime import datetime, timedelta
from itertools import pairwise
from threading import Lock

import pytest

from chalicelib.adapters.dynamodb.room_items import SHARDS
from chalicelib.core.model.user import User
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.ports.session_store import CheckQueue, DueSession
from chalicelib.core.sessions.check_intervals import CALLS
from chalicelib.core.sessions.reconcile_sessions import (
    MAX_WORKERS,
    ROUND,
    TIME_TO_CHECK,
    SessionReconciler,
    in_fair_order,
)
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import Metric, recording
from chalicelib.core.support.pace import Pace
from chalicelib.errors import ProviderUnavailable, StoreUnavailable
from tests.fakes.memory.due_work import FakeDueWork
from tests.fakes.service import BOB, Service
from tests.support.noon import NOON

MALLORY = User("mallory")


def due(
    session_id: str,
    owner: str | None = "alice",
    queue: CheckQueue = CheckQueue.LIVE,
    *,
    seconds: float = 0,
    limited: bool = False,
) -> DueSession:
    return DueSession(session_id, queue, NOON + timedelta(seconds=seconds), owner, limited)


class Queues(FakeDueWork):
    """The queues of sessions as a test fills them."""

    def __init__(self, sessions: tuple[DueSession, ...]) -> None:
        self.sessions = sessions

    def due_sessions(
        self,
        until: datetime,
        limit: int,
        deadline: Deadline,  # noqa: ARG002  it has time
    ) -> list[DueSession]:
        return [each for each in self.sessions if each.due <= until][: SHARDS * limit]


class Stage:
    """A reconciler with these queues, whose workers do nothing but are remembered."""

    def __init__(self, *sessions: DueSession, calls_per_second: int = 1000) -> None:
        self.queues = Queues(sessions)
        self.batches: list[CheckBatch] = []
        self.moments = [0.0]
        self.waits: list[float] = []
        self._lock = Lock()
        self.reconciler = SessionReconciler(
            self.queues,
            self._start,
            lambda: NOON + timedelta(seconds=self.moments[-1]),
            calls_per_second,
        )

    def run(self) -> list[str]:
        """Return the sessions that were handed out, in the order in which they are checked."""

        def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            self.moments.append(self.moments[-1] + seconds)

        self.reconciler.run(Deadline(50, lambda: self.moments[-1], sleep))
        return [each for batch in self.batches for each in batch.session_ids]

    def _start(self, batch: CheckBatch, deadline: Deadline) -> None:  # noqa: ARG002  it has time
        handed_out = set(batch.session_ids)
        with self._lock:
            self.batches.append(batch)
            left = (each for each in self.queues.sessions if each.id not in handed_out)
            self.queues.sessions = tuple(left)


def test_live_sessions_come_before_idle_ones_and_those_before_retired_ones() -> None:
    hour = -3600
    queued = [
        due("r", queue=CheckQueue.RETIRED, seconds=3 * hour),
        due("i", queue=CheckQueue.IDLE, seconds=2 * hour),
        due("l", seconds=hour),
    ]
    assert [each.id for each in in_fair_order(queued)] == ["l", "i", "r"]


def test_owners_take_turns_and_in_a_turn_a_limit_counts_like_a_longer_wait() -> None:
    queued = [
        *(due(f"m{number}", "mallory", seconds=-900 + number) for number in range(3)),
        due("b-late", "bob", seconds=-5),
        due("b-limited", "bob", seconds=-1, limited=True),
        due("c", "carol", seconds=-9),
        due("nobody-1", None, seconds=-2),
        due("nobody-2", None, seconds=-1),
    ]
    assert [each.id for each in in_fair_order(queued)] == [
        *["m0", "b-limited", "c", "nobody-1", "nobody-2"],
        *["m1", "b-late"],
        "m2",
    ]


def test_rooms_with_limits_do_not_keep_another_room_waiting_for_ever() -> None:
    """Give limited rooms, due every 24 s, all that the rate allows."""
    service = Service(calls_per_second=10)
    for number in range(200):
        guest = User(f"guest-{number}")
        service.open(f"limited-{number}", guest, max_participants=2)
        service.enter(guest, f"limited-{number}")
    service.open()
    service.enter(BOB)
    session_id, seen = service.room().session_id, 0
    for _ in range(12):
        service.clock.forward(seconds=20)
        before = service.table.sessions[session_id].due
        service.reconcile()
        seen += service.table.sessions[session_id].due != before
    assert seen


def test_one_owner_of_many_rooms_delays_anothers_check_by_one_place() -> None:
    theirs = [due(f"m{number}", "mallory", seconds=-500, limited=True) for number in range(5000)]
    order = in_fair_order([*theirs, due("b", "bob")])
    assert [each.id for each in order].index("b") == 1


@pytest.mark.parametrize(
    ("sessions", "workers"), [(1, 1), (50, 1), (51, 2), (1600, 32), (3000, MAX_WORKERS)]
)
def test_more_due_sessions_are_shared_by_more_workers_up_to_a_number(
    sessions: int, workers: int
) -> None:
    stage = Stage(*(due(f"s{number:04}", f"u{number}") for number in range(sessions)))
    assert len(stage.run()) == sessions
    assert len(stage.batches) == workers
    sizes = [len(each.session_ids) for each in stage.batches]
    assert max(sizes) - min(sizes) <= 1
    first = {each.session_ids[0] for each in stage.batches}
    assert first == {f"s{number:04}" for number in range(workers)}
    assert {each.ends_at for each in stage.batches} == {NOON + TIME_TO_CHECK}
    assert sum(each.calls_per_second for each in stage.batches) == pytest.approx(1000)
    assert TIME_TO_CHECK < ROUND


def test_no_more_is_handed_out_in_a_round_than_the_rate_of_calls_allows() -> None:
    stage = Stage(*(due(f"s{number}", f"u{number}") for number in range(500)), calls_per_second=20)
    a_round = int(20 * ROUND.total_seconds() / CALLS)
    with recording() as counts:
        assert len(stage.run()) == 3 * a_round
    assert counts.count(Metric("SessionsLeftForNextRun", 1, timed=False)) == 3


def test_a_rate_of_one_call_a_second_still_checks_sessions() -> None:
    stage = Stage(due("s"), calls_per_second=1)
    assert stage.run() == ["s"]


@pytest.mark.parametrize(
    ("queued", "rounds"),
    [
        ([], 1),
        ([due("l")], 1),
        ([due("l", seconds=19)], 2),
        ([due("l", seconds=39)], 3),
        ([due("l", seconds=41)], 1),
        ([due("i", queue=CheckQueue.IDLE, seconds=15)], 2),
        ([due("r", queue=CheckQueue.RETIRED, seconds=15)], 1),
        ([due("l", limited=True)], 2),
    ],
)
def test_a_run_goes_on_while_a_session_may_be_due_again_before_the_next_run(
    queued: list[DueSession], rounds: int
) -> None:
    stage = Stage(*queued)
    with recording() as counts:
        stage.run()
    assert sum(isinstance(each, Metric) for each in counts) == rounds
    assert stage.waits == [0, 20, 20][:rounds]


def test_the_age_of_the_oldest_due_live_session_is_measured() -> None:
    stage = Stage(
        due("l1", seconds=-40.5),
        due("l2", seconds=-30),
        due("i", queue=CheckQueue.IDLE, seconds=-900),
    )
    with recording() as counts:
        stage.run()
    assert counts == [Metric("OldestDueSession", 40_500, timed=True)]


def test_a_batch_is_the_same_after_its_way_through_an_event() -> None:
    batch = CheckBatch(("s1", "s2"), 31.25, NOON + TIME_TO_CHECK)
    assert CheckBatch.from_event(batch.to_event()) == batch


def test_a_worker_that_starts_too_late_leaves_its_sessions_to_the_next_round(
    service: Service,
) -> None:
    room = service.open()
    service.enter(BOB)
    late = CheckBatch((room.session_id,), 1000, service.clock() - timedelta(seconds=1))
    service.use_cases.scheduled().check_sessions.run(late, service.deadline)
    assert service.opentok.faults.calls["connections"] == 0


def test_140_rooms_of_one_user_delay_no_check_of_anothers_room() -> None:
    """The rate allows 10 checks in a round, so that 140 rooms need 14 rounds."""
    service = Service(calls_per_second=2)
    service.open("standup", max_participants=2)
    service.enter(BOB)
    for number in range(140):
        service.open(f"evil-{number}", MALLORY, max_participants=2)
        service.connect_unreported(service.join(MALLORY, f"evil-{number}").token.text)
    session_id, seen = service.room().session_id, []
    for turn in range(30):
        service.clock.forward(seconds=20)
        # Deleted, made anew, locked and unlocked: what makes sessions due.
        hostile = f"evil-{turn}"
        service.close(hostile, MALLORY)
        service.open(hostile, MALLORY)
        service.change(name=hostile, user=MALLORY, locked=True)
        before = service.table.sessions[session_id].due
        service.reconcile()
        if service.table.sessions[session_id].due != before:
            seen.append(service.clock())
    assert len(seen) > 12
    assert max(after - before for before, after in pairwise(seen)) <= timedelta(seconds=40)


def test_an_opentok_that_hangs_leaves_time_to_set_the_next_checks_and_is_no_fault_of_the_store(
    service: Service,
) -> None:
    """Each call uses up its session's whole time."""
    for name in ("one", "two"):
        service.open(name)
        service.enter(BOB, name)
    service.clock.forward(minutes=2)
    moments = [0.0]

    def hang() -> None:
        moments.append(moments[-1] + 15.1)

    service.opentok.faults.before_next("connections", hang)
    deadline = Deadline(50, lambda: moments[-1], lambda _: None)
    with recording() as counts:
        service.use_cases.scheduled().reconcile_sessions.run(deadline)
    assert Metric("ReconciliationFailed", 1, timed=False) in counts
    assert Metric("SessionsLeftForNextRun", 1, timed=False) in counts
    dues = sorted(each.due or 0 for each in service.table.sessions.values())
    assert dues[1] - dues[0] >= 120_000
    service.reconcile()


def test_a_store_that_is_away_fails_the_run(service: Service) -> None:
    service.open()
    service.enter(BOB)
    service.clock.forward(minutes=2)
    service.table.faults.fail_next("session")
    service.table.faults.fail_next("postpone_check")
    with pytest.raises(StoreUnavailable):
        service.reconcile()


def test_checks_keep_to_the_rate_and_slow_down_while_opentok_wants_fewer_calls(
    service: Service,
) -> None:
    for number in range(3):
        service.open(f"room-{number}")
        service.enter(BOB, f"room-{number}")
    moments, waits = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        moments.append(moments[-1] + seconds)

    overloaded = ProviderUnavailable("429", not_performed=True)
    service.opentok.faults.fail_next("connections", overloaded, times=2)
    batch = CheckBatch(tuple(service.opentok.sessions), 8, service.clock() + TIME_TO_CHECK)
    service.use_cases.scheduled().check_sessions.run(
        batch, Deadline(50, lambda: moments[-1], sleep)
    )
    # Four calls at 8 a second; then at 4 a second.
    assert waits == [0.5, 1.0]


def test_a_session_whose_turn_comes_too_late_is_left_to_the_next_round_and_is_no_failure(
    service: Service,
) -> None:
    """Allow half a call a second: the third check would begin 2 s before the end."""
    for number in range(5):
        service.open(f"room-{number}")
        service.enter(BOB, f"room-{number}")
    moments = [0.0]

    def sleep(seconds: float) -> None:
        moments.append(moments[-1] + seconds)

    before = {key: each.due for key, each in service.table.sessions.items()}
    batch = CheckBatch(tuple(service.opentok.sessions), 0.5, service.clock() + TIME_TO_CHECK)
    with recording() as counts:
        service.use_cases.scheduled().check_sessions.run(
            batch, Deadline(50, lambda: moments[-1], sleep)
        )
    assert service.opentok.faults.calls["connections"] == 2
    assert [each.name for each in counts if isinstance(each, Metric)].count(
        "SessionsLeftForNextRun"
    ) == 3
    assert Metric("ReconciliationFailed", 1, timed=False) not in counts
    same = [key for key, due in before.items() if service.table.sessions[key].due == due]
    assert len(same) == 3


def test_a_pace_falls_by_half_and_comes_back_slowly() -> None:
    moments, waits = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(round(seconds, 3))
        moments.append(moments[-1] + seconds)

    pace = Pace(10, Deadline(1000, lambda: moments[-1], sleep))
    for change in (_leave_it, pace.slow_down, pace.speed_up):
        change()
        pace.wait(10)
        pace.wait(10)
    for _ in range(20):
        pace.speed_up()
    pace.wait(10)
    pace.wait(10)
    assert waits == [1.0, 1.0, 2.0, 2.0, 1.905, 1.905, 1.0]
    for _ in range(9):
        pace.slow_down()
    pace.wait(1)
    pace.wait(1)
    assert waits[-1] == 2.0


def _leave_it() -> None:
    """Change nothing."""
