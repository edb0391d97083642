"""The rules for connections, with what they need of the stores."""

from collections.abc import Sequence

from chalicelib.core.model.access_rules import (
    RejectionReason,
    connection_rejection,
    session_rejection,
)
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
    """Decides which connections may stay. A store is read only if a rule needs it."""

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
            by = connection.participant.invitation_id
            return decision is not None and decision.approves_by(by)

        return connection_rejection(
            session, room, connection, now, is_inside, was_approved=was_approved
        )

    def revocation(self, connection: Connection, deadline: Deadline) -> RejectionReason | None:
        """Return the reason to reject a guest whose invitation is revoked. Others cost no call."""
        invitation_id = connection.participant.invitation_id
        if invitation_id is None or not self._invitations.revoked([invitation_id], deadline):
            return None
        return RejectionReason.REVOKED

    def rejections(
        self,
        session: Session,
        room: Room | None,
        connected: Sequence[Connection],
        deadline: Deadline,
    ) -> list[tuple[Connection, RejectionReason]]:
        """Return those that must leave now, or that an earlier rejection left connected."""
        now = self._clock()
        invited = {each.participant.invitation_id for each in connected}
        revoked = self._revoked({each for each in invited if each is not None}, deadline)

        def rejection(connection: Connection) -> RejectionReason | None:
            before = RejectionReason.REFUSED if connection.refused else None
            if connection.participant.invitation_id in revoked:
                before = RejectionReason.REVOKED
            return session_rejection(session, room, connection, now) or before

        reasons = [(each, rejection(each)) for each in connected]
        found = [(each, reason) for each, reason in reasons if reason is not None]
        stay = [each for each, reason in reasons if reason is None]
        return found + self._maybe_revoked(room, stay, deadline)

    def _revoked(self, invitation_ids: set[str], deadline: Deadline) -> frozenset[str]:
        if not invitation_ids:
            return frozenset()
        return self._invitations.revoked(invitation_ids, deadline)

    def _maybe_revoked(
        self, room: Room | None, connected: Sequence[Connection], deadline: Deadline
    ) -> list[tuple[Connection, RejectionReason]]:
        """Return unknown clients that may be guests of a revoked invitation.

        Their callback is lost, and OpenTok's list does not say who they are.
        """
        unknown = [each for each in connected if each.participant.is_unknown]
        if room is None or not unknown:
            return []
        until = self._invitations.revoked_until(room.room_id, deadline)
        if until is None:
            return []
        return [(each, RejectionReason.UNKNOWN) for each in unknown if each.since < until]
