"""The scheduled function that compares the record with OpenTok's lists, as callbacks may be lost.

If OpenTok does not answer, no record is removed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from chalicelib.core.model.access_rules import RejectionReason, session_rejection
from chalicelib.core.model.connection import Connection, Counts, Session
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import DueWorkStore, SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl, ListedConnection
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.concurrency import for_each_concurrently, reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomkeyError, StoreUnavailable

UNKNOWN_AFTER: Final = timedelta(seconds=60)
"""The age at which a listed connection without a record counts as unknown: its callback is lost."""
STALE_AFTER: Final = timedelta(seconds=10)
"""The age at which a record that is not listed is stale: lists may lag behind callbacks."""
CHECK_EVERY: Final = timedelta(seconds=60)
CHECK_EMPTY_EVERY: Final = timedelta(minutes=10)
CHECK_REFUSED_EVERY: Final = timedelta(minutes=5)
"""A rotated secret is known everywhere after minutes, which ends refusals. Bugs need a fix."""
SESSIONS_AT_ONCE: Final = 25
SECONDS_FOR_A_SESSION: Final = 20.0
_TIME_TO_START_ANOTHER: Final = 3.0


class MediaCheck(Protocol):
    """The part of reconciliation that handles one kind of media."""

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Make the record agree with OpenTok. Return True if anything may still change."""


