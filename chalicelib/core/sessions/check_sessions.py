"""The worker that checks sessions: it compares the record with OpenTok's lists.

If OpenTok does not answer, no record is removed.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from chalicelib.core.model.connection import Session
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
from chalicelib.core.sessions.check_intervals import (
    CALLS,
    CALLS_IF_IDLE,
    CHECK_FAILED_AFTER,
    CHECK_REFUSED_AFTER,
    SECONDS_FOR_A_CHECK,
    check_every,
    next_quiet_check,
)
from chalicelib.core.support.concurrency import for_each_concurrently, reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.core.support.pace import Pace
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomkeyError, StoreUnavailable

SESSIONS_AT_ONCE: Final = 16
_SECONDS_TO_RESCHEDULE: Final = 2.0
_TIME_TO_START_ANOTHER: Final = 3.0


class SessionCheck(Protocol):
    """One part of a check: connections, or one kind of media."""

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Make the record agree with OpenTok. Return True if anything may still change."""


class UsageCount(Protocol):
    """The counting of a session's usage, from a record that a check has just corrected."""

    def count_if_due(self, session: Session, deadline: Deadline, *, found: bool) -> None:
        """Count it, unless it was counted a moment ago.

        Args:
            session: The session as it was read before the check.
            deadline: The time by which it must be counted.
            found: True if the check found connections, or media that may still change.
        """


class SessionChecks:
    """Checks the sessions of a batch, many at the same time.

    Args:
        sessions: The store of sessions.
        due_work: The queues, in which each check sets the session's next one.
        connections: The part of a check for connections and streams.
        media: The parts of a check for media.
        usage: Counts what was used, at the end of a check.
        clock: Returns the time.
        longest_token: The longest lifetime of a client token.
    """

    def __init__(
        self,
        *,
        sessions: SessionStore,
        due_work: DueWorkStore,
        connections: SessionCheck,
        media: Sequence[SessionCheck],
        usage: UsageCount,
        clock: Clock,
        longest_token: timedelta,
    ) -> None:
        self._sessions = sessions
        self._due_work = due_work
        self._connections = connections
        self._media = media
        self._usage = usage
        self._clock = clock
        self._longest_token = longest_token

    def run(self, batch: CheckBatch, deadline: Deadline) -> None:
        """Check the sessions, the most urgent first, until the batch's time is over.

        A bug in one session, such as an unreadable record, is raised after the other sessions.
        """
        left = (batch.ends_at - self._clock()).total_seconds()
        until = deadline.capped(left)
        pace, failures = Pace(batch.calls_per_second, until), list[Exception]()

        def check(session_id: str) -> None:
            if until.remaining() < _TIME_TO_START_ANOTHER:
                increment("SessionsLeftForNextRun")
                return
            failure = self._check(session_id, pace, until)
            if failure is not None:
                failures.append(failure)

        for_each_concurrently(check, batch.session_ids, SESSIONS_AT_ONCE)
        first = next((each for each in failures if isinstance(each, RoomkeyError)), None)
        if first is not None:  # Most likely, the others have the same cause.
            annotate("failure", first.note or first.detail)
        reraise_first_bug(failures)

    def _check(self, session_id: str, pace: Pace, deadline: Deadline) -> Exception | None:
        in_use: list[bool] = []
        try:
            session = self._sessions.session(session_id, deadline)
            if session is not None:
                calls = CALLS_IF_IDLE if _is_idle(session) else CALLS
                if not pace.wait(calls, _TIME_TO_START_ANOTHER):
                    increment("SessionsLeftForNextRun")
                    return None
                # A silent OpenTok must not use up the time in which the next check is set.
                capped = deadline.reserve(_SECONDS_TO_RESCHEDULE).capped(SECONDS_FOR_A_CHECK)
                self._reconcile(session, in_use, capped)
                self._usage.count_if_due(session, capped, found=any(in_use))
        except (ProviderUnavailable, StoreUnavailable) as failure:
            # A later round tries again, after the sessions that are due now.
            increment("ReconciliationFailed")
            if isinstance(failure, ProviderUnavailable):
                pace.slow_down()
            self._postpone(session_id, CHECK_FAILED_AFTER, deadline)
            return failure
        except ProviderRefused as refusal:
            increment("ReconciliationRefused")
            after = CHECK_FAILED_AFTER if any(in_use) else CHECK_REFUSED_AFTER
            self._postpone(session_id, after, deadline)
            return refusal
        except RoomkeyError:
            raise
        except Exception as bug:  # noqa: BLE001  a bug in one session must not block the others
            increment("ReconciliationFailed")
            annotate("faulty", f"session {session_id}")
            self._postpone(session_id, CHECK_REFUSED_AFTER, deadline)
            return bug
        pace.speed_up()
        if session is not None:
            self._schedule(session, deadline, found=any(in_use))
        return None

    def _postpone(self, session_id: str, time: timedelta, deadline: Deadline) -> None:
        self._due_work.postpone_check(session_id, self._clock() + time, deadline)

    def _reconcile(self, session: Session, in_use: list[bool], deadline: Deadline) -> None:
        """Reconcile the connections and each kind of media. A failed part stops no other part.

        Each part adds True to `in_use` if it has connections or media that may still change. After
        a check that found nothing, media can only start once a client has connected.
        """
        if session.retired_until is not None and session.retired_until <= self._clock():
            return

        def reconcile(part: SessionCheck) -> None:
            in_use.append(part.reconcile(session, deadline))

        # The parts run one after the other, to limit the rate of requests about one session.
        parts = [self._connections, *self._media]
        if _is_idle(session):
            reconcile(self._connections)
            parts = [*self._media] if any(in_use) else []
        for_each_concurrently(reconcile, parts, at_once=1)

    def _schedule(self, session: Session, deadline: Deadline, *, found: bool) -> None:
        """Set the session's next check, or stop checking a session that nobody can enter."""
        now = self._clock()
        if found:
            self._due_work.schedule_check(session, now + check_every(session), None, deadline)
            return
        quiet_since = session.quiet_since or now
        until = session.retired_until or quiet_since + self._longest_token
        is_retired = session.retired_until is not None
        after = next_quiet_check(quiet_since, now, until, retired=is_retired)
        if session.quiet_since is None and not is_retired:
            # Mark the room first: the next token that it issues then resumes monitoring. A token
            # that was issued before, and a client that has come since, are seen at the next check.
            self._due_work.mark_room_idle(session, deadline)
        if after is None:
            self._due_work.stop_checks(session, deadline)
        else:
            self._due_work.schedule_check(session, after, quiet_since, deadline)


def _is_idle(session: Session) -> bool:
    return session.quiet_since is not None and session.retired_until is None
