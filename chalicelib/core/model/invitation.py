"""Invitations to a room, and the guests who come by them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.user import GUEST_PREFIX, Invited, Role, User

MAX_LIVE_INVITATIONS: Final = 100
"""The number of invitations to one room by which new guests may come."""
MAX_LISTED_INVITATIONS: Final = 200
"""The number of invitations to one room in its list, among them used-up ones."""
MAX_USES: Final = 1000
MAX_USES_OF_MODERATOR_INVITATION: Final = 10
"""The largest number of uses of an invitation of role moderator, and its default."""
DEFAULT_LIFETIME: Final = timedelta(days=7)
LONGEST_LIFETIME: Final = timedelta(days=90)
_ID_DIGITS: Final = 24
_GUEST_DIGITS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation to one room, for people without an account.

    Args:
        id: The beginning of `code_hash`. It names the invitation, and opens nothing.
        code_hash: The hash of the code. The code itself is not stored.
        room_id: The room, even if another room gets its name.
        role: The role that its guests get.
        name: The name of a guest who gives none.
        max_uses: The number of guests who may come by it; None for no limit.
        uses: The number of guests who have come by it.
        skips_waiting_room: True if its guests need not wait until a moderator admits them.
        created_by: The user id of the moderator who made it.
        made_by: The invitation by which this moderator came; None if they are signed in.
        revoked_at: The time at which a moderator ended it, if one did.
    """

    id: str
    code_hash: str
    room_name: str
    room_id: str
    role: Role
    created_at: datetime
    created_by: str
    expires_at: datetime
    name: str | None = None
    max_uses: int | None = None
    uses: int = 0
    skips_waiting_room: bool = False
    revoked_at: datetime | None = None
    made_by: str | None = None

    @property
    def is_used_up(self) -> bool:
        return self.max_uses is not None and self.uses >= self.max_uses

    @property
    def uses_left(self) -> int | None:
        """The number of guests who may still come for the first time; None for no limit."""
        return None if self.max_uses is None else self.max_uses - self.uses

    def has_ended(self, now: datetime) -> bool:
        """Return True if nobody may come by it any more, not even who came before."""
        return self.revoked_at is not None or now >= self.expires_at


@dataclass(frozen=True, slots=True)
class InvitationUse:
    """A guest's first coming, which takes one use of the invitation.

    Args:
        key_hash: The hash of the guest's key, which later tells this guest from others.
    """

    invitation: Invitation
    key_hash: str


def hash_code(code: str) -> str:
    """Return the hash of an invitation's code: 64 hexadecimal digits."""
    return _hash("invitation", code)


def hash_key(guest_key: str) -> str:
    """Return the hash of a guest's key: 64 hexadecimal digits."""
    return _hash("guest key", guest_key)


def invitation_id_of(code_hash: str) -> str:
    return code_hash[:_ID_DIGITS]


def guest_of(invitation: Invitation, guest_key: str) -> User:
    """Return the guest with this key. In rooms of one name, the same key is always the same user.

    So a ban, which stays with the name, holds for the key. The id differs from name to name, so
    that nobody can follow a guest by it.
    """
    digits = _hash(f"guest of {invitation.room_name.lower()}", guest_key)[:_GUEST_DIGITS]
    return User(
        f"{GUEST_PREFIX}{digits}",
        claims_end=invitation.expires_at,
        invited=Invited(invitation.id, invitation.room_id, invitation.role),
    )


def _hash(of: str, secret: str) -> str:
    # JSON may hold half a character, which is no part of any code.
    return hashlib.sha256(f"{of}\n{secret}".encode(errors="replace")).hexdigest()