class SessionReconciler:
    """Checks sessions, longest due first. It runs every minute; the next run does the rest."""

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

        A bug in one session, such as an unreadable record, is raised after the other sessions.
        """
        failures = [self._check(session_id, deadline) for session_id in self._due(deadline)]
        first = next((each for each in failures if isinstance(each, RoomkeyError)), None)
        if first is not None:  # Most likely, the others have the same cause.
            annotate("failure", first.note or first.detail)
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
        capped, now = deadline.capped(SECONDS_FOR_A_SESSION), self._clock()
        in_use: list[bool] = []
        try:
            session = self._sessions.session(session_id, capped)
            if session is not None:
                self._reconcile(session, in_use, capped)
        except (ProviderUnavailable, StoreUnavailable) as failure:
            # The next run tries again, after the sessions that are due now.
            increment("ReconciliationFailed")
            self._due_work.mark_checked(session_id, now + CHECK_EVERY, deadline, idle=False)
            return failure
        except ProviderRefused as refusal:
            increment("ReconciliationRefused")
            after = CHECK_EVERY if any(in_use) else CHECK_REFUSED_EVERY
            self._due_work.mark_checked(session_id, now + after, deadline, idle=False)
            return refusal
        except RoomkeyError:
            raise
        except Exception as bug:  # noqa: BLE001  a bug in one session must not block the others
            increment("ReconciliationFailed")
            annotate("faulty", f"session {session_id}")
            self._due_work.mark_checked(session_id, now + CHECK_REFUSED_EVERY, deadline, idle=False)
            return bug
        if session is None or any(in_use):
            self._due_work.mark_checked(session_id, now + CHECK_EVERY, deadline, idle=False)
        elif not self._stopped_monitoring(session, deadline):
            self._due_work.mark_checked(session_id, now + CHECK_EMPTY_EVERY, deadline, idle=True)
        return None

    def _stopped_monitoring(self, session: Session, deadline: Deadline) -> bool:
        """Stop monitoring a session that is idle again. Return False if it must be checked again.

        A retired session is monitored until its last token has expired.
        """
        idle_again = not session.monitored and session.retired_until is None
        return idle_again and self._due_work.stop_monitoring(session, deadline)

    def _reconcile(self, session: Session, in_use: list[bool], deadline: Deadline) -> None:
        """Reconcile the connections and each kind of media. A failed part stops no other part.

        Each part adds True to `in_use` if it has connections or media that may still change.
        """
        parts = (self._reconcile_connections, *(each.reconcile for each in self._media))

        def reconcile(part: Callable[[Session, Deadline], bool]) -> None:
            in_use.append(part(session, deadline))

        # The parts run one after the other, to limit the rate of requests about one session.
        for_each_concurrently(reconcile, parts, at_once=1)

    def _reconcile_connections(self, session: Session, deadline: Deadline) -> bool:
        """Make recorded connections agree with OpenTok's list. Return True if either has any.

        Raises:
            ProviderUnavailable: OpenTok did not answer, and no record was removed; or OpenTok did
                not disconnect a rejected client.
            ProviderRefused: OpenTok rejects the request.
        """
        # Read the record first. A connection on record that is missing from a later list is gone.
        recorded = self._sessions.connections(session.id, deadline)
        counts = Counts.of(recorded, self._clock())
        if counts.are_many:
            self._sessions.save_counts(session.id, counts, deadline)
        listed = self._platform.connections(session.id, deadline)
        self._remove_stale(session, recorded, {each.id for each in listed}, deadline)
        self._end_streams(session, recorded, listed, deadline)
        by_id = {each.id: each for each in recorded}
        connected = [by_id[each.id] for each in listed if each.id in by_id]
        connected += self._record_unknown(
            session, [each for each in listed if each.id not in by_id], deadline
        )
        self._recheck(session, connected, deadline)
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

        def remove(stale: Connection) -> None:
            increment("StaleConnectionsRemoved")
            self._tracker.on_disconnected(session, stale.id, now, deadline)

        unlisted = (each for each in recorded if each.id not in listed)
        for_each_concurrently(
            remove, [each for each in unlisted if _is_older(each.since, STALE_AFTER, now)]
        )

    def _end_streams(
        self,
        session: Session,
        recorded: Iterable[Connection],
        listed: Sequence[ListedConnection],
        deadline: Deadline,
    ) -> None:
        now, connected = self._clock(), {each.id for each in listed}
        recorded_streams = [
            (each.id, stream.id)
            for each in recorded
            for stream in each.streams
            if each.id in connected and _is_older(stream.since, STALE_AFTER, now)
        ]
        if not recorded_streams:
            return

        def end(stale: tuple[str, str]) -> None:
            increment("StaleStreamsRemoved")
            connection_id, stream_id = stale
            self._tracker.on_stream_destroyed(session, connection_id, stream_id, deadline)

        current = self._platform.stream_ids(session.id, deadline)
        for_each_concurrently(end, [each for each in recorded_streams if each[1] not in current])

    def _record_unknown(
        self, session: Session, unknown: Iterable[ListedConnection], deadline: Deadline
    ) -> list[Connection]:
        """Record unknown connections. OpenTok's list does not say which users they belong to."""
        now = self._clock()
        recorded: list[Connection] = []

        def record(listed: ListedConnection) -> None:
            increment("UnknownConnections")
            connection = Connection(listed.id, listed.since)
            if self._sessions.record_connection(session, connection, deadline):
                recorded.append(connection)
            else:
                # Its end is on record, but the client is connected. No callback will resolve this.
                self._platform.disconnect(session.id, listed.id, deadline)

        for_each_concurrently(
            record, [each for each in unknown if _is_older(each.since, UNKNOWN_AFTER, now)]
        )
        return recorded

    def _recheck(self, session: Session, connected: list[Connection], deadline: Deadline) -> None:
        """Reject connections that must leave now, or that an earlier rejection left connected."""
        # Read the room when all connections are on record. A later ban or lock finds them there.
        room, now = self._rooms.find(session.room_name, deadline), self._clock()

        def rejection(connection: Connection) -> RejectionReason | None:
            before = RejectionReason.REFUSED if connection.refused else None
            return session_rejection(session, room, connection, now) or before

        def reject(rejected: tuple[Connection, RejectionReason]) -> None:
            connection, reason = rejected
            self._tracker.reject(session, connection, reason, deadline)

        reasons = ((each, rejection(each)) for each in connected)
        for_each_concurrently(
            reject, [(each, reason) for each, reason in reasons if reason is not None]
        )


def _is_older(since: datetime, age: timedelta, now: datetime) -> bool:
    return since + age <= now
