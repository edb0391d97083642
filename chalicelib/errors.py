"""What can go wrong: one root, one leaf per outcome that a caller can tell apart.

`detail` and `fields` are shown to the caller. `note` is for the operator alone: it goes into the
log and names what to mend. Neither ever holds a secret, a bearer or a client token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A field of the request, by its name in the API, and the rule it breaks."""

    field: str
    reason: str


class RoomkeyError(Exception):
    """The root of every outcome that is not success.

    Args:
        detail: What happened and what to do, for the caller.
        note: What happened, for the operator's log.
        fields: The fields that are to blame.
        retry_after: Seconds after which trying again makes sense.
        extensions: Further members of the problem, ready for JSON.
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
    code = "malformed_json"


class Unauthenticated(RoomkeyError):
    code = "unauthenticated"


class RoleNotAllowed(RoomkeyError):
    code = "role_not_allowed"


class NotAModerator(RoomkeyError):
    code = "not_a_moderator"


class NotAMember(RoomkeyError):
    code = "not_a_member"


class Banned(RoomkeyError):
    code = "banned"


class RoomNotFound(RoomkeyError):
    code = "room_not_found"


class ConnectionNotFound(RoomkeyError):
    code = "connection_not_found"


class StreamNotFound(RoomkeyError):
    code = "stream_not_found"


class BanNotFound(RoomkeyError):
    code = "ban_not_found"


class ArchiveNotFound(RoomkeyError):
    code = "archive_not_found"


class BroadcastNotFound(RoomkeyError):
    code = "broadcast_not_found"


class CaptionsNotFound(RoomkeyError):
    code = "captions_not_found"


class RenderNotFound(RoomkeyError):
    code = "render_not_found"


class MethodNotAllowed(RoomkeyError):
    code = "method_not_allowed"


class RoomExists(RoomkeyError):
    code = "room_exists"


class Immutable(RoomkeyError):
    code = "immutable"


class RoomFull(RoomkeyError):
    code = "room_full"


class RoomLocked(RoomkeyError):
    code = "room_locked"


class NobodyConnected(RoomkeyError):
    code = "nobody_connected"


class NotRouted(RoomkeyError):
    code = "not_routed"


class EncryptedRoom(RoomkeyError):
    code = "encrypted_room"


class AlreadyRecording(RoomkeyError):
    code = "already_recording"


class ArchiveNotRunning(RoomkeyError):
    code = "archive_not_running"


class ArchiveNotReady(RoomkeyError):
    """Its file is not there yet; or not where we could tell of it."""

    code = "archive_not_ready"


class ArchiveFailed(RoomkeyError):
    code = "archive_failed"


class ArchiveExpired(RoomkeyError):
    code = "archive_expired"


class AlreadyBroadcasting(RoomkeyError):
    code = "already_broadcasting"


class AlreadyCaptioning(RoomkeyError):
    code = "already_captioning"


class StreamsNotManual(RoomkeyError):
    code = "streams_not_manual"


class BroadcastNotRunning(RoomkeyError):
    code = "broadcast_not_running"


class CaptionsNotRunning(RoomkeyError):
    code = "captions_not_running"


class TooManyConnected(RoomkeyError):
    code = "too_many_connected"


class TooManyBans(RoomkeyError):
    code = "too_many_bans"


class RoomNotOpen(RoomkeyError):
    code = "room_not_open"


class RoomClosed(RoomkeyError):
    code = "room_closed"


class BodyTooLarge(RoomkeyError):
    code = "body_too_large"


class SignalTooLarge(RoomkeyError):
    code = "signal_too_large"


class InvalidField(RoomkeyError):
    code = "invalid_field"

    def __init__(self, *fields: FieldProblem) -> None:
        super().__init__(
            "; ".join(f"{problem.field}: {problem.reason}" for problem in fields),
            fields=fields,
        )


class Internal(RoomkeyError):
    code = "internal"


class ProviderRefused(RoomkeyError):
    code = "provider_refused"


class ProviderUnavailable(RoomkeyError):
    code = "provider_unavailable"


class StoreUnavailable(RoomkeyError):
    code = "store_unavailable"


class IdentityUnavailable(RoomkeyError):
    code = "identity_unavailable"


class SessionUnknown(RoomkeyError):
    """A callback of a session so new that its room may still be being written."""

    code = "session_unknown"


class CallbackUnsigned(RoomkeyError):
    """A callback without a signature, as OpenTok sends after an error of its own: asked again."""

    code = "callback_unsigned"


class NotConfigured(RoomkeyError):
    code = "not_configured"

    def __init__(self, note: str) -> None:
        super().__init__(
            "This service is not fully configured; its operator finds the reason in the log "
            "under this request id.",
            note=note,
            retry_after=60,
        )
