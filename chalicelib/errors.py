"""The errors: one base class, and one subclass for each error that callers can tell apart.

A subclass's docstring is its text in the API's reference. The caller sees `detail` and `fields`.
Only the operator sees `note`, in the log; it names the cause. None of them ever contains a secret,
a bearer token or a client token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A field of the request, by its name in the API, and the rule that it breaks."""

    field: str
    reason: str


class RoomkeyError(Exception):
    """The base class of all errors.

    Args:
        detail: The problem and a remedy, for the caller.
        note: The problem and its cause, for the operator's log.
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
    """The body is not JSON in UTF-8, or one of its objects repeats a name."""

    code = "malformed_json"


class Unauthenticated(RoomkeyError):
    """The bearer token or the signature is missing or not valid."""

    code = "unauthenticated"


class RoleNotAllowed(RoomkeyError):
    """The caller may not have the role that they ask for."""

    code = "role_not_allowed"


class NotAModerator(RoomkeyError):
    """The caller does not moderate the room, or may not create rooms."""

    code = "not_a_moderator"


class NotAnAdmin(RoomkeyError):
    """Only admins may do this."""

    code = "not_an_admin"


class NotAMember(RoomkeyError):
    """The room has a list of members, and the caller is not on it."""

    code = "not_a_member"


class NotInRoom(RoomkeyError):
    """The caller is not connected to the room, or OpenTok's callback has not come yet."""

    code = "not_in_room"


class Banned(RoomkeyError):
    """A moderator has banned the caller."""

    code = "banned"


class TurnedAway(RoomkeyError):
    """A moderator did not approve the caller. They may ask again after `Retry-After`."""

    code = "turned_away"


class FeatureDisabled(RoomkeyError):
    """The operator does not let the caller use `feature`: see `allowedTo` and `setting`."""

    code = "feature_disabled"


class RoomNotFound(RoomkeyError):
    """The room does not exist, or the caller may not see it."""

    code = "room_not_found"


class AttendanceNotKept(RoomkeyError):
    """The operator has this service keep no attendance: see the setting `ATTENDANCE_DAYS`."""

    code = "attendance_not_kept"


class NoSuchRoute(RoomkeyError):
    """The route does not exist."""

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


class InvitationNotFound(RoomkeyError):
    """The room has no such invitation."""

    code = "invitation_not_found"


class InvitationInvalid(RoomkeyError):
    """Nobody may come by this code: there is no such invitation, or it has ended or is used up."""

    code = "invitation_invalid"


class WaitingUserNotFound(RoomkeyError):
    """No such user waits for the room, or no longer."""

    code = "waiting_user_not_found"


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
    """The path does not have this method: see `Allow`."""

    code = "method_not_allowed"


class RoomExists(RoomkeyError):
    """The room exists with other settings: `errors` names them."""

    code = "room_exists"


class Immutable(RoomkeyError):
    """An automatic archive cannot be stopped, and a session's options cannot be changed."""

    code = "immutable"


class RoomFull(RoomkeyError):
    """All seats are taken. One may become free at `holdLapsesAt`."""

    code = "room_full"


class RoomLocked(RoomkeyError):
    """The room is locked. Only moderators and users who are in it may join."""

    code = "room_locked"


class MustWait(RoomkeyError):
    """A moderator must approve the caller first. Asking again keeps the place: see `Retry-After`.

    Only `GET /token` answers so. `POST /rooms/{room}/tokens` answers 202.
    """

    code = "must_wait"

    def __init__(self, waiting_id: str, since: datetime, ahead: int, *, retry_after: int) -> None:
        """Create the error, with the caller's place: since when, and how many come first."""
        super().__init__(
            "A moderator must approve you first. Ask again to keep waiting.",
            retry_after=retry_after,
        )
        self.waiting_id = waiting_id
        self.since = since
        self.ahead = ahead


class WaitingRoomFull(RoomkeyError):
    """The room already has the maximum number of waiting users."""

    code = "waiting_room_full"


class NobodyConnected(RoomkeyError):
    """Nobody is connected to the room."""

    code = "nobody_connected"


class NotRouted(RoomkeyError):
    """The room's media go from client to client, so OpenTok cannot process them."""

    code = "not_routed"

    def __init__(
        self,
        detail: str = (
            "This room's media go from client to client. Create a room with mediaMode routed."
        ),
    ) -> None:
        super().__init__(detail)


class EncryptedRoom(RoomkeyError):
    """The room is end-to-end encrypted, so OpenTok cannot process its media."""

    code = "encrypted_room"


class AlreadyRecording(RoomkeyError):
    """A running archive has the same `multiArchiveTag`, or neither has a tag: see `archiveId`."""

    code = "already_recording"


