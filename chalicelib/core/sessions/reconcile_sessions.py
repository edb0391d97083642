"""The scheduled function that decides which sessions are checked now, and by how many workers.

It only reads the queues. Workers check the sessions, many at the same time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.ports.session_store import CheckQueue, DueSession, DueWorkStore
from chalicelib.core.sessions.check_intervals import (
    CALLS,
    CALLS_IF_IDLE,
    CHECK_EVERY,
    CHECK_LIMITED_EVERY,
)
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import duration, increment

ROUNDS: Final = 3
ROUND: Final = timedelta(seconds=20)
"""The time from one round to the next. Three rounds fill the minute until the next run."""
TIME_TO_CHECK: Final = timedelta(seconds=18)
"""The time limit of a worker, so that it has ended when the next round begins."""
MAX_WORKERS: Final = 32
SESSIONS_OF_A_WORKER: Final = 50
"""The number of due sessions for which another worker is started, up to `MAX_WORKERS`."""
SESSIONS_READ: Final = 1000
"""The number of due sessions that a round reads of each part of each queue."""

_SECONDS_FOR_A_ROUND: Final = 5.0
_QUEUES: Final = (*CheckQueue,)


class SessionReconciler:
    """Hands the sessions that are due to workers, three times a minute.

    Args:
        due_work: The queues.
        start_worker: Starts a worker, which may go on after this call.
        clock: Returns the time.
        calls_per_second: The highest rate of calls to OpenTok by all workers together.
    """

    def __init__(
        self,
        due_work: DueWorkStore,
        start_worker: Callable[[CheckBatch, Deadline], object],
        clock: Clock,
        calls_per_second: int,
    ) -> None:
        self._due_work = due_work
        self._start_worker = start_worker
        self._clock = clock
        self._calls_per_second = calls_per_second

    def run(self, deadline: Deadline) -> None:
        """Hand out the due sessions at once. Then do it again while any is due before the next run.

        Only rooms with a limit of participants or a lock are checked more than once a minute. So
        without them, a run usually ends after its first round.
        """
        started, pause = deadline.remaining(), ROUND.total_seconds()
        for number in range(ROUNDS):
            wait = max(0.0, number * pause - (started - deadline.remaining()))
            if deadline.remaining() - wait < _SECONDS_FOR_A_ROUND:
                return
            deadline.wait(wait)
            if not self._hand_out(self._clock() + ROUND * (ROUNDS - 1 - number), deadline):
                return

    def _hand_out(self, last: datetime, deadline: Deadline) -> bool:
        """Hand out the sessions that are due now. Return True if any may be due again by `last`."""
        now = self._clock()
        known = self._due_work.due_sessions(last, SESSIONS_READ, deadline)
        due = [each for each in known if each.due <= now]
        waits = [now - each.due for each in due if each.queue is CheckQueue.LIVE]
        duration("OldestDueSession", max(waits, default=timedelta()).total_seconds())
        affordable = self._affordable(in_fair_order(due))
        if len(affordable) < len(due):
            increment("SessionsLeftForNextRun")
        for_each_concurrently(
            lambda batch: self._start_worker(batch, deadline), self._batches(affordable, now)
        )
        waiting = {*known}.difference(affordable)
        return any(each.queue is not CheckQueue.RETIRED for each in waiting) or (
            now + CHECK_LIMITED_EVERY <= last and any(_is_limited(each) for each in affordable)
        )

    def _affordable(self, due: Iterable[DueSession]) -> Sequence[DueSession]:
        """Return as many of the first sessions as the rate of calls allows in one round."""
        most = self._calls_per_second * ROUND.total_seconds()
        spent = Counter[str]()

        def is_affordable(each: DueSession) -> bool:
            spent["calls"] += CALLS_IF_IDLE if each.queue is CheckQueue.IDLE else CALLS
            return spent["calls"] <= most

        return [*takewhile(is_affordable, due)]

    def _batches(self, sessions: Sequence[DueSession], now: datetime) -> Sequence[CheckBatch]:
        """Deal the sessions to workers, so that each worker begins with the most urgent ones."""
        workers = min(MAX_WORKERS, -(-len(sessions) // SESSIONS_OF_A_WORKER))
        return [
            CheckBatch(
                tuple(each.id for each in sessions[number::workers]),
                self._calls_per_second / workers,
                now + TIME_TO_CHECK,
            )
            for number in range(workers)
        ]


def in_fair_order(due: Iterable[DueSession]) -> Sequence[DueSession]:
    """Return the sessions in the order in which they are checked.

    Live sessions come before idle ones, and those before retired ones. Within a queue, owners take
    turns: each owner's first session comes before any owner's second. So a user with thousands of
    rooms delays another user's room by one check, whatever they do with their rooms. Of the
    sessions of one turn and of one owner, those that are due longest come first. One with access
    limits counts as due for longer, by as much as it is checked more often. So it usually comes
    first, and yet keeps no other waiting for ever.
    """
    first = sorted(due, key=lambda each: (_counts_as_due(each), each.id))
    turns = Counter[tuple[CheckQueue, str]]()
    places: list[tuple[int, int, datetime, str, DueSession]] = []
    for each in first:
        share = each.queue, each.owner if each.owner is not None else f"session {each.id}"
        turns[share] += 1
        place = _QUEUES.index(each.queue), turns[share], _counts_as_due(each)
        places.append((*place, each.id, each))
    return [each for *_, each in sorted(places, key=lambda place: place[:-1])]


def _counts_as_due(each: DueSession) -> datetime:
    return each.due - (CHECK_EVERY - CHECK_LIMITED_EVERY) if _is_limited(each) else each.due


def _is_limited(each: DueSession) -> bool:
    return each.has_access_limits and each.queue is CheckQueue.LIVE
