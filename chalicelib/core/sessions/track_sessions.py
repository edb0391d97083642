"""The tracking of sessions by OpenTok's callbacks: connections are recorded, admitted or rejected.

Callbacks may come twice, late or out of order, or again after one failed halfway. A repeated call
here changes nothing, or finishes the work of the first one.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.audit.room_entries import audit_arrival, audit_connection, audit_departure
from chalicelib.core.model.access_rules import RejectionReason, connects_as_moderator
from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import Connection, Ending, EndReport, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, StaleRoom, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.sessions.connection_rules import ConnectionRules
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import SessionUnknown

_End = EndReport | EndHint | None
YOUNG_SESSION: Final = timedelta(seconds=60)
_ENDINGS: Final = {
    RejectionReason.BANNED: Ending.BANNED,
    RejectionReason.CLOSED: Ending.CLOSED,
    RejectionReason.RETIRED: Ending.CLOSED,
}
"""The endings of rejected connections, where they are not simply refused."""


class SessionTracker:
    """Keeps the record of each session's connections and streams up to date."""

    def __init__(
        self,
        rooms: RoomStore,
        sessions: SessionStore,
        platform: ConnectionControl,
        clock: Clock,
        *,
        rules: ConnectionRules,
    ) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._rules = rules
        self._platform = platform
        self._clock = clock

    def find(self, session_id: str, deadline: Deadline) -> Session | None:
        """Return the session, or None if this service did not create it.

        Raises:
            SessionUnknown: The session is so new that its room may not be stored yet.
        """
        session = self._sessions.session(session_id, deadline)
        if session is not None:
            return session
        started = self._platform.session_started(session_id)
        if started is not None and self._clock() < started + YOUNG_SESSION:
            raise SessionUnknown(
                "This session is not known yet; please redeliver the callback.", retry_after=5
            )
        increment("CallbacksOfUnknownSessions")
        return None

    def on_connected(self, session: Session, connection: Connection, deadline: Deadline) -> None:
        """Record a client that has connected, and admit or reject it.

        Raises:
            ProviderUnavailable: OpenTok did not disconnect the rejected client.
        """
        connection = replace(connection, recorded=self._clock())
        audit_arrival(session, connection)
        if session.has_access_limits:
            room = self._rooms.find(session.room_name, deadline)
            self.admit_or_reject(session, room, connection, deadline)
        # The connection is written before the rules are read. A ban is written before connections
        # are read. So either this call sees the ban, or the ban sees this connection.
        elif self._sessions.record_connection(session, connection, deadline):
            room = self._rooms.find(session.room_name, deadline)
            reason = self._rules.rejection(session, room, connection, deadline)
            reason = reason or self._rules.revocation(connection, deadline)
            if reason is not None:
                self.reject(session, connection, reason, deadline)
            elif room is not None and (room.locked or room.settings.max_participants is not None):
                self.admit_or_reject(session, room, connection, deadline)

    def admit_or_reject(
        self, session: Session, room: Room | None, connection: Connection, deadline: Deadline
    ) -> None:
        """Apply the access rules to `room`, and record the connection.

        If the room has changed meanwhile, start again with the new room.

        Raises:
            ProviderUnavailable: OpenTok did not disconnect the rejected client.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            reason = self._rules.rejection(session, room, connection, deadline)
            try:
                if reason is None and room is not None:
                    reason = self._seat(session, room, connection, deadline)
            except StaleRoom as stale:
                room = stale.room
                deadline.back_off(attempt)
                continue
            # A revocation is written before connections are read, and this connection is written
            # now. So either this call sees the revocation, or the revocation this connection.
            # `_seat` has looked as well, but before it wrote.
            reason = reason or self._rules.revocation(connection, deadline)
            if reason is not None:
                self.reject(session, connection, reason, deadline)
            return
        raise busy(f"connection {connection.id}")

    def on_disconnected(
        self,
        session: Session,
        connection_id: str,
        at: datetime,
        deadline: Deadline,
        report: _End = None,
    ) -> None:
        """Record that a client has disconnected, and release its seat.

        Args:
            session: The session that the client was in.
            connection_id: The connection that has ended.
            at: The time of the report. The seat and the record are kept for a time after it.
            deadline: The time by which the end must be written.
            report: What OpenTok reports of the end, for attendance, or what else is known of it.
        """
        if not isinstance(report, EndReport):
            self._record_end(session, connection_id, at, deadline, report)
            return
        if report.ending is Ending.DISCONNECTED and session.retired_until is not None:
            report = replace(report, ending=Ending.CLOSED)
        on_record = self._record_end(session, connection_id, at, deadline, report)
        user_id = on_record or report.connection.participant.user_id
        audit_departure(session, report.connection, report.at, report.ending, user_id)

    def _record_end(
        self, session: Session, connection_id: str, at: datetime, deadline: Deadline, report: _End
    ) -> str | None:
        """Record the end and release the seat. Return the user on record, if there was one."""
        user_id = None
        room = self._rooms.find(session.room_name, deadline) if session.has_access_limits else None
        for attempt in range(1, MAX_ATTEMPTS + 1):
            release = None
            if room is not None and session.is_of(room):
                release = room.seats.release_for(connection_id, at)
            if room is None or release is None:
                end = self._sessions.record_disconnection(
                    session, connection_id, at, deadline, report
                )
                user_id = user_id or end.user_id
                if room is None or room.settings.max_participants is None or not end.was_connected:
                    return user_id
                # The connection and its seat were written after the room was read. Now that its
                # end is on record, no later callback can give it a seat again.
                room = self._rooms.find(session.room_name, deadline)
                continue
            try:
                self._sessions.record_disconnection_and_release(
                    session, room, release, at, deadline, report=report
                )
            except StaleRoom as stale:
                room = stale.room
                deadline.back_off(attempt)
            else:
                return release.user_id
        raise busy(f"connection {connection_id}")

    def on_stream_created(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        self._sessions.record_stream(session, connection_id, stream, deadline)
        self._forget_unassigned(session, stream.id, deadline)

    def on_stream_destroyed(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        deadline: Deadline,
        *,
        implied: datetime | None = None,
    ) -> None:
        """Record that a stream has ended, at `implied` if its connection may have ended with it."""
        now = self._clock()
        self._sessions.end_stream(session, connection_id, stream_id, now, deadline, implied=implied)
        self._forget_unassigned(session, stream_id, deadline)

    def _forget_unassigned(self, session: Session, stream_id: str, deadline: Deadline) -> None:
        """Keep a stream that is reported after all no longer without a connection."""
        left = [each for each in session.unassigned_streams if each.id != stream_id]
        if len(left) < len(session.unassigned_streams):
            self._sessions.save_unassigned_streams(session, left, deadline)

    def _seat(
        self, session: Session, room: Room, connection: Connection, deadline: Deadline
    ) -> RejectionReason | None:
        """Record the connection, with a seat if the room has a limit of participants.

        Returns:
            The reason to reject the connection, if any.

        Raises:
            StaleRoom: The room has changed meanwhile.
        """
        cap, user_id = room.settings.max_participants, connection.participant.user_id
        if cap is None or user_id is None:
            self._sessions.record_connection(session, connection, deadline, expected=room)
            return None
        if connection.id in room.seats.connections.get(user_id, ()):
            return None
        if not room.seats.has_room_for_device(user_id):
            return RejectionReason.TOO_MANY
        # A guest whose invitation is revoked takes no seat until they are rejected: an old
        # client token would take one again and again.
        revocation = self._rules.revocation(connection, deadline)
        if revocation is not None:
            return revocation
        now = self._clock()
        moderates = connects_as_moderator(room, connection.participant, now)
        kept_free = room.seats_kept_free(now, moderates=moderates)
        claim = room.seats.claim_for_connection(user_id, connection.id, cap, now, kept_free)
        if claim is None:
            return RejectionReason.FULL
        self._sessions.record_connection_and_seat(session, connection, room, claim, deadline)
        return None

    def reject(
        self, session: Session, connection: Connection, reason: RejectionReason, deadline: Deadline
    ) -> None:
        """Record a connection as refused, and disconnect the client.

        Raises:
            ProviderUnavailable: OpenTok did not disconnect the client.
        """
        refused, ending = replace(connection, refused=True), _ENDINGS.get(reason, Ending.REFUSED)
        if self._sessions.record_connection(session, refused, deadline, ending=ending):
            increment(f"Rejected{reason}")
            audit_connection(AuditAction.REJECTION, session, connection, reason=reason)
            self._platform.disconnect(session.id, connection.id, deadline)
