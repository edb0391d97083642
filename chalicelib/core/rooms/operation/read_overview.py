"""The overview of a stage, for admins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib import errors
from chalicelib.core.model.user import User
from chalicelib.core.ports.operation.refusal_counts import RefusalCounts
from chalicelib.core.ports.room_store import RoomDirectory
from chalicelib.core.ports.session_store import CheckQueue, DueWorkStore
from chalicelib.core.rooms.operation.room_figures import Figures, RoomFigures
from chalicelib.core.rooms.read_rooms import MOST_LIVE_SESSIONS
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, short_hash
from chalicelib.core.support.metrics import annotate
from chalicelib.errors import NotAnAdmin, RoomkeyError, StoreUnavailable

ROOMS_COUNTED: Final = 100
"""The number of live rooms in which connections and recordings are counted."""
REFUSALS_OF: Final = timedelta(hours=1)
SECONDS_FOR_REFUSALS: Final = 3.0
_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of a stage.

    Args:
        live_rooms: The number of sessions in which somebody was at the last check, or may be now;
            at most `MOST_LIVE_SESSIONS`.
        counted_rooms: The number of rooms that `connections` and `recordings` are of.
        oldest_due: The time for which the live session that waits longest has been due for a
            check.
        refusals: The number of answers with each problem in the last hour; None if nobody knows.
    """

    live_rooms: int
    counted_rooms: int
    connections: int
    recordings: int
    oldest_due: timedelta
    refusals: Mapping[str, int] | None


class ReadOverview:
    """Reads the overview.

    Args:
        directory: Lists live sessions.
        due_work: Says which session waits longest for a check.
        figures: Counts in a room.
        refusals: Counts problems; None outside AWS Lambda.
        clock: Returns the current time.
    """

    def __init__(
        self,
        directory: RoomDirectory,
        due_work: DueWorkStore,
        figures: RoomFigures,
        refusals: RefusalCounts | None,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._due_work = due_work
        self._figures = figures
        self._refusals = refusals
        self._clock = clock

    def read(self, user: User, deadline: Deadline) -> Overview:
        """Return the overview.

        Raises:
            NotAnAdmin: The caller is no admin.
        """
        if not user.admin:
            raise NotAnAdmin("Only an admin may see the overview.")
        live = self._directory.live_sessions(MOST_LIVE_SESSIONS, deadline)
        # Sorted by a hash, the first ones are a fair sample of many.
        shown = sorted(live, key=short_hash)[:ROOMS_COUNTED]
        rooms, counted = self._directory.rooms_of(shown, deadline), list[Figures]()
        for_each_concurrently(
            lambda room: counted.append(self._figures.of(room, deadline)), rooms, _AT_ONCE
        )
        return Overview(
            live_rooms=len(live),
            counted_rooms=len(counted),
            connections=sum(each.connections for each in counted),
            recordings=sum(each.recordings for each in counted),
            oldest_due=self._oldest_due(deadline),
            refusals=self._last_refusals(deadline),
        )

    def _oldest_due(self, deadline: Deadline) -> timedelta:
        now = self._clock()
        due = self._due_work.due_sessions(now, 1, deadline)
        waits = (now - each.due for each in due if each.queue is CheckQueue.LIVE)
        return max(waits, default=timedelta())

    def _last_refusals(self, deadline: Deadline) -> Mapping[str, int] | None:
        """Return the counts. An overview without them is better than none."""
        if self._refusals is None:
            return None
        now, in_time = self._clock(), deadline.capped(SECONDS_FOR_REFUSALS)
        try:
            return self._refusals.since(now - REFUSALS_OF, now, codes_of_problems(), in_time)
        except StoreUnavailable as failure:
            annotate("failure", failure.note or failure.detail)
            return None


def codes_of_problems() -> frozenset[str]:
    """Return the codes of all problems."""
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    return frozenset(
        each.code for each in kinds if issubclass(each, RoomkeyError) and each is not RoomkeyError
    )
