"""All errors of the service: one root, and one leaf for each error code.

The API's reference shows a leaf's docstring. Callers see `detail` and `fields`. Only the operator
sees `note`, which is logged and says what to fix. None of these texts ever contains a secret, an
access token or a client token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A field of the request, by its name in the API, and the rule that it breaks."""

    field: str
    reason: str


class RoomkeyError(Exception):
    """The root of all errors.

    Args:
        detail: The problem and a remedy, for the caller.
        note: The problem, for the operator's log.
        fields: The fields that caused the error.
        retry_after: The number of seconds after which the caller should try again.
        extensions: Further members of the problem document, ready for JSON.
    """

    code: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        note: str | None = None,
        fields: tuple[FieldProblem, ...] = (),
        retry_after: int | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.note = note
        self.fields = fields
        self.retry_after = retry_after
        self.extensions: dict[str, object] = dict(extensions or {})


class MalformedJson(RoomkeyError):
    """The body is not valid JSON in UTF-8, or an object has the same name twice."""

    code = "malformed_json"


class Unauthenticated(RoomkeyError):
    """The access token is missing or not valid."""

    code = "unauthenticated"


class RoleNotAllowed(RoomkeyError):
    """The caller may not have the requested role."""

    code = "role_not_allowed"


class NotAModerator(RoomkeyError):
    """Only a moderator of the room, or an admin, may do this."""

    code = "not_a_moderator"


class NotAMember(RoomkeyError):
    """The room has a list of members, and the caller is not on it."""

    code = "not_a_member"


class Banned(RoomkeyError):
    """A moderator has banned the caller from the room."""

    code = "banned"


class RoomNotFound(RoomkeyError):
    """No room has this name, or the caller may not see it."""

    code = "room_not_found"


class NoSuchRoute(RoomkeyError):
    """The API has no such route. API Gateway sends this answer."""

    code = "no_such_route"


class ConnectionNotFound(RoomkeyError):
    """The room has no such connection."""

    code = "connection_not_found"


class StreamNotFound(RoomkeyError):
    """The room has no such stream."""

    code = "stream_not_found"


class BanNotFound(RoomkeyError):
    """The room has no such ban."""

    code = "ban_not_found"


class ArchiveNotFound(RoomkeyError):
    """The room has no such archive."""

    code = "archive_not_found"


class BroadcastNotFound(RoomkeyError):
    """The room has no such broadcast."""

    code = "broadcast_not_found"


class CaptionsNotFound(RoomkeyError):
    """The room has no such captions."""

    code = "captions_not_found"


class RenderNotFound(RoomkeyError):
    """The room has no such render."""

    code = "render_not_found"


class MethodNotAllowed(RoomkeyError):
    """The path does not support this method; `Allow` lists the methods that it supports."""

    code = "method_not_allowed"


class RoomExists(RoomkeyError):
    """The room exists with other settings; `errors` names them."""

    code = "room_exists"


class Immutable(RoomkeyError):
    """The options of the room's OpenTok session cannot be changed; `errors` names them."""

    code = "immutable"


class RoomFull(RoomkeyError):
    """All seats are taken; `holdLapsesAt` is the time when one may become free."""

    code = "room_full"


class RoomLocked(RoomkeyError):
    """The room is locked; only users who are in the room may join again."""

    code = "room_locked"


class NobodyConnected(RoomkeyError):
    """The request needs a connected client, and the room has none."""

    code = "nobody_connected"


class NotRouted(RoomkeyError):
    """The request needs a room with mediaMode routed."""

    code = "not_routed"


class EncryptedRoom(RoomkeyError):
    """The room is end-to-end encrypted, so OpenTok cannot process its media."""

    code = "encrypted_room"


class AlreadyRecording(RoomkeyError):
    """An archive with the same `multiArchiveTag` is running. A missing tag counts as a tag."""

    code = "already_recording"


class ArchiveNotRunning(RoomkeyError):
    """The archive has ended."""

    code = "archive_not_running"


class ArchiveNotReady(RoomkeyError):
    """The archive is not finished, or this service cannot access its file."""

    code = "archive_not_ready"


class ArchiveFailed(RoomkeyError):
    """The recording failed, so the archive has no file."""

    code = "archive_failed"


class ArchiveExpired(RoomkeyError):
    """OpenTok has deleted the file, which it stores for 72 hours."""

    code = "archive_expired"


class AlreadyBroadcasting(RoomkeyError):
    """A broadcast with the same `multiBroadcastTag` is running. A missing tag counts as a tag."""

    code = "already_broadcasting"


class AlreadyCaptioning(RoomkeyError):
    """The room already has captions; `captionsId` is their id, if it is known."""

    code = "already_captioning"


class StreamsNotManual(RoomkeyError):
    """The request needs an archive with streamMode manual."""

    code = "streams_not_manual"


class BroadcastNotRunning(RoomkeyError):
    """The broadcast has ended."""

    code = "broadcast_not_running"


class CaptionsNotRunning(RoomkeyError):
    """The captions have ended."""

    code = "captions_not_running"


class TooManyConnected(RoomkeyError):
    """Too many users are connected to give each of them a seat."""

    code = "too_many_connected"


class TooManyBans(RoomkeyError):
    """The room already has the maximum number of bans."""

    code = "too_many_bans"


class RoomNotOpen(RoomkeyError):
    """The room is not open yet; `opensAt` is its opening time."""

    code = "room_not_open"


class RoomClosed(RoomkeyError):
    """The room was deleted, or its `closesAt` has passed."""

    code = "room_closed"


class BodyTooLarge(RoomkeyError):
    """The body is larger than 64 KiB."""

    code = "body_too_large"


class SignalTooLarge(RoomkeyError):
    """The signal's type or data is longer than OpenTok allows."""

    code = "signal_too_large"


class InvalidField(RoomkeyError):
    """A field or parameter breaks a rule; `errors` names the field and the rule."""

    code = "invalid_field"

    def __init__(self, *fields: FieldProblem) -> None:
        super().__init__(
            "; ".join(f"{problem.field}: {problem.reason}" for problem in fields),
            fields=fields,
        )


class Internal(RoomkeyError):
    """The service has a bug; its log has the cause under the `requestId`."""

    code = "internal"


class ProviderRefused(RoomkeyError):
    """OpenTok rejected the service's credentials or its request."""

    code = "provider_refused"


class ProviderUnavailable(RoomkeyError):
    """OpenTok is unreachable or did not answer correctly."""

    code = "provider_unavailable"

    def __init__(
        self,
        detail: str,
        *,
        note: str | None = None,
        retry_after: int | None = None,
        undone: bool = False,
    ) -> None:
        """Create the error. `undone` is True if OpenTok certainly did not perform the request."""
        super().__init__(detail, note=note, retry_after=retry_after)
        self.undone = undone


class StoreUnavailable(RoomkeyError):
    """DynamoDB or Secrets Manager is unreachable or too busy."""

    code = "store_unavailable"


class IdentityUnavailable(RoomkeyError):
    """The keys of the identity provider cannot be fetched."""

    code = "identity_unavailable"


class SessionUnknown(RoomkeyError):
    """The callback's session is so new that its room may not be stored yet."""

    code = "session_unknown"


class CallbackUnsigned(RoomkeyError):
    """The callback has no signature; OpenTok should send it again."""

    code = "callback_unsigned"


class NotConfigured(RoomkeyError):
    """A setting of the service is missing or wrong; its log says which one."""

    code = "not_configured"

    def __init__(self, note: str) -> None:
        super().__init__(
            "This service is not fully configured. Ask its operator to look up this request id "
            "in the log.",
            note=note,
            retry_after=60,
        )
