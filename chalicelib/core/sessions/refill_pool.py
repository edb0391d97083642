"""The scheduled function that makes sessions in advance."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.ports.video_platform import PoolBounds, PoolRecord, SessionPool, VideoPlatform
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.pace import Pace
from chalicelib.errors import RoomkeyError

HOURS_REMEMBERED: Final = 6
"""The number of hours whose demand decides the pool's size."""
HOURS_AHEAD: Final = 2
"""The time for which the pool lasts at the demand of the busiest of these hours."""
SECONDS_FOR_A_SESSION: Final = 10.0
_CONCURRENT_SESSIONS: Final = 8
_DROPPED_AT_ONCE: Final = 500


class RefillPool:
    """Refills the pool every minute, by the demand of the last hours.

    The demand is the number of sessions that are gone since the last refill. What the pool could
    not give is not in it. A pool that ran dry doubles at each refill, up to its upper bound.

    Args:
        pool: The pool.
        platform: Makes the sessions.
        bounds: The bounds of the pool's size.
        clock: Says in which hour sessions were taken.
        calls_per_second: The highest rate of calls to OpenTok.
    """

    def __init__(
        self,
        pool: SessionPool,
        platform: VideoPlatform,
        bounds: PoolBounds,
        clock: Clock,
        calls_per_second: int,
    ) -> None:
        self._pool = pool
        self._platform = platform
        self._bounds = bounds
        self._clock = clock
        self._calls_per_second = calls_per_second

    def run(self, deadline: Deadline) -> None:
        """Drop sessions of other projects, and make the sessions that are missing.

        A pool that is switched off is emptied.

        The record names the project before its first session is made. So no session is forgotten
        when the credentials change, wherever a run ends.

        Raises:
            ProviderUnavailable, ProviderRefused: OpenTok made fewer sessions than are missing.
        """
        now, before = self._clock(), self._pool.record(deadline)
        if not self._bounds.most:
            self._empty(before, now, deadline)
            return
        project = self._platform.project_id(deadline)
        size = len(self._pool.pooled(project, self._bounds.most, deadline))
        record = _updated(before, project, size, now)
        still_pooled = frozenset(
            each for each in record.abandoned if self._drop_all(each, now, deadline)
        )
        record = replace(record, abandoned=still_pooled)
        if record != before:
            self._pool.save_record(record, deadline)
        missing = _wanted_size(record, self._bounds) - size
        if missing > 0:
            self._make(missing, record, now, deadline)

    def _empty(self, record: PoolRecord, now: datetime, deadline: Deadline) -> None:
        """Drop the sessions of every project."""
        for project in (record.project, *record.abandoned):
            if project is not None:
                self._drop_all(project, now, deadline)
        if record.size:
            self._pool.save_record(replace(record, size=0), deadline)

    def _drop_all(self, project: str, now: datetime, deadline: Deadline) -> bool:
        """Drop a project's sessions. Return False once there are none to drop."""
        pooled = self._pool.pooled(project, _DROPPED_AT_ONCE, deadline)
        for_each_concurrently(
            lambda session_id: self._pool.drop_session(session_id, project, now, deadline), pooled
        )
        return bool(pooled)

    def _make(self, missing: int, record: PoolRecord, now: datetime, deadline: Deadline) -> None:
        """Make sessions and save the pool's new size. Stop at the first failure."""
        project, pace = str(record.project), Pace(self._calls_per_second, deadline)
        made: list[str] = []
        failures: list[RoomkeyError] = []

        def make(_: int) -> None:
            if failures or not pace.wait(1, SECONDS_FOR_A_SESSION):
                return
            try:
                session_id = self._platform.create_session(
                    RoomSettings(), None, deadline.capped(SECONDS_FOR_A_SESSION)
                )
                if self._platform.project_id(deadline) != project:
                    return  # the credentials have just changed: whose session this is, is unknown
                self._pool.add_session(session_id, project, now, deadline)
            except RoomkeyError as failure:
                failures.append(failure)
            else:
                increment("SessionsCreated")
                made.append(session_id)

        for_each_concurrently(make, range(missing), _CONCURRENT_SESSIONS)
        if made:
            self._pool.save_record(replace(record, size=record.size + len(made)), deadline)
        if failures:
            raise failures[0]


def _updated(before: PoolRecord, project: str, size: int, now: datetime) -> PoolRecord:
    """Return the record with what was taken since the last refill, and without old hours."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    oldest = hour - timedelta(hours=HOURS_REMEMBERED - 1)
    taken = {begin: number for begin, number in before.taken.items() if begin >= oldest}
    abandoned = before.abandoned
    if before.project == project:
        gone = before.size - size
        if gone > 0:
            taken[hour] = taken.get(hour, 0) + gone
    elif before.project is not None:
        abandoned |= {before.project}
    return PoolRecord(project, size, taken, abandoned - {project})


def _wanted_size(record: PoolRecord, bounds: PoolBounds) -> int:
    busiest = max(record.taken.values(), default=0)
    return min(bounds.most, max(bounds.least, HOURS_AHEAD * busiest))
