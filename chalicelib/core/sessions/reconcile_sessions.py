"""The scheduled function that compares what is recorded with what OpenTok lists.

Callbacks may be lost; nothing here is believed because of a callback alone. If OpenTok cannot be
asked, nothing is removed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from chalicelib.core.model.access_rules import Reason, session_rejection
from chalicelib.core.model.connection import Connection, Session
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl, ListedConnection
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.concurrency import for_each_concurrently, reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomkeyError, StoreUnavailable

UNKNOWN_AFTER: Final = timedelta(seconds=60)
"""How long a connection may be listed before its callback is given up on."""
STALE_AFTER: Final = timedelta(seconds=10)
"""How old a record must be to be compared: OpenTok's list may lag behind its callbacks."""
CHECK_EVERY: Final = timedelta(seconds=60)
CHECK_EMPTY_EVERY: Final = timedelta(minutes=10)
CHECK_REFUSED_EVERY: Final = timedelta(minutes=5)
"""Refusals end when a rotated secret is known everywhere, which takes minutes; faults by hand."""
SESSIONS_AT_ONCE: Final = 25
SECONDS_FOR_A_SESSION: Final = 20.0
_TIME_TO_START_ANOTHER: Final = 3.0


class MediaCheck(Protocol):
    """A part of reconciliation that looks after one kind of media."""

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Make the record agree with OpenTok. Return True if anything may still change."""


class SessionReconciler:
    """Runs every minute, the longest unchecked first; what is left, the next run goes on with."""

    def __init__(
        self,
        *,
        rooms: RoomStore,
        sessions: SessionStore,
        due_work: DueWorkStore,
        platform: ConnectionControl,
        tracker: SessionTracker,
        seats: SeatReconciler,
        media: Sequence[MediaCheck],
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._due_work = due_work
        self._platform = platform
        self._tracker = tracker
        self._seats = seats
        self._media = media
        self._clock = clock

    def run(self, deadline: Deadline) -> None:
        """Check the sessions that are due.

        A fault of one's, such as a record that cannot be read, is raised once the others are done.
        """
        failures = [self._check(session_id, deadline) for session_id in self._due(deadline)]
        told = next((each for each in failures if isinstance(each, RoomkeyError)), None)
        if told is not None:  # the others' are most likely the same
            annotate("failure", told.note or told.detail)
        reraise_first_bug(failures)

    def _due(self, deadline: Deadline) -> Iterator[str]:
        seen: set[str] = set()
        while True:
            due = self._due_work.due_sessions(self._clock(), SESSIONS_AT_ONCE + len(seen), deadline)
            session_ids = [each for each in due if each not in seen]
            if not session_ids:
                return
            for session_id in session_ids:
                if deadline.remaining() < _TIME_TO_START_ANOTHER:
                    increment("SessionsLeftForNextRun")
                    return
                seen.add(session_id)
                yield session_id

    def _check(self, session_id: str, deadline: Deadline) -> Exception | None:
        own, now = deadline.capped(SECONDS_FOR_A_SESSION), self._clock()
        going_on: list[bool] = []
        try:
            session = self._sessions.session(session_id, own)
            if session is not None:
                self._look_after(session, going_on, own)
        except (ProviderUnavailable, StoreUnavailable) as failure:
            # Still due: the next run tries again. Further back, lest it keep others waiting.
            increment("ReconciliationFailed")
            self._due_work.mark_checked(session_id, now + CHECK_EVERY, deadline, idle=False)
            return failure
        except ProviderRefused as refusal:
            increment("ReconciliationRefused")
            after = CHECK_EVERY if any(going_on) else CHECK_REFUSED_EVERY
            self._due_work.mark_checked(session_id, now + after, deadline, idle=False)
            return refusal
        except RoomkeyError:
            raise
        except Exception as fault:  # noqa: BLE001  whatever is wrong with it keeps no other waiting
            increment("ReconciliationFailed")
            annotate("faulty", f"session {session_id}")
            self._due_work.mark_checked(session_id, now + CHECK_REFUSED_EVERY, deadline, idle=False)
            return fault
        if session is None or any(going_on):
            self._due_work.mark_checked(session_id, now + CHECK_EVERY, deadline, idle=False)
        elif not self._stopped_monitoring(session, deadline):
            self._due_work.mark_checked(session_id, now + CHECK_EMPTY_EVERY, deadline, idle=True)
        return None

    def _stopped_monitoring(self, session: Session, deadline: Deadline) -> bool:
        """Whether an idle session was so before, and is not retired: it is checked no more."""
        idle_again = not session.monitored and session.retired_until is None
        return idle_again and self._due_work.stop_monitoring(session, deadline)

    def _look_after(self, session: Session, going_on: list[bool], deadline: Deadline) -> None:
        """Reconcile who is in, and each kind of media, whatever becomes of the others.

        Each adds whether it has something that may still change.
        """
        parts = (self._compare, *(each.reconcile for each in self._media))

        def reconcile(part: Callable[[Session, Deadline], bool]) -> None:
            going_on.append(part(session, deadline))

        # One after the other, so that OpenTok is not asked too much about one session at once.
        for_each_concurrently(reconcile, parts, at_once=1)

    def _compare(self, session: Session, deadline: Deadline) -> bool:
        """Make the record of who is in agree with OpenTok's; whether anybody is or was.

        Raises:
            ProviderUnavailable: OpenTok cannot be asked, and nothing was removed; or somebody must
                leave, and cannot be disconnected now.
            ProviderRefused: It refuses.
        """
        # The record before the list: who is on record and not on a list made later is gone.
        recorded = self._sessions.connections(session.id, deadline)
        listed = self._platform.connections(session.id, deadline)
        self._remove_stale(session, recorded, {each.id for each in listed}, deadline)
        self._end_streams(session, recorded, listed, deadline)
        known = {each.id: each for each in recorded}
        here = [known[each.id] for each in listed if each.id in known]
        here += self._admit_unknown(
            session, [each for each in listed if each.id not in known], deadline
        )
        self._recheck(session, here, deadline)
        if session.has_access_limits:
            self._seats.reconcile(session.room_name, session.id, deadline)
        return bool(recorded or listed)

    def _remove_stale(
        self,
        session: Session,
        recorded: Iterable[Connection],
        listed: set[str],
        deadline: Deadline,
    ) -> None:
        now = self._clock()

        def take(stale_record: Connection) -> None:
            increment("StaleConnectionsRemoved")
            self._tracker.on_disconnected(session, stale_record.id, now, deadline)

        gone = (each for each in recorded if each.id not in listed)
        for_each_concurrently(
            take, [each for each in gone if _is_older(each.since, STALE_AFTER, now)]
        )

    def _end_streams(
        self,
        session: Session,
        recorded: Iterable[Connection],
        listed: Sequence[ListedConnection],
        deadline: Deadline,
    ) -> None:
        now, still_in = self._clock(), {each.id for each in listed}
        published = [
            (each.id, stream.id)
            for each in recorded
            for stream in each.streams
            if each.id in still_in and _is_older(stream.since, STALE_AFTER, now)
        ]
        if not published:
            return

        def end(stale_record: tuple[str, str]) -> None:
            increment("StaleStreamsRemoved")
            self._tracker.on_stream_destroyed(session, *stale_record, deadline)

        standing = self._platform.stream_ids(session.id, deadline)
        for_each_concurrently(end, [each for each in published if each[1] not in standing])

    def _admit_unknown(
        self, session: Session, unknown: Iterable[ListedConnection], deadline: Deadline
    ) -> list[Connection]:
        """Record those whose callback never came: the list does not tell whose they are."""
        now = self._clock()
        met: list[Connection] = []

        def meet(listed: ListedConnection) -> None:
            increment("UnknownConnections")
            unknown_connection = Connection(listed.id, listed.since)
            if self._sessions.record_connection(session, unknown_connection, deadline):
                met.append(unknown_connection)
            else:
                # On record as gone, and yet there: nothing else ends that.
                self._platform.disconnect(session.id, listed.id, deadline)

        for_each_concurrently(
            meet, [each for each in unknown if _is_older(each.since, UNKNOWN_AFTER, now)]
        )
        return met

    def _recheck(self, session: Session, here: Iterable[Connection], deadline: Deadline) -> None:
        """Send away who was to leave before, or must by now, whatever became of that."""
        # Read once they are all on record: who bans or locks later looks for them there.
        room, now = self._rooms.find(session.room_name, deadline), self._clock()

        def judged(connection: Connection) -> Reason | None:
            before = Reason.REFUSED if connection.refused else None
            return session_rejection(session, room, connection, now) or before

        def reject(judgement: tuple[Connection, Reason]) -> None:
            self._tracker.reject(session, *judgement, deadline)

        reasons = ((each, judged(each)) for each in here)
        for_each_concurrently(
            reject, [(each, reason) for each, reason in reasons if reason is not None]
        )


def _is_older(since: datetime, age: timedelta, now: datetime) -> bool:
    return since + age <= now
