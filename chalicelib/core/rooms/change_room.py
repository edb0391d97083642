"""Changes of an existing room, with their effects on its session and seats."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from chalicelib.core.audit.room_entries import audit_rules
from chalicelib.core.model.connection import Connection
from chalicelib.core.model.media import FeatureRule
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.room_settings import ArchiveMode
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess, RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import VideoPlatform
from chalicelib.core.rooms.create_room import location_hint
from chalicelib.core.rooms.quotas import RoomQuota
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.core.rooms.update_room import update_room
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, total_bytes
from chalicelib.core.support.metrics import increment
from chalicelib.errors import NotAModerator, TooManyConnected

if TYPE_CHECKING:
    from datetime import datetime

MAX_SEATED_AT_ONCE: Final = 1000
MAX_SEATED_BYTES: Final = 128 * 1024
"""The total size of the ids of users and connections that get seats at once."""


class ChangeRoom:
    """Changes existing rooms."""

    def __init__(
        self,
        *,
        store: RoomStore,
        sessions: SessionStore,
        platform: VideoPlatform,
        rooms: RoomAccess,
        seats: SeatReconciler,
        quota: RoomQuota,
        recording: FeatureRule,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._platform = platform
        self._rooms = rooms
        self._seats = seats
        self._quota = quota
        self._recording = recording
        self._clock = clock

    def change(
        self, user: User, name: str, changes: RoomPatch, caller_ip: str, deadline: Deadline
    ) -> Room:
        """Change a room and return it.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
            NotAModerator: The user may see the room, but does not moderate it.
            RoomClosed: The room was deleted.
            InvalidField: The changes contradict each other or the room.
            FeatureDisabled: The stage does not let the user open a room that records itself.
            TooManyConnected: Too many users are connected to give each of them a seat.
            QuotaExceeded: The room would open again, and the user has opened too many.
        """
        room = self._rooms.moderated_room(user, name, "change it", deadline)
        if user.is_guest and not changes.suits_guests:
            raise NotAModerator(
                "A guest may change the lock, the limit and the waiting room. Only a signed-in "
                "moderator may change more."
            )
        before = room

        def changed(current: Room) -> Room:
            nonlocal before
            before = current
            wanted = changes.apply_to(current)
            wanted = self._reopened(user, current, wanted, caller_ip, deadline)
            return self._seated(current, wanted, deadline)

        after = update_room(self._store, room, changed, self._clock(), deadline)
        audit_rules(before, after)
        gets_limit = room.settings.max_participants is None
        if gets_limit and after.settings.max_participants is not None:
            # Clients may have connected or disconnected while the seats were being written.
            self._seats.reconcile(after.name, after.session_id, deadline)
        return after

    def _reopened(
        self, user: User, before: Room, after: Room, caller_ip: str, deadline: Deadline
    ) -> Room:
        """Give a room that opens again a new session, which old client tokens cannot join."""
        now = self._clock()
        if before.state(now) is not State.CLOSED or after.state(now) is State.CLOSED:
            return after
        if after.settings.archive_mode is ArchiveMode.ALWAYS:
            self._recording.check_automatic(user)
        self._quota.count_reopening(user, deadline)
        location = location_hint(after.settings.location, caller_ip)
        session_id = self._platform.create_session(after.settings, location, deadline)
        increment("SessionsCreated")
        return replace(after, session_id=session_id, seats=Seats())

    def _seated(self, before: Room, after: Room, deadline: Deadline) -> Room:
        """Give every connected user a seat if the room gets a limit; remove all if it loses one."""
        was, is_now = before.settings.max_participants, after.settings.max_participants
        if (was is None) == (is_now is None) or before.session_id != after.session_id:
            return after
        if is_now is None:
            return replace(after, seats=Seats())
        seats = _seats_of(self._sessions.connections(after.session_id, deadline))
        ids = chain(seats.connections, *seats.connections.values())
        if len(seats.connections) > MAX_SEATED_AT_ONCE or total_bytes(ids) > MAX_SEATED_BYTES:
            raise TooManyConnected(
                f"{len(seats.connections)} users are connected; a limit of participants can be "
                f"set while at most {MAX_SEATED_AT_ONCE} are, whose ids and connections' ids have "
                f"at most {MAX_SEATED_BYTES} bytes of UTF-8 in total."
            )
        return replace(after, seats=seats)


def _seats_of(connections: Iterable[Connection]) -> Seats:
    by_user: dict[str, dict[str, datetime]] = {}
    for each in connections:
        if each.participant.user_id is not None and not each.refused:
            by_user.setdefault(each.participant.user_id, {})[each.id] = each.since
    return Seats(by_user)
