"""The proof of a guest: the code of their invitation, and the guest's own key."""

from chalicelib.api.http.operations import GUEST_SCHEME
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest


def guest_request(proof: str | None) -> GuestRequest | None:
    """Return the code and the key in a guest's Authorization header, or None if it is no such one.

    The header is `Guest CODE.KEY`.
    """
    scheme, _, secrets = (proof or "").partition(" ")
    if scheme.lower() != GUEST_SCHEME:
        return None
    code, _, guest_key = secrets.strip().rpartition(".")
    return GuestRequest(code, guest_key)
