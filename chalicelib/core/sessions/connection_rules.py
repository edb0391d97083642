"""The rules for a new connection, with what they need of the stores."""

from chalicelib.core.model.access_rules import RejectionReason, connection_rejection
from chalicelib.core.model.connection import Connection, Session
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import GRACE
from chalicelib.core.model.waiting import waiting_id
from chalicelib.core.ports.invitation_store import InvitationStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.waiting_store import WaitingStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock


class ConnectionRules:
    """Decides about new connections. A store is read only if a rule needs it."""

    def __init__(
        self,
        sessions: SessionStore,
        invitations: InvitationStore,
        waiting: WaitingStore,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._invitations = invitations
        self._waiting = waiting
        self._clock = clock

    def rejection(
        self, session: Session, room: Room | None, connection: Connection, deadline: Deadline
    ) -> RejectionReason | None:
        """Return the reason to reject the connection, without those of seats and invitations."""
        now, user_id = self._clock(), connection.participant.user_id or ""

        def is_inside(current: Room) -> bool:
            if current.settings.max_participants is not None:
                return current.seats.is_kept(user_id, now)
            return self._sessions.was_connected(session.id, user_id, now - GRACE, deadline)

        def was_approved(current: Room) -> bool:
            own = waiting_id(current.session_id, user_id)
            decision = self._waiting.decision(current, own, deadline)
            return decision is not None and decision.approves

        return connection_rejection(
            session, room, connection, now, is_inside, was_approved=was_approved
        )

    def revocation(self, connection: Connection, deadline: Deadline) -> RejectionReason | None:
        """Return the reason to reject a guest whose invitation is revoked. Others cost no call."""
        invitation_id = connection.participant.invitation_id
        if invitation_id is None or not self._invitations.revoked([invitation_id], deadline):
            return None
        return RejectionReason.REVOKED
