from http import HTTPStatus
from typing import Final

from chalicelib import errors
from chalicelib.api.http.decoding import GuestContext, RequestContext
from chalicelib.api.http.operations import (
    ADMISSION_ERRORS,
    BY_CODE,
    FOR_MODERATORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
    WAITING_ERRORS,
)
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.invitation_requests import (
    GuestTokenBody,
    InvitationAnswer,
    InvitationBody,
    InvitationList,
    NewInvitationAnswer,
)
from chalicelib.api.rooms.responses import TokenAnswer
from chalicelib.api.rooms.waiting_routes import WaitingAnswer, must_wait
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest

CALL_PAGE: Final = "/call"
_GUEST_ERRORS: Final = tuple(
    each for each in ADMISSION_ERRORS if each not in {errors.NotAMember, errors.RoleNotAllowed}
)
"""The errors of a join, without those that an invitation rules out."""

routes = Routes(tag="invitations")


@routes.post(
    "/rooms/{room}/invitations",
    FOR_MODERATORS,
    summary="Invite guests to a room",
    description=(
        "Returns a code, once. Whoever has the code may join the room without a bearer token, "
        "until the invitation ends: with the room, at `expiresAt`, by its uses, or by a moderator. "
        "Without `role`, guests get the room's `defaultRole`. `expiresAt` is in 7 days by default, "
        "and in 90 days at most. Without `maxUses`, any number of guests may come; of guests who "
        "moderate, 10 at most."
    ),
    body=InvitationBody,
    returns={HTTPStatus.CREATED: NewInvitationAnswer},
    raises=(
        *MODERATOR_ERRORS,
        errors.FeatureDisabled,
        errors.RoomClosed,
        errors.RoleNotAllowed,
        errors.TooManyInvitations,
        errors.QuotaExceeded,
    ),
)
def invite(context: RequestContext, room: str) -> Response:
    request = context.body(InvitationBody).request()
    use_case = context.use_cases.invite_guests
    invitation, code = use_case.invite(context.user, room, request, context.deadline)
    address = context.api_address()
    url = use_case.rule.url_of(code, None if address is None else f"{address}{CALL_PAGE}")
    return Response(HTTPStatus.CREATED, NewInvitationAnswer.of_new(invitation, code, url))


@routes.get(
    "/rooms/{room}/invitations",
    FOR_MODERATORS,
    summary="List the invitations of a room",
    description="Returns invitations that have not ended, oldest first, and used-up ones too.",
    returns={HTTPStatus.OK: InvitationList},
    raises=MODERATOR_ERRORS,
)
def list_invitations(context: RequestContext, room: str) -> Response:
    every = context.use_cases.invite_guests.invitations(context.user, room, context.deadline)
    return Response(HTTPStatus.OK, InvitationList([InvitationAnswer.of(each) for each in every]))


@routes.delete(
    "/rooms/{room}/invitations/{invitation_id}",
    FOR_MODERATORS,
    summary="Revoke an invitation, and disconnect who came by it",
    description=(
        "Invitations that its guests made end too. Revoking the same one again disconnects its "
        "guests again."
    ),
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(
        *MODERATOR_ERRORS,
        errors.InvitationNotFound,
        errors.RoleNotAllowed,
        *PROVIDER_ERRORS,
    ),
)
def revoke_invitation(context: RequestContext, room: str, invitation_id: str) -> Response:
    use_case = context.use_cases.invite_guests
    use_case.revoke(context.user, room, invitation_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)


@routes.post(
    "/invitations/tokens",
    BY_CODE,
    summary="Create a client token for a guest",
    description=(
        "Needs no bearer token: the code is the proof. The guest's first token takes a use of the "
        "invitation, together with a seat. The same `guestKey` is the same guest: a later request "
        "with it takes no further use and no further seat, so that it may be repeated. Every code "
        "that is wrong, revoked, expired or used up gets the same 404."
    ),
    body=GuestTokenBody,
    returns={HTTPStatus.CREATED: TokenAnswer, HTTPStatus.ACCEPTED: WaitingAnswer},
    raises=(
        errors.InvitationInvalid,
        errors.FeatureDisabled,
        *_GUEST_ERRORS,
        *WAITING_ERRORS,
        *PROVIDER_ERRORS,
    ),
)
def join_as_guest(context: GuestContext) -> Response:
    body = context.body(GuestTokenBody)
    request = GuestRequest(body.code, body.guest_key, body.name)

    def note_for_the_log(guest: User, room: Room) -> None:
        context.record.user, context.record.room = guest.id, room.name

    use_case = context.use_cases.join_by_invitation
    try:
        joined = use_case.join(request, note_for_the_log, context.deadline)
    except errors.MustWait as wait:
        return must_wait(wait)
    return Response(HTTPStatus.CREATED, TokenAnswer.of(joined))
