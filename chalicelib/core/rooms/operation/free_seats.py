"""The repair of a room that is stuck, by an operator: free seats, or a new session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chalicelib.core.audit.room_entries import audit_departure, audit_room
from chalicelib.core.model.connection import Connection, Ending, Session
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.seats import MAX_EVICTED_AT_ONCE, SeatClaim, Seats
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, SeatStore, StaleRoom, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl, VideoPlatform
from chalicelib.core.rooms.update_room import update_room
from chalicelib.core.sessions.moderate import disconnect_all
from chalicelib.core.sessions.reconcile_connections import STALE_AFTER
from chalicelib.core.sessions.track_sessions import SessionTracker
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import RoomNotFound

_MOST_BATCHES: Final = 100
"""More batches of seats than a room can have."""


@dataclass(frozen=True, slots=True)
class GoneConnection:
    """A connection on record, or in a seat, that OpenTok does not list."""

    id: str
    user_id: str | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A room's record, compared with OpenTok's list of who is connected.

    Args:
        room: The room as it was read.
        connected: The number of connections that OpenTok lists.
        gone: The connections that it does not list and that are older than 10 seconds.
        unused: The users who have a seat and no connection besides those that are gone, each with
            the end of the reservation, if there is one.
        unknown: The number of listed connections that are not on record.
    """

    room: Room
    connected: int
    gone: Sequence[GoneConnection]
    unused: Mapping[str, datetime | None]
    unknown: int

    @property
    def has_findings(self) -> bool:
        """Return True if there is anything to free."""
        return bool(self.gone or self.unused)


class FreeSeats:
    """Frees the seats that nobody sits in, and ends calls that are stuck.

    Args:
        rooms, seats, sessions: The record.
        tracker: Records the end of connections.
        connections: Lists and disconnects the clients of a session.
        platform: Makes sessions.
        clock: Returns the current time.
    """

    def __init__(
        self,
        *,
        rooms: RoomStore,
        seats: SeatStore,
        sessions: SessionStore,
        tracker: SessionTracker,
        connections: ConnectionControl,
        platform: VideoPlatform,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._seats = seats
        self._sessions = sessions
        self._tracker = tracker
        self._connections = connections
        self._platform = platform
        self._clock = clock

    def compare(self, name: str, deadline: Deadline) -> Comparison:
        """Compare a room's record with OpenTok's list, and change nothing.

        Raises:
            RoomNotFound: No room has this name.
            ProviderUnavailable, ProviderRefused: OpenTok does not say who is connected.
        """
        room = self._rooms.find(name, deadline)
        if room is None:
            raise RoomNotFound(f"Room {name} does not exist.")
        # The record is read before the list: what is on record and missing later is gone.
        recorded = self._sessions.connections(room.session_id, deadline)
        listed = {each.id for each in self._connections.connections(room.session_id, deadline)}
        known, now = _known(room, recorded), self._clock()
        gone = [
            each
            for each in known.values()
            if each.id not in listed and each.since + STALE_AFTER <= now
        ]
        gone_ids = {each.id for each in gone}
        return Comparison(
            room=room,
            connected=len(listed),
            gone=sorted(gone, key=lambda each: (each.since, each.id)),
            unused={
                user_id: room.seats.holds.get(user_id)
                for user_id, connections in sorted(room.seats.connections.items())
                if connections.keys() <= gone_ids
            },
            unknown=len(listed - {each.id for each in recorded}),
        )

    def free(self, found: Comparison, deadline: Deadline) -> int:
        """Record the end of connections that are gone, and free the seats that nobody uses.

        A seat stays if its user has connected since the comparison.

        Returns:
            The number of seats that were freed.
        """
        room = found.room
        on_record = self._sessions.session(room.session_id, deadline)
        session = on_record or Session(room.session_id, room.name, room.room_id)
        # The hint may be out of date, and a seat must be looked for in any case.
        session = replace(session, has_access_limits=True)
        for each in found.gone:
            now = self._clock()
            self._tracker.on_disconnected(session, each.id, now, deadline)
            gone = Connection(each.id, each.since)
            audit_departure(session, gone, now, Ending.LOST, each.user_id, reconciled=True)
        freed = 0
        for _ in range(_MOST_BATCHES):
            batch = self._free_batch(found, deadline)
            freed += batch
            if batch < MAX_EVICTED_AT_ONCE:
                break
        audit_room(AuditAction.SEATS_FREED, room, connections=len(found.gone), seats=freed)
        return freed

    def end(self, room: Room, deadline: Deadline) -> bool:
        """End the room's call: give the room a new session, and disconnect who is in the old one.

        The room's rules stay. Reconciliation keeps the old session empty and stops its media. A
        room that is closed gets no new session.

        Returns:
            True if all clients were disconnected in time.

        Raises:
            RoomNotFound: The room is gone.
            ProviderUnavailable: OpenTok does not make a session; nothing has changed.
        """
        new_session_id = None
        if room.state(self._clock()) is not State.CLOSED:
            settings = room.settings
            session_id = self._platform.create_session(settings, settings.location, deadline)

            def renewed(current: Room) -> Room:
                if current.session_id != room.session_id:
                    return current
                return replace(current, session_id=session_id, seats=Seats())

            after = update_room(self._rooms, room, renewed, self._clock(), deadline)
            new_session_id = after.session_id
        audit_room(AuditAction.CALL_ENDED, room, new_session_id=new_session_id)
        return disconnect_all(self._connections, room.session_id, deadline)

    def _free_batch(self, found: Comparison, deadline: Deadline) -> int:
        """Free up to `MAX_EVICTED_AT_ONCE` seats, and return their number."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            room = self._rooms.find(found.room.name, deadline)
            if room is None or room.session_id != found.room.session_id:
                return 0
            empty = [
                (user_id, room.seats.holds.get(user_id))
                for user_id in sorted(found.unused.keys() & room.seats.connections.keys())
                if not room.seats.is_live(user_id)
            ][:MAX_EVICTED_AT_ONCE]
            if not empty:
                return 0
            claim = SeatClaim(None, 0, self._clock(), evicted=tuple(empty))
            try:
                self._seats.write_claim(room, claim, deadline)
            except StaleRoom:
                deadline.back_off(attempt)
            else:
                return len(empty)
        raise busy(f"room {found.room.name}")


def _known(room: Room, recorded: Sequence[Connection]) -> Mapping[str, GoneConnection]:
    """Return the connections on record, and those that only a seat names, by their ids."""
    seated = {
        connection_id: GoneConnection(connection_id, user_id, since)
        for user_id, connections in room.seats.connections.items()
        for connection_id, since in connections.items()
    }
    on_record = {
        each.id: GoneConnection(each.id, each.participant.user_id, each.since) for each in recorded
    }
    return seated | on_record
