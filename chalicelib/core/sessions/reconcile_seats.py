from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment


class SeatReconciler:
    """Makes a room's seats agree with the connections on record."""

    def __init__(
        self, rooms: RoomStore, sessions: SessionStore, tracker: SessionTracker, clock: Clock
    ) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._tracker = tracker
        self._clock = clock

    def reconcile(self, name: str, session_id: str, deadline: Deadline) -> None:
        """Release stale seats, and admit or reject connections that have no seat.

        Raises:
            ProviderUnavailable: OpenTok did not disconnect a rejected client.
        """
        session = self._sessions.session(session_id, deadline)
        # Read the room first. A seat and its connection are written in one transaction. So if a
        # connection is missing from the later read, it has ended, and its seat is stale.
        room = self._rooms.find(name, deadline)
        if session is None or room is None or not session.is_of(room):
            return
        if room.settings.max_participants is None or room.closed_at is not None:
            return
        connections = self._sessions.connections(session_id, deadline)
        self._release_stale(session, room, {each.id for each in connections}, deadline)
        for each in connections:
            user_id = each.participant.user_id
            if user_id is None or each.refused:
                continue
            if each.id not in room.seats.connections.get(user_id, ()):
                increment("SeatsRestored")
                self._tracker.admit_or_reject(session, room, each, deadline)

    def _release_stale(
        self, session: Session, room: Room, recorded: set[str], deadline: Deadline
    ) -> None:
        for seated in room.seats.connections.values():
            for connection_id in seated.keys() - recorded:
                increment("StaleSeatsReleased")
                self._tracker.on_disconnected(session, connection_id, self._clock(), deadline)
