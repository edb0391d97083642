"""Responses: JSON bodies, and errors as RFC 9457 problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from chalicelib import errors
from chalicelib.errors import FieldProblem

STATUS: Final = {
    errors.MalformedJson: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.RoleNotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotAModerator: HTTPStatus.FORBIDDEN,
    errors.NotInRoom: HTTPStatus.FORBIDDEN,
    errors.NotAnAdmin: HTTPStatus.FORBIDDEN,
    errors.NotAMember: HTTPStatus.FORBIDDEN,
    errors.Banned: HTTPStatus.FORBIDDEN,
    errors.TurnedAway: HTTPStatus.FORBIDDEN,
    errors.FeatureDisabled: HTTPStatus.FORBIDDEN,
    errors.RoomNotFound: HTTPStatus.NOT_FOUND,
    errors.AttendanceNotKept: HTTPStatus.NOT_FOUND,
    errors.NoSuchRoute: HTTPStatus.NOT_FOUND,
    errors.ConnectionNotFound: HTTPStatus.NOT_FOUND,
    errors.StreamNotFound: HTTPStatus.NOT_FOUND,
    errors.BanNotFound: HTTPStatus.NOT_FOUND,
    errors.InvitationNotFound: HTTPStatus.NOT_FOUND,
    errors.InvitationInvalid: HTTPStatus.NOT_FOUND,
    errors.WaitingUserNotFound: HTTPStatus.NOT_FOUND,
    errors.ArchiveNotFound: HTTPStatus.NOT_FOUND,
    errors.BroadcastNotFound: HTTPStatus.NOT_FOUND,
    errors.CaptionsNotFound: HTTPStatus.NOT_FOUND,
    errors.RenderNotFound: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.RoomExists: HTTPStatus.CONFLICT,
    errors.Immutable: HTTPStatus.CONFLICT,
    errors.RoomFull: HTTPStatus.CONFLICT,
    errors.RoomLocked: HTTPStatus.CONFLICT,
    errors.MustWait: HTTPStatus.CONFLICT,
    errors.WaitingRoomFull: HTTPStatus.CONFLICT,
    errors.NobodyConnected: HTTPStatus.CONFLICT,
    errors.NotRouted: HTTPStatus.CONFLICT,
    errors.EncryptedRoom: HTTPStatus.CONFLICT,
    errors.AlreadyRecording: HTTPStatus.CONFLICT,
    errors.ArchiveNotRunning: HTTPStatus.CONFLICT,
    errors.ArchiveNotReady: HTTPStatus.CONFLICT,
    errors.ArchiveFailed: HTTPStatus.CONFLICT,
    errors.ArchiveExpired: HTTPStatus.GONE,
    errors.StreamsNotManual: HTTPStatus.CONFLICT,
    errors.AlreadyBroadcasting: HTTPStatus.CONFLICT,
    errors.AlreadyCaptioning: HTTPStatus.CONFLICT,
    errors.BroadcastNotRunning: HTTPStatus.CONFLICT,
    errors.CaptionsNotRunning: HTTPStatus.CONFLICT,
    errors.TooManyConnected: HTTPStatus.CONFLICT,
    errors.TooManyBans: HTTPStatus.CONFLICT,
    errors.TooManyInvitations: HTTPStatus.CONFLICT,
    errors.RoomNotOpen: HTTPStatus.CONFLICT,
    errors.RoomClosed: HTTPStatus.CONFLICT,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.SignalTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    errors.InvalidField: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Internal: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ProviderRefused: HTTPStatus.BAD_GATEWAY,
    errors.ProviderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StartUnconfirmed: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.IdentityUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SessionUnknown: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CallbackUnsigned: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotConfigured: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Text:
    """A content that is sent as it is."""

    text: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Response:
    """A response before the router encodes it.

    Args:
        status: The HTTP status.
        content: The content, which becomes the JSON body unless it is a `Text`. None stands for an
            empty body.
        headers: Headers besides those of every response.
    """

    status: HTTPStatus
    content: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(Struct, rename="camel"):
    """An error, as RFC 9457 defines it. Programs should look at `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | UnsetType = UNSET
    opens_at: str | UnsetType = UNSET
    max_participants: int | UnsetType = UNSET
    hold_lapses_at: str | UnsetType | None = UNSET
    quota: str | UnsetType = UNSET
    limit: int | UnsetType = UNSET
    archive_id: str | UnsetType = UNSET
    broadcast_id: str | UnsetType = UNSET
    captions_id: str | UnsetType = UNSET
    feature: str | UnsetType = UNSET
    allowed_to: str | UnsetType = UNSET
    setting: str | UnsetType = UNSET


_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}
"""The names that RFC 9110 gives. Python's own are older before 3.13."""


def title_of(status: HTTPStatus) -> str:
    """Return the title of a problem with this status, the same whatever Python runs."""
    return _TITLES.get(status, status.phrase)


def problem_response(error: errors.RoomkeyError, request_id: str) -> Response:
    """Return the error as a problem."""
    status = STATUS[type(error)]
    problem = Problem(
        type="about:blank",
        title=title_of(status),
        status=status.value,
        detail=error.detail,
        code=error.code,
        request_id=request_id,
        errors=list(error.fields) or UNSET,
    )
    headers = {"Content-Type": "application/problem+json"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(status, msgspec.to_builtins(problem) | error.extensions, headers)
