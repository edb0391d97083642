"""The waiting room: the answer to who waits, and the routes of moderators."""

from http import HTTPStatus
from typing import Final, Self

from msgspec import Struct

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.operations import FOR_MODERATORS, MODERATOR_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.responses import Time
from chalicelib.core.model.waiting import WaitingUser
from chalicelib.core.support.formats import rfc3339

_HOURS_ERRORS: Final = (errors.RoomClosed, errors.RoomNotOpen, errors.RoomLocked)
"""The errors of a room that nobody new can enter now."""

routes = Routes(tag="waiting room")


class WaitingPlace(Struct):
    """A place in the waiting room. `ahead` users have waited for longer."""

    id: str
    since: Time
    ahead: int


class WaitingAnswer(Struct):
    """The answer to a user whom a moderator must approve first."""

    waiting: WaitingPlace

    @classmethod
    def of(cls, wait: errors.MustWait) -> Self:
        return cls(WaitingPlace(wait.waiting_id, rfc3339(wait.since), wait.ahead))


class WaitingUserAnswer(Struct, rename="camel"):
    """A user who waits. The name of a guest is what they typed; another name is verified."""

    id: str
    user_id: str
    name: str | None
    guest: bool
    since: Time

    @classmethod
    def of(cls, user: WaitingUser) -> Self:
        return cls(user.id, user.user_id, user.name, user.is_guest, rfc3339(user.since))


class WaitingUserList(Struct):
    """The users who wait, first come first."""

    items: list[WaitingUserAnswer]


class AdmissionsAnswer(Struct):
    """The ids of those who were approved, and the number of those who still wait."""

    admitted: list[str]
    waiting: int


def must_wait(wait: errors.MustWait) -> Response:
    """Return the answer to a user who waits, with the time after which to ask again."""
    headers = {"Retry-After": str(wait.retry_after)}
    return Response(HTTPStatus.ACCEPTED, WaitingAnswer.of(wait), headers)


@routes.get(
    "/rooms/{room}/waiting",
    FOR_MODERATORS,
    summary="List the users who wait to be approved, first come first",
    returns={HTTPStatus.OK: WaitingUserList},
    raises=MODERATOR_ERRORS,
)
def list_waiting(context: RequestContext, room: str) -> Response:
    waiting = context.use_cases.moderate_waiting.waiting(context.user, room, context.deadline)
    return Response(
        HTTPStatus.OK, WaitingUserList([WaitingUserAnswer.of(each) for each in waiting])
    )


@routes.post(
    "/rooms/{room}/waiting/{waiting_id}/admission",
    FOR_MODERATORS,
    summary="Approve a waiting user, and keep a seat for them",
    description=(
        "The user gets a client token when they ask again. In a room with a limit, their seat is "
        "kept for 120 s. If there is none, they still wait. In a locked room, or before it opens, "
        "nobody is approved."
    ),
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.WaitingUserNotFound, *_HOURS_ERRORS, errors.RoomFull),
)
def approve(context: RequestContext, room: str, waiting_id: str) -> Response:
    moderate = context.use_cases.moderate_waiting
    moderate.approve(context.user, room, waiting_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)


@routes.post(
    "/rooms/{room}/waiting/admissions",
    FOR_MODERATORS,
    summary="Approve as many waiting users as there are seats, first come first",
    description="If `waiting` is more than 0, either the room is full or the time was up.",
    returns={HTTPStatus.OK: AdmissionsAnswer},
    raises=(*MODERATOR_ERRORS, *_HOURS_ERRORS),
)
def approve_all(context: RequestContext, room: str) -> Response:
    moderate = context.use_cases.moderate_waiting
    admitted, waiting = moderate.approve_all(context.user, room, context.deadline)
    return Response(HTTPStatus.OK, AdmissionsAnswer([each.id for each in admitted], waiting))


@routes.delete(
    "/rooms/{room}/waiting/{waiting_id}",
    FOR_MODERATORS,
    summary="Turn a waiting user away for 10 minutes",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.WaitingUserNotFound),
)
def turn_away(context: RequestContext, room: str, waiting_id: str) -> Response:
    moderate = context.use_cases.moderate_waiting
    moderate.turn_away(context.user, room, waiting_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)
