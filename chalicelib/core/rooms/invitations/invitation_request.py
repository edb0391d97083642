"""The request of an invitation, and the limits of its end and its uses."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.model.invitation import (
    DEFAULT_LIFETIME,
    LONGEST_LIFETIME,
    MAX_USES_OF_MODERATOR_INVITATION,
)
from chalicelib.core.model.user import Role, User
from chalicelib.core.support.formats import rfc3339
from chalicelib.errors import FieldProblem, InvalidField


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


def end_of(request: InvitationRequest, user: User, now: datetime) -> datetime:
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


def uses_of(request: InvitationRequest, role: Role) -> int | None:
    """Return the number of guests who may come. Moderators are few, even by a leaked link.

    Raises:
        InvalidField: The number is too high for the role.
    """
    if role is not Role.MODERATOR:
        return request.max_uses
    uses = request.max_uses or MAX_USES_OF_MODERATOR_INVITATION
    if uses > MAX_USES_OF_MODERATOR_INVITATION:
        reason = f"must be at most {MAX_USES_OF_MODERATOR_INVITATION} for the role moderator"
        raise InvalidField(FieldProblem("maxUses", reason))
    return uses
