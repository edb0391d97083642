"""The end of invitations before their time, and of what their guests are doing meanwhile."""

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from chalicelib.core.audit.room_entries import audit_room
from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role
from chalicelib.core.model.waiting import waiting_id
from chalicelib.core.ports.invitation_store import NO_KEY_HASH, InvitationStore
from chalicelib.core.ports.room_store import SeatStore, StaleRoom
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.ports.waiting_store import WaitingStore
from chalicelib.core.rooms.waiting.signals import WaitingSignals
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock

NOBODY: Final = ""
"""A waiting id that no user has."""


class EndInvitations:
    """Ends invitations. Their guests come no more, wait no more, and are disconnected.

    The end is written before connections are read. A connection is written before the invitation is
    read. So either this class sees the guest, or the guest's arrival the end.
    """

    def __init__(
        self,
        *,
        store: InvitationStore,
        sessions: SessionStore,
        waiting: WaitingStore,
        seats: SeatStore,
        platform: ConnectionControl,
        signals: WaitingSignals,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._waiting = waiting
        self._seats = seats
        self._platform = platform
        self._signals = signals
        self._clock = clock

    def end(self, room: Room, invitation_id: str, deadline: Deadline) -> frozenset[str]:
        """End an invitation, and those that its guests made. Their guests wait no more.

        Returns:
            The ids of these invitations; empty if the room has no such invitation.
        """
        if not self._revoke(room, invitation_id, deadline):
            return frozenset()
        # Its guests can make no more now.
        every = self._store.of_room(room.room_id, deadline).invitations
        made = [each.id for each in every if each.made_by == invitation_id]
        for_each_concurrently(lambda each: self._revoke(room, each, deadline), made)
        ended = frozenset({invitation_id, *made})
        self._stop_waiting(room, ended, NOBODY, deadline)
        return ended

    def end_for_guest(self, room: Room, guest_id: str, deadline: Deadline) -> frozenset[str]:
        """End what a banned guest could still come by with another key, and the guest's own wait.

        That is a single-use invitation by which nobody has come, and what the guest made.

        Returns:
            The ids of the invitations that have ended.
        """
        own = waiting_id(room.session_id, guest_id)
        look = self._waiting.look(room.name, room.session_id, own, deadline)
        waits = look.waiting.users.get(own)
        came_by = {each.invitation_id for each in (waits, look.decision) if each is not None}
        found = [
            self._store.look_up(each, NO_KEY_HASH, deadline).invitation
            for each in came_by
            if each is not None
        ]
        ended = {each.id for each in found if each and each.max_uses == 1 and not each.is_used_up}
        # A guest makes invitations only while no ban is on record, and looks again afterwards.
        every = self._store.of_room(room.room_id, deadline).invitations
        ended |= {each.id for each in every if each.created_by == guest_id}
        for_each_concurrently(lambda each: self._revoke(room, each, deadline), sorted(ended))
        self._stop_waiting(room, ended, own, deadline)
        return frozenset(ended)

    def disconnect_guests(self, room: Room, ended: Collection[str], deadline: Deadline) -> None:
        """Disconnect all who came by invitations that have ended. They skip no waiting room again.

        Raises:
            ProviderUnavailable: OpenTok did not disconnect a guest.
        """

        def disconnect(connection: Connection) -> None:
            # This comes first: once the client is gone, its user may come by another invitation.
            guest = connection.participant.user_id or ""
            now, own = self._clock(), waiting_id(room.session_id, guest)
            self._waiting.send_out(room, own, now, deadline)
            if connection.participant.role is Role.MODERATOR:
                with suppress(StaleRoom):  # another room has the name now
                    self._seats.remember_admin(room, guest, now, (), deadline)
            self._platform.disconnect(room.session_id, connection.id, deadline)

        connections = self._sessions.connections(room.session_id, deadline)
        for_each_concurrently(
            disconnect,
            [each for each in connections if each.participant.invitation_id in ended],
        )

    def _revoke(self, room: Room, invitation_id: str, deadline: Deadline) -> bool:
        found = self._store.revoke(invitation_id, room.room_id, self._clock(), deadline)
        if found:
            audit_room(AuditAction.INVITATION_REVOKED, room, invitation=invitation_id)
        return found

    def _stop_waiting(
        self, room: Room, ended: Collection[str], own: str, deadline: Deadline
    ) -> None:
        """Remove who waits. A guest who begins to at this moment is refused at their admission."""
        users = self._waiting.waiting(room, deadline).users.values()
        gone = [each for each in users if each.id == own or each.invitation_id in ended]
        if gone:
            self._waiting.remove(room, gone, deadline)
            self._signals.send_due(room, deadline)
