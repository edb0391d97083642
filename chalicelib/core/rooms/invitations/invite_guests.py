"""Invitations to a room: moderators make, list and revoke them."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from chalicelib.core.audit.room_entries import audit_room
from chalicelib.core.model.invitation import (
    MAX_LISTED_INVITATIONS,
    MAX_LIVE_INVITATIONS,
    Invitation,
    hash_code,
    invitation_id_of,
)
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.invitation_store import (
    NO_KEY_HASH,
    InvitationEnded,
    InvitationStore,
    RoomInvitations,
    StaleInvitations,
)
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomAccess, busy
from chalicelib.core.rooms.invitations.end_invitations import EndInvitations
from chalicelib.core.rooms.invitations.invitation_request import InvitationRequest, end_of, uses_of
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.quotas import InvitationQuota
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import (
    Banned,
    InvitationNotFound,
    RoleNotAllowed,
    RoomClosed,
    TooManyInvitations,
    Unauthenticated,
)

_ID: Final = re.compile(r"[0-9a-f]{24}")


class InviteGuests:
    """Makes, lists and revokes the invitations of a room.

    Args:
        new_code: Returns a new code, with at least 120 random bits.
    """

    def __init__(
        self,
        *,
        store: InvitationStore,
        rooms: RoomAccess,
        end_invitations: EndInvitations,
        rule: InvitationRule,
        quota: InvitationQuota,
        clock: Clock,
        new_code: Callable[[], str],
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._end_invitations = end_invitations
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
            Unauthenticated: The invitation by which the user came is revoked meanwhile.
            Banned: The user, who is a guest, is banned meanwhile.
        """
        self.rule.check()
        room = self._rooms.moderated_room(user, name, "invite guests", deadline)
        if room.closed_at is not None:
            raise RoomClosed("This room was deleted, so nobody can be invited to it.")
        role = request.role or room.settings.default_role
        if user.is_guest and role is Role.MODERATOR:
            raise RoleNotAllowed("Only a signed-in moderator may invite another moderator.")
        now = self._clock()
        end = end_of(request, user, now)
        code = self._new_code()
        code_hash = hash_code(code)
        invitation = Invitation(
            id=invitation_id_of(code_hash),
            code_hash=code_hash,
            room_name=room.name,
            room_id=room.room_id,
            role=role,
            name=request.name,
            max_uses=uses_of(request, role),
            skips_waiting_room=request.skips_waiting_room,
            created_at=now,
            created_by=user.id,
            made_by=None if user.invited is None else user.invited.invitation_id,
            expires_at=end,
        )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            listed = self._store.of_room(room.room_id, deadline)
            dropped = _dropped(listed, now)
            if attempt == 1:
                self._quota.count(user, deadline)
            try:
                self._store.put_new(invitation, listed, dropped, deadline)
            except InvitationEnded:
                raise Unauthenticated("Your own invitation has ended.") from None
            except StaleInvitations:
                deadline.back_off(attempt)
            else:
                if user.is_guest:
                    self._check_not_banned(user, invitation, deadline)
                audit_room(
                    AuditAction.INVITATION,
                    room,
                    invitation=invitation.id,
                    role=invitation.role,
                    max_uses=invitation.max_uses,
                    expires_at=invitation.expires_at.isoformat(),
                )
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
        """End an invitation, and those that its guests made, and disconnect who came by them.

        Its guests wait no more either. A repeated call does so again.

        Raises:
            InvitationNotFound: The room has no such invitation.
            RoleNotAllowed: A guest would send other moderators away, and keep them away.
            ProviderUnavailable: The invitation has ended, but OpenTok did not disconnect a guest.
        """
        room = self._rooms.moderated_room(user, name, "revoke its invitations", deadline)
        if user.is_guest:
            self._check_revocable(room, invitation_id, deadline)
        ended = frozenset[str]()
        if _ID.fullmatch(invitation_id):
            ended = self._end_invitations.end(room, invitation_id, deadline)
        if not ended:
            raise InvitationNotFound("This room has no such invitation.")
        self._end_invitations.disconnect_guests(room, ended, deadline)

    def _check_not_banned(self, maker: User, invitation: Invitation, deadline: Deadline) -> None:
        """End the invitation again if its maker, a guest, was banned meanwhile.

        A ban is written before the list is read, which has the invitation now. So either the ban
        ends the invitation, or this call does.

        Raises:
            Banned: The guest was banned.
        """
        try:
            self._rooms.moderated_room(maker, invitation.room_name, "invite guests", deadline)
        except Banned:
            self._store.revoke(invitation.id, invitation.room_id, self._clock(), deadline)
            raise

    def _check_revocable(self, room: Room, invitation_id: str, deadline: Deadline) -> None:
        if not _ID.fullmatch(invitation_id):
            return
        found = self._store.look_up(invitation_id, NO_KEY_HASH, deadline).invitation
        is_here = found is not None and found.room_id == room.room_id
        if found is not None and is_here and found.role is Role.MODERATOR:
            raise RoleNotAllowed("Only a signed-in moderator may revoke a moderator's invitation.")


def _dropped(listed: RoomInvitations, now: datetime) -> set[str]:
    """Return the invitations that make way for a new one: ended ones, and the oldest used-up ones.

    Those of moderators, and those that guests made, stay while their guests may come back. So
    revoking the invitation of a guest finds what the guest made.

    Raises:
        TooManyInvitations: The room has the maximum of live invitations, or of those on the list.
    """
    current = [each for each in listed.invitations if not each.has_ended(now)]
    used_up = [each for each in current if each.is_used_up]
    used_up.sort(key=lambda each: each.created_at)
    if len(current) - len(used_up) >= MAX_LIVE_INVITATIONS:
        raise TooManyInvitations(
            f"A room may have {MAX_LIVE_INVITATIONS} live invitations; revoke one first."
        )
    surplus = max(0, len(current) + 1 - MAX_LISTED_INVITATIONS)
    droppable = [
        each for each in used_up if each.made_by is None and each.role is not Role.MODERATOR
    ]
    if surplus > len(droppable):
        raise TooManyInvitations(
            f"A room may list {MAX_LISTED_INVITATIONS} invitations; revoke one first."
        )
    kept = {each.id for each in current} - {each.id for each in droppable[:surplus]}
    return {each.id for each in listed.invitations} - kept