class ArchiveNotRunning(RoomkeyError):
    """The archive has ended."""

    code = "archive_not_running"


class ArchiveNotReady(RoomkeyError):
    """The archive is not finished, or its bucket is one that this service cannot access."""

    code = "archive_not_ready"


class ArchiveFailed(RoomkeyError):
    """The recording failed. There is no file."""

    code = "archive_failed"


class ArchiveExpired(RoomkeyError):
    """The file is gone: OpenTok keeps it for 72 hours."""

    code = "archive_expired"


class AlreadyBroadcasting(RoomkeyError):
    """A running broadcast has the same tag, or neither has a tag: see `broadcastId`."""

    code = "already_broadcasting"


class AlreadyCaptioning(RoomkeyError):
    """The room has captions already: see `captionsId`."""

    code = "already_captioning"


class StreamsNotManual(RoomkeyError):
    """OpenTok chooses the streams, because `streamMode` is not `manual`."""

    code = "streams_not_manual"

    def __init__(
        self,
        detail: str = "OpenTok chooses these streams. Start another one with streamMode manual.",
    ) -> None:
        super().__init__(detail)


class BroadcastNotRunning(RoomkeyError):
    """The broadcast has ended."""

    code = "broadcast_not_running"


class CaptionsNotRunning(RoomkeyError):
    """The captions have ended."""

    code = "captions_not_running"


class TooManyConnected(RoomkeyError):
    """More than 1,000 users are connected, so a limit cannot be set now."""

    code = "too_many_connected"


class TooManyBans(RoomkeyError):
    """The room already has the maximum number of bans."""

    code = "too_many_bans"


class TooManyInvitations(RoomkeyError):
    """The room already has the maximum number of live invitations."""

    code = "too_many_invitations"


class RoomNotOpen(RoomkeyError):
    """The room opens later: see `opensAt`."""

    code = "room_not_open"


class RoomClosed(RoomkeyError):
    """The room was deleted, or its `closesAt` has passed."""

    code = "room_closed"


class QuotaExceeded(RoomkeyError):
    """The caller has used up a quota: see `quota`, its `limit`, and `Retry-After`."""

    code = "quota_exceeded"


class BodyTooLarge(RoomkeyError):
    """The body is larger than 64 KiB."""

    code = "body_too_large"


class SignalTooLarge(RoomkeyError):
    """The signal's type or data is longer than OpenTok accepts."""

    code = "signal_too_large"


class InvalidField(RoomkeyError):
    """A field or parameter breaks a rule: `errors` names it and the rule."""

    code = "invalid_field"

    def __init__(self, *fields: FieldProblem) -> None:
        super().__init__(
            "; ".join(f"{problem.field}: {problem.reason}" for problem in fields),
            fields=fields,
        )


class Internal(RoomkeyError):
    """The service failed. Its log names the cause under the `requestId`."""

    code = "internal"


class ProviderRefused(RoomkeyError):
    """OpenTok refused the service's credentials or request."""

    code = "provider_refused"


class ProviderUnavailable(RoomkeyError):
    """OpenTok did not respond in time, or not properly."""

    code = "provider_unavailable"

    def __init__(
        self,
        detail: str,
        *,
        note: str | None = None,
        retry_after: int | None = None,
        not_performed: bool = False,
    ) -> None:
        """Create the error. `not_performed` is True if OpenTok certainly did nothing."""
        super().__init__(detail, note=note, retry_after=retry_after)
        self.not_performed = not_performed


class StartUnconfirmed(RoomkeyError):
    """OpenTok did not confirm the start. It may be running: check the list before you retry."""

    code = "start_unconfirmed"

    def __init__(
        self,
        detail: str = (
            "OpenTok did not confirm the start. It may be running: check the list before you retry."
        ),
        *,
        note: str | None = None,
    ) -> None:
        super().__init__(detail, note=note, retry_after=5)


class StoreUnavailable(RoomkeyError):
    """A service of AWS cannot be reached: DynamoDB, Secrets Manager or Lambda."""

    code = "store_unavailable"


class IdentityUnavailable(RoomkeyError):
    """The identity provider's keys cannot be fetched."""

    code = "identity_unavailable"


class SessionUnknown(RoomkeyError):
    """The callback's session is not known yet, because its room is just being created."""

    code = "session_unknown"


class CallbackUnsigned(RoomkeyError):
    """The signature is missing. OpenTok may omit it after an error, and repeats such a callback."""

    code = "callback_unsigned"


class NotConfigured(RoomkeyError):
    """The service lacks a setting. Its log names the setting."""

    code = "not_configured"

    def __init__(self, note: str) -> None:
        super().__init__(
            "This service is not fully configured. Its log names the cause under this request id.",
            note=note,
            retry_after=60,
        )
