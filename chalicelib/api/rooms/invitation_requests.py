"""Requests and answers about invitations."""

from typing import Annotated, Self

from msgspec import Meta, Struct

from chalicelib.api.rooms.requests import DisplayName, Moment, utc
from chalicelib.api.rooms.responses import Time
from chalicelib.core.model.invitation import MAX_USES, Invitation
from chalicelib.core.model.user import Role
from chalicelib.core.rooms.invitations.invitation_request import InvitationRequest
from chalicelib.core.support.formats import rfc3339

GuestKey = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22,128}(?![\s\S])")]


class InvitationBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The options of an invitation. Each one is optional."""

    role: Role | None = None
    name: DisplayName | None = None
    max_uses: Annotated[int, Meta(ge=1, le=MAX_USES)] | None = None
    expires_at: Moment | None = None
    skips_waiting_room: bool = False

    def request(self) -> InvitationRequest:
        """Return the request.

        Raises:
            InvalidField: `expiresAt` is not in the years 1 to 9999 in UTC.
        """
        return InvitationRequest(
            self.role,
            self.name,
            self.max_uses,
            None if self.expires_at is None else utc("expiresAt", self.expires_at),
            self.skips_waiting_room,
        )


class GuestTokenBody(Struct, forbid_unknown_fields=True, rename="camel"):
    """The code of an invitation, a random key that the guest's device keeps, and a name."""

    code: str
    guest_key: GuestKey
    name: DisplayName | None = None


class InvitationAnswer(Struct, rename="camel"):
    """An invitation, without its code."""

    id: str
    role: Role
    name: str | None
    max_uses: int | None
    uses: int
    skips_waiting_room: bool
    expires_at: Time
    created_at: Time
    created_by: str

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        return cls(
            id=invitation.id,
            role=invitation.role,
            name=invitation.name,
            max_uses=invitation.max_uses,
            uses=invitation.uses,
            skips_waiting_room=invitation.skips_waiting_room,
            expires_at=rfc3339(invitation.expires_at),
            created_at=rfc3339(invitation.created_at),
            created_by=invitation.created_by,
        )


class NewInvitationAnswer(Struct, rename="camel"):
    """A new invitation with its code, which nobody can read again.

    `url` opens the call page, or the app, with the code in its fragment. It is null if no address
    is known.
    """

    id: str
    code: str
    url: str | None
    role: Role
    name: str | None
    max_uses: int | None
    uses: int
    skips_waiting_room: bool
    expires_at: Time
    created_at: Time
    created_by: str

    @classmethod
    def of_new(cls, invitation: Invitation, code: str, url: str | None) -> Self:
        listed = InvitationAnswer.of(invitation)
        known = {name: getattr(listed, name) for name in listed.__struct_fields__}
        return cls(code=code, url=url, **known)


class InvitationList(Struct):
    """The invitations of a room that have not ended."""

    items: list[InvitationAnswer]
