"""Examples of invitations and guests."""

from typing import Final

from msgspec import Struct

from chalicelib.api.rooms.invitation_requests import (
    GuestTokenBody,
    InvitationAnswer,
    InvitationBody,
    InvitationList,
    NewInvitationAnswer,
)
from chalicelib.core.model.user import Role

_ID: Final = "5f0c1d2e3a4b5c6d7e8f9a0b"
_CODE: Final = "Zk3xQ0r8bXn2LwT5yUe7cVh1sJ4"
_MADE: Final = "2026-01-31T12:00:00Z"
_END: Final = "2026-02-07T12:00:00Z"
_INVITATION: Final = InvitationAnswer(
    id=_ID,
    role=Role.PUBLISHER,
    name=None,
    max_uses=1,
    uses=0,
    skips_waiting_room=False,
    expires_at=_END,
    created_at=_MADE,
    created_by="alice",
)

INVITATION_EXAMPLES: Final[tuple[Struct, ...]] = (
    InvitationBody(max_uses=1),
    NewInvitationAnswer(
        id=_ID,
        code=_CODE,
        url=f"https://api.example.com/api/call#invitation={_CODE}",
        role=Role.PUBLISHER,
        name=None,
        max_uses=1,
        uses=0,
        skips_waiting_room=False,
        expires_at=_END,
        created_at=_MADE,
        created_by="alice",
    ),
    _INVITATION,
    InvitationList(items=[_INVITATION]),
    GuestTokenBody(code=_CODE, guest_key="c2Vjb25kLXNldC1vZi1yYW5kb20", name="Ann"),
)
