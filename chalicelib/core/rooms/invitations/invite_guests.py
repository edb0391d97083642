"""Invitations to a room: moderators make, list and revoke them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.invitation import (
    DEFAULT_LIFETIME,
    LONGEST_LIFETIME,
    MAX_LISTED_INVITATIONS,
    MAX_LIVE_INVITATIONS,
    MAX_USES_BY_MODERATORS,
    Invitation,
    hash_code,
    invitation_id_of,
)
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.invitation_store import (
    InvitationStore,
    RoomInvitations,
    StaleInvitations,
)
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomAccess, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.quotas import InvitationQuota
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, rfc3339
from chalicelib.errors import (
    FieldProblem,
    InvalidField,
    InvitationNotFound,
    RoleNotAllowed,
    RoomClosed,
    TooManyInvitations,
)

_ID: Final = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class InvitationRequest:
    """The options of a new invitation. See `Invitation`.

    Args:
        role: The guests' role; None for the room's default.
        expires_at: The end; None for 7 days from now.
    """

    role: Role | None = None
    name: str | None = None
    max_uses: int | None = None
    expires_at: datetime | None = None
    skips_waiting_room: bool = False


class InviteGuests:
    """Makes, lists and revokes the invitations of a room.

    Args:
        new_code: Returns a new code, with at least 120 random bits.
    """

    def __init__(
        self,
        *,
        store: InvitationStore,
        sessions: SessionStore,
        rooms: RoomAccess,
        platform: ConnectionControl,
        rule: InvitationRule,
        quota: InvitationQuota,
        clock: Clock,
        new_code: Callable[[], str],
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._rooms = rooms
        self._platform = platform
        self.rule = rule
        self._quota = quota
        self._clock = clock
        self._new_code = new_code

    def invite(
        self, user: User, name: str, request: InvitationRequest, deadline: Deadline
    ) -> tuple[Invitation, str]:
        """Make an invitation, and return it with its code, which nobody can read again.

        Raises:
            FeatureDisabled: The operator has switched invitations off.
            RoomClosed: The room was deleted.
            RoleNotAllowed: A guest would invite a moderator, whose invitation could outlive theirs.
            InvalidField: The invitation would end in the past or too late, or has too many uses.
            QuotaExceeded: The user has made too many invitations in this hour.
            TooManyInvitations: The room has the maximum of live invitations.
        """
        self.rule.check()
        room = self._rooms.moderated_room(user, name, "invite guests", deadline)
        if room.closed_at is not None:
            raise RoomClosed("This room was deleted, so nobody can be invited to it.")
        role = request.role or room.settings.default_role
        if user.is_guest and role is Role.MODERATOR:
            raise RoleNotAllowed("Only a signed-in moderator may invite another moderator.")
        now = self._clock()
        end = _end(request, user, now)
        code = self._new_code()
        code_hash = hash_code(code)
        invitation = Invitation(
            id=invitation_id_of(code_hash),
            code_hash=code_hash,
            room_name=room.name,
            room_id=room.room_id,
            role=role,
            name=request.name,
            max_uses=_uses(request, role),
            skips_waiting_room=request.skips_waiting_room,
            created_at=now,
            created_by=user.id,
            expires_at=end,
        )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            listed = self._store.of_room(room.room_id, deadline)
            dropped = _dropped(listed, now)
            if attempt == 1:
                self._quota.count(user, deadline)
            try:
                self._store.put_new(invitation, listed, dropped, deadline)
            except StaleInvitations:
                deadline.back_off(attempt)
            else:
                return invitation, code
        raise busy(f"room {room.name}")

    def invitations(self, user: User, name: str, deadline: Deadline) -> list[Invitation]:
        """Return the invitations that have not ended, used-up ones too, oldest first."""
        room = self._rooms.moderated_room(user, name, "see its invitations", deadline)
        if room.closed_at is not None:
            return []
        now = self._clock()
        every = self._store.of_room(room.room_id, deadline).invitations
        current = [each for each in every if not each.has_ended(now)]
        return sorted(current, key=lambda each: (each.created_at, each.id))

    def revoke(self, user: User, name: str, invitation_id: str, deadline: Deadline) -> None:
        """End an invitation, and disconnect who came by it. A repeated call does so again.

        Raises:
            InvitationNotFound: The room has no such invitation.
            RoleNotAllowed: A guest would send other moderators away, and keep them away.
            ProviderUnavailable: The invitation has ended, but OpenTok did not disconnect a guest.
        """
        room = self._rooms.moderated_room(user, name, "revoke its invitations", deadline)
        if user.is_guest:
            self._check_revocable(room, invitation_id, deadline)
        # The end is written before connections are read. A connection is written before the
        # invitation is read. So either this call sees the guest, or the guest's arrival the end.
        if not _ID.fullmatch(invitation_id) or not self._store.revoke(
            invitation_id, room.room_id, self._clock(), deadline
        ):
            raise InvitationNotFound("This room has no such invitation.")
        self._disconnect_guests(room, invitation_id, deadline)

    def _check_revocable(self, room: Room, invitation_id: str, deadline: Deadline) -> None:
        every = self._store.of_room(room.room_id, deadline).invitations
        if any(each.id == invitation_id and each.role is Role.MODERATOR for each in every):
            raise RoleNotAllowed("Only a signed-in moderator may revoke a moderator's invitation.")

    def _disconnect_guests(self, room: Room, invitation_id: str, deadline: Deadline) -> None:
        def disconnect(connection: Connection) -> None:
            self._platform.disconnect(room.session_id, connection.id, deadline)

        connections = self._sessions.connections(room.session_id, deadline)
        for_each_concurrently(
            disconnect,
            [each for each in connections if each.participant.invitation_id == invitation_id],
        )


def _end(request: InvitationRequest, user: User, now: datetime) -> datetime:
    """Return the end of a new invitation. That of a guest ends with their own at the latest.

    Raises:
        InvalidField: The end is in the past, or too late.
    """
    end = request.expires_at
    if end is None:
        usual = now + DEFAULT_LIFETIME
        return min(usual, user.claims_end) if user.is_guest else usual
    if end <= now:
        raise InvalidField(FieldProblem("expiresAt", "must be in the future"))
    if end > now + LONGEST_LIFETIME:
        reason = f"must be at most {LONGEST_LIFETIME.days} days from now"
        raise InvalidField(FieldProblem("expiresAt", reason))
    if user.is_guest and end > user.claims_end:
        reason = f"must be at most {rfc3339(user.claims_end)}, when your own invitation ends"
        raise InvalidField(FieldProblem("expiresAt", reason))
    return end


def _uses(request: InvitationRequest, role: Role) -> int | None:
    """Return the number of guests who may come. Moderators are few, even by a leaked link.

    Raises:
        InvalidField: The number is too high for the role.
    """
    if role is not Role.MODERATOR:
        return request.max_uses
    uses = request.max_uses or MAX_USES_BY_MODERATORS
    if uses > MAX_USES_BY_MODERATORS:
        reason = f"must be at most {MAX_USES_BY_MODERATORS} for the role moderator"
        raise InvalidField(FieldProblem("maxUses", reason))
    return uses


def _dropped(listed: RoomInvitations, now: datetime) -> set[str]:
    """Return the invitations that make way for a new one: ended ones, and the oldest used-up ones.

    Raises:
        TooManyInvitations: The room has the maximum of live invitations.
    """
    current = [each for each in listed.invitations if not each.has_ended(now)]
    used_up = [each for each in current if each.is_used_up]
    used_up.sort(key=lambda each: each.created_at)
    if len(current) - len(used_up) >= MAX_LIVE_INVITATIONS:
        raise TooManyInvitations(
            f"A room may have {MAX_LIVE_INVITATIONS} live invitations; revoke one first."
        )
    surplus = max(0, len(current) + 1 - MAX_LISTED_INVITATIONS)
    kept = {each.id for each in current} - {each.id for each in used_up[:surplus]}
    return {each.id for each in listed.invitations} - kept
