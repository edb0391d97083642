"""What happens in sessions, as OpenTok tells it: recorded, judged, and seated or sent away.

Callbacks come twice, late, out of order, or again after half of one was done; whatever is repeated
here changes nothing or finishes what was begun.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.access_rules import Reason, connection_rejection
from chalicelib.core.model.connection import Connection, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import GRACE
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, StaleRoom
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import SessionUnknown, StoreUnavailable

YOUNG_SESSION: Final = timedelta(seconds=60)


class SessionTracker:
    """Keeps up with who is in."""

    def __init__(
        self, rooms: RoomStore, sessions: SessionStore, platform: ConnectionControl, clock: Clock
    ) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._platform = platform
        self._clock = clock

    def find(self, session_id: str, deadline: Deadline) -> Session | None:
        """The session, or None if it is none of ours.

        Raises:
            SessionUnknown: It is so young that it may still become one of ours.
        """
        session = self._sessions.session(session_id, deadline)
        if session is not None:
            return session
        started = self._platform.session_started(session_id)
        if started is not None and self._clock() < started + YOUNG_SESSION:
            raise SessionUnknown("This session is not known yet; tell it again.", retry_after=5)
        increment("CallbacksOfUnknownSessions")
        return None

    def on_connected(self, session: Session, connection: Connection, deadline: Deadline) -> None:
        """A client has connected: record it, and let it stay or send it away.

        Raises:
            ProviderUnavailable: It must leave, and cannot be disconnected now.
        """
        if session.has_access_limits:
            room = self._rooms.find(session.room_name, deadline)
            self.admit_or_reject(session, room, connection, deadline)
        # Written before the rules are read: whoever bans somebody writes the ban before looking
        # for connections, so that one of the two sees the other.
        elif self._sessions.record_connection(session, connection, deadline):
            room = self._rooms.find(session.room_name, deadline)
            reason = self._reason(session, room, connection, deadline)
            if reason is not None:
                self.reject(session, connection, reason, deadline)
            elif room is not None and (room.locked or room.settings.max_participants is not None):
                self.admit_or_reject(session, room, connection, deadline)

    def admit_or_reject(
        self, session: Session, room: Room | None, connection: Connection, deadline: Deadline
    ) -> None:
        """Judge a connection by the room as it was read, and write what stands on that at once.

        Raises:
            ProviderUnavailable: It must leave, and cannot be disconnected now.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            reason = self._reason(session, room, connection, deadline)
            try:
                if reason is None and room is not None:
                    reason = self._seat(session, room, connection, deadline)
            except StaleRoom as stale:
                room = stale.room
                deadline.back_off(attempt)
                continue
            if reason is not None:
                self.reject(session, connection, reason, deadline)
            return
        raise StoreUnavailable(
            "Too many are changing this room at the moment.",
            note=f"connection {connection.id}: stale {MAX_ATTEMPTS} times",
            retry_after=2,
        )

    def on_disconnected(
        self, session: Session, connection_id: str, at: datetime, deadline: Deadline
    ) -> None:
        """A client has disconnected: its seat is kept a little longer, if it was the user's last.

        Args:
            session: Where it was.
            connection_id: Which it was.
            at: When that was heard; what is kept after an end counts from then.
            deadline: By when to have it written.
        """
        room = self._rooms.find(session.room_name, deadline) if session.has_access_limits else None
        for attempt in range(1, MAX_ATTEMPTS + 1):
            release = None
            if room is not None and session.is_of(room):
                release = room.seats.release_for(connection_id, at)
            if room is None or release is None:
                was_connected = self._sessions.record_disconnection(
                    session, connection_id, at, deadline
                )
                if room is None or room.settings.max_participants is None or not was_connected:
                    return
                # It came, with its seat, after the room was read; now nothing seats it again.
                room = self._rooms.find(session.room_name, deadline)
                continue
            try:
                self._sessions.record_disconnection_and_release(
                    session, room, release, at, deadline
                )
            except StaleRoom as stale:
                room = stale.room
                deadline.back_off(attempt)
            else:
                return
        raise StoreUnavailable(
            "Too many are changing this room at the moment.",
            note=f"connection {connection_id}: stale {MAX_ATTEMPTS} times",
            retry_after=2,
        )

    def on_stream_created(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        self._sessions.record_stream(session, connection_id, stream, deadline)

    def on_stream_destroyed(
        self, session: Session, connection_id: str, stream_id: str, deadline: Deadline
    ) -> None:
        self._sessions.end_stream(session, connection_id, stream_id, self._clock(), deadline)

    def _seat(
        self, session: Session, room: Room, connection: Connection, deadline: Deadline
    ) -> Reason | None:
        """Record the connection, with a seat where there is a limit; why not, if it may not stay.

        Raises:
            StaleRoom: The room has changed meanwhile.
        """
        cap, user_id = room.settings.max_participants, connection.participant.user_id
        if cap is None or user_id is None:
            self._sessions.record_connection(session, connection, deadline, standing=room)
            return None
        if connection.id in room.seats.connections.get(user_id, ()):
            return None
        if not room.seats.has_room_for_device(user_id):
            return Reason.TOO_MANY
        claim = room.seats.claim_for_connection(user_id, connection.id, cap, self._clock())
        if claim is None:
            return Reason.FULL
        self._sessions.record_connection_and_seat(session, connection, room, claim, deadline)
        return None

    def _reason(
        self, session: Session, room: Room | None, connection: Connection, deadline: Deadline
    ) -> Reason | None:
        now, user_id = self._clock(), connection.participant.user_id or ""

        def is_inside(standing: Room) -> bool:
            if standing.settings.max_participants is not None:
                return standing.seats.is_kept(user_id, now)
            return self._sessions.was_connected(session.id, user_id, now - GRACE, deadline)

        return connection_rejection(session, room, connection, now, is_inside)

    def reject(
        self, session: Session, connection: Connection, reason: Reason, deadline: Deadline
    ) -> None:
        refused = replace(connection, refused=True)
        if self._sessions.record_connection(session, refused, deadline):
            increment(f"Rejected{reason}")
            self._platform.disconnect(session.id, connection.id, deadline)
