"""Errors as callers see them: RFC 9457 problems."""

from http import HTTPStatus
from typing import Final

from msgspec import UNSET, Struct, UnsetType, to_builtins

from chalicelib import errors
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.errors import FieldProblem

STATUS: Final = {
    errors.MalformedJson: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.RoleNotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotAModerator: HTTPStatus.FORBIDDEN,
    errors.NotAMember: HTTPStatus.FORBIDDEN,
    errors.Banned: HTTPStatus.FORBIDDEN,
    errors.RoomNotFound: HTTPStatus.NOT_FOUND,
    errors.NoSuchRoute: HTTPStatus.NOT_FOUND,
    errors.ConnectionNotFound: HTTPStatus.NOT_FOUND,
    errors.StreamNotFound: HTTPStatus.NOT_FOUND,
    errors.BanNotFound: HTTPStatus.NOT_FOUND,
    errors.ArchiveNotFound: HTTPStatus.NOT_FOUND,
    errors.BroadcastNotFound: HTTPStatus.NOT_FOUND,
    errors.CaptionsNotFound: HTTPStatus.NOT_FOUND,
    errors.RenderNotFound: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.RoomExists: HTTPStatus.CONFLICT,
    errors.Immutable: HTTPStatus.CONFLICT,
    errors.RoomFull: HTTPStatus.CONFLICT,
    errors.RoomLocked: HTTPStatus.CONFLICT,
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
    errors.RoomNotOpen: HTTPStatus.CONFLICT,
    errors.RoomClosed: HTTPStatus.CONFLICT,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.SignalTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
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


class Problem(Struct, rename="camel"):
    """What went wrong, as RFC 9457 has it; `code` is what a program should look at."""

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
    archive_id: str | UnsetType = UNSET
    broadcast_id: str | UnsetType = UNSET
    captions_id: str | UnsetType = UNSET


def problem(error: errors.RoomkeyError, request_id: str) -> Answer:
    """The answer that tells a caller of an error."""
    status = STATUS[type(error)]
    members = Problem(
        type="about:blank",
        title=status.phrase,
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
    return json_response(status, to_builtins(members) | error.extensions, headers)
