"""The comparison of connections and streams with OpenTok's lists, as callbacks may be lost.

If OpenTok does not answer, no record is removed.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.audit.room_entries import audit_arrival, audit_departure
from chalicelib.core.model.access_rules import RejectionReason
from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import Connection, Counts, Ending, Session, Stream
from chalicelib.core.model.user import Role
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import (
    ConnectionControl,
    ListedConnection,
    ListedStream,
)
from chalicelib.core.sessions.check_intervals import last_check
from chalicelib.core.sessions.connection_rules import ConnectionRules
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable

UNKNOWN_AFTER: Final = timedelta(seconds=60)
"""The age at which a listed connection without a record counts as unknown: its callback is lost."""
STALE_AFTER: Final = timedelta(seconds=10)
"""The age at which a record that is not listed is stale: lists may lag behind callbacks."""
MAX_UNASSIGNED: Final = 100
"""The highest number of streams without a known connection that a session keeps on record."""


class ConnectionReconciler:
    """Makes the record of a session's connections, streams and seats agree with OpenTok."""

    def __init__(
        self,
        *,
        rooms: RoomStore,
        sessions: SessionStore,
        rules: ConnectionRules,
        platform: ConnectionControl,
        tracker: SessionTracker,
        seats: SeatReconciler,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._rules = rules
        self._platform = platform
        self._tracker = tracker
        self._seats = seats
        self._clock = clock

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
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
        # Read streams before connections, so that a stream's connection is in the later list.
        streams, unanswered = self._streams(session, deadline)
        listed = self._platform.connections(session.id, deadline)
        self._remove_stale(session, recorded, {each.id for each in listed}, deadline)
        by_id = {each.id: each for each in recorded}
        connected = [by_id[each.id] for each in listed if each.id in by_id]
        if streams is not None:
            self._end_streams(session, connected, {each.id for each in streams}, deadline)
        connected += self._record_unknown(
            session, [each for each in listed if each.id not in by_id], deadline
        )
        if streams is not None:
            silent = {each.id for each in recorded if each.participant.role is Role.SUBSCRIBER}
            publishers = ({each.id for each in listed} | by_id.keys()) - silent
            missing = self._missing_streams(session, recorded, streams, deadline)
            self._record_streams(session, missing, publishers, deadline)
        self._recheck(session, connected, deadline)
        if session.has_access_limits:
            self._seats.reconcile(session.room_name, session.id, deadline)
        if unanswered is not None:
            raise unanswered
        return bool(recorded or listed)

    def _streams(
        self, session: Session, deadline: Deadline
    ) -> tuple[Sequence[ListedStream] | None, ProviderUnavailable | ProviderRefused | None]:
        """Return OpenTok's list of streams, or its failure, which must not hold up the rest.

        Where nobody was at the last check, there is no list: the next check has time enough.
        """
        if session.quiet_since is not None:
            return None, None
        try:
            return self._platform.streams(session.id, deadline), None
        except (ProviderUnavailable, ProviderRefused) as failure:
            return None, failure

    def _remove_stale(
        self,
        session: Session,
        recorded: Iterable[Connection],
        listed: set[str],
        deadline: Deadline,
    ) -> None:
        now, hint = self._clock(), EndHint(after=last_check(session))

        def remove(stale: Connection) -> None:
            increment("StaleConnectionsRemoved")
            self._tracker.on_disconnected(session, stale.id, now, deadline, hint)
            user_id = stale.participant.user_id
            audit_departure(session, stale, now, Ending.LOST, user_id, reconciled=True)

        unlisted = (each for each in recorded if each.id not in listed)
        for_each_concurrently(
            remove, [each for each in unlisted if _is_older(each.since, STALE_AFTER, now)]
        )

    def _end_streams(
        self,
        session: Session,
        connected: Iterable[Connection],
        listed: Collection[str],
        deadline: Deadline,
    ) -> None:
        now = self._clock()

        def end(stale: tuple[str, str]) -> None:
            increment("StaleStreamsRemoved")
            connection_id, stream_id = stale
            self._tracker.on_stream_destroyed(session, connection_id, stream_id, deadline)

        on_record = ((each.id, stream) for each in connected for stream in each.streams)
        for_each_concurrently(
            end,
            [
                (connection_id, stream.id)
                for connection_id, stream in on_record
                if stream.id not in listed and _is_older(stream.since, STALE_AFTER, now)
            ],
        )

    def _missing_streams(
        self,
        session: Session,
        recorded: Iterable[Connection],
        listed: Iterable[ListedStream],
        deadline: Deadline,
    ) -> Sequence[ListedStream]:
        """Return listed streams that are not on record, neither before the check nor now."""
        known = {stream.id for each in recorded for stream in each.streams}
        missing = [each for each in listed if each.id not in known]
        if not missing:
            return ()
        # A callback, or this check, may just have brought a stream or its connection on record.
        current = self._sessions.connections(session.id, deadline)
        known |= {stream.id for each in current for stream in each.streams}
        return [each for each in missing if each.id not in known]

    def _record_streams(
        self,
        session: Session,
        missing: Iterable[ListedStream],
        publishers: Collection[str],
        deadline: Deadline,
    ) -> None:
        """Record streams of which no callback came.

        OpenTok's list does not say whose a stream is. If only one client can publish, it is that
        client's. Otherwise the session keeps the stream, without a connection.
        """
        before, now = {each.id: each for each in session.unassigned_streams}, self._clock()
        streams = [
            before.get(each.id) or Stream(each.id, each.name, each.video_type, now).shortened()
            for each in missing
        ]
        for each in streams:
            if each.id not in before:
                increment("MissingStreamsFound")
        if len(publishers) == 1:
            (publisher,) = publishers
            for each in streams:
                self._sessions.record_stream(session, publisher, each, deadline)
            streams = []
        kept = tuple(sorted(streams, key=lambda each: (each.since, each.id)))[:MAX_UNASSIGNED]
        if kept != session.unassigned_streams:
            self._sessions.save_unassigned_streams(session, kept, deadline)

    def _record_unknown(
        self, session: Session, unknown: Iterable[ListedConnection], deadline: Deadline
    ) -> list[Connection]:
        """Record unknown connections. OpenTok's list does not say which users they belong to."""
        now = self._clock()
        recorded: list[Connection] = []

        def record(listed: ListedConnection) -> None:
            increment("UnknownConnections")
            connection = Connection(listed.id, listed.since, recorded=now)
            if self._sessions.record_connection(session, connection, deadline):
                recorded.append(connection)
                audit_arrival(session, connection, reconciled=True)
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
        room = self._rooms.find(session.room_name, deadline)

        def reject(rejected: tuple[Connection, RejectionReason]) -> None:
            connection, reason = rejected
            self._tracker.reject(session, connection, reason, deadline)

        for_each_concurrently(reject, self._rules.rejections(session, room, connected, deadline))


def _is_older(since: datetime, age: timedelta, now: datetime) -> bool:
    return since + age <= now
