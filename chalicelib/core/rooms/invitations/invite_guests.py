"""Invitations to a room: moderators make, list and revoke them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.model.audit import audit_room
from chalicelib.core.model.connection import Connection
from chalicelib.core.model.invitation import (
    DEFAULT_LIFETIME,
    LONGEST_LIFETIME,
    MAX_LISTED_INVITATIONS,
    MAX_LIVE_INVITATIONS,
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
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import (
    FeatureDisabled,
    FieldProblem,
    InvalidField,
    InvitationNotFound,
    RoomClosed,
    TooManyInvitations,
)

CODE_PLACE: Final = "{code}"
"""The part of an address that stands for an invitation's code."""
_ID: Final = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class InvitationRule:
    """The operator's choices about invitations.

    Args:
        enabled: True if moderators may invite, and guests may come.
        url: The address that a guest opens, with `{code}` in its fragment; None for the call page.
    """

    enabled: bool = True
    url: str | None = None

    def check(self) -> None:
        """Check that invitations are on.

        Raises:
            FeatureDisabled: The operator has switched them off.
        """
        if not self.enabled:
            raise FeatureDisabled(
                "Invitations are off. The operator's setting INVITATIONS decides it.",
                extensions={
                    "feature": "invitations",
                    "allowedTo": "off",
                    "setting": "INVITATIONS",
                },
            )

    def url_of(self, code: str, call_page: str | None) -> str | None:
        """Return the address that opens the room for a guest.

        Args:
            code: The invitation's code.
            call_page: The address of the service's own call page, if it is known.
        """
        url = self.url
        if url is None and call_page is not None:
            url = f"{call_page}#invitation={CODE_PLACE}"
        return None if url is None else url.replace(CODE_PLACE, code)


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
        clock: Clock,
        new_code: Callable[[], str],
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._rooms = rooms
        self._platform = platform
        self.rule = rule
        self._clock = clock
        self._new_code = new_code

    def invite(
        self, user: User, name: str, request: InvitationRequest, deadline: Deadline
    ) -> tuple[Invitation, str]:
        """Make an invitation, and return it with its code, which nobody can read again.

        Raises:
            FeatureDisabled: The operator has switched invitations off.
            RoomClosed: The room was deleted.
            InvalidField: The invitation would end in the past, or too late.
            TooManyInvitations: The room has the maximum of live invitations.
        """
        self.rule.check()
        room = self._rooms.moderated_room(user, name, "invite guests", deadline)
        if room.closed_at is not None:
            raise RoomClosed("This room was deleted, so nobody can be invited to it.")
        now = self._clock()
        code = self._new_code()
        code_hash = hash_code(code)
        invitation = Invitation(
            id=invitation_id_of(code_hash),
            code_hash=code_hash,
            room_name=room.name,
            room_id=room.room_id,
            role=request.role or room.settings.default_role,
            name=request.name,
            max_uses=request.max_uses,
            skips_waiting_room=request.skips_waiting_room,
            created_at=now,
            created_by=user.id,
            expires_at=_end(request, now),
        )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            listed = self._store.of_room(room.room_id, deadline)
            try:
                self._store.put_new(invitation, listed, _dropped(listed, now), deadline)
            except StaleInvitations:
                deadline.back_off(attempt)
            else:
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
        """End an invitation, and disconnect who came by it. A repeated call does so again.

        Raises:
            InvitationNotFound: The room has no such invitation.
            ProviderUnavailable: The invitation has ended, but OpenTok did not disconnect a guest.
        """
        room = self._rooms.moderated_room(user, name, "revoke its invitations", deadline)
        # The end is written before connections are read. A connection is written before the
        # invitation is read. So either this call sees the guest, or the guest's arrival the end.
        if not _ID.fullmatch(invitation_id) or not self._store.revoke(
            invitation_id, room.room_id, self._clock(), deadline
        ):
            raise InvitationNotFound("This room has no such invitation.")
        audit_room(AuditAction.INVITATION_REVOKED, room, invitation=invitation_id)
        self._disconnect_guests(room, invitation_id, deadline)

    def _disconnect_guests(self, room: Room, invitation_id: str, deadline: Deadline) -> None:
        def disconnect(connection: Connection) -> None:
            self._platform.disconnect(room.session_id, connection.id, deadline)

        connections = self._sessions.connections(room.session_id, deadline)
        for_each_concurrently(
            disconnect,
            [each for each in connections if each.participant.invitation_id == invitation_id],
        )


def _end(request: InvitationRequest, now: datetime) -> datetime:
    """Return the end of a new invitation.

    Raises:
        InvalidField: The end is in the past, or too late.
    """
    end = request.expires_at
    if end is None:
        return now + DEFAULT_LIFETIME
    if end <= now:
        raise InvalidField(FieldProblem("expiresAt", "must be in the future"))
    if end > now + LONGEST_LIFETIME:
        reason = f"must be at most {LONGEST_LIFETIME.days} days from now"
        raise InvalidField(FieldProblem("expiresAt", reason))
    return end


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
