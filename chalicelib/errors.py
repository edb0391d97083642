"""What can go wrong: one root, one leaf per outcome that a caller can tell apart.

A leaf's docstring is what the API's reference says of it. `detail` and `fields` are shown to the
caller. `note` is for the operator alone: it goes into the log and names what to mend. Neither ever
holds a secret, a bearer or a client token.
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
    """The body is no JSON in UTF-8, or has a name twice in one object."""

    code = "malformed_json"


class Unauthenticated(RoomkeyError):
    """There is no bearer, or none to be trusted."""

    code = "unauthenticated"


class RoleNotAllowed(RoomkeyError):
    """The caller asks for more than they may have."""

    code = "role_not_allowed"


class NotAModerator(RoomkeyError):
    """Only for the room's moderators; or creating rooms is for admins."""

    code = "not_a_moderator"


class NotAMember(RoomkeyError):
    """The room has a list of members, and the caller is not on it."""

    code = "not_a_member"


class Banned(RoomkeyError):
    """A moderator has banned the caller."""

    code = "banned"


class RoomNotFound(RoomkeyError):
    """There is no such room, or none that the caller may see."""

    code = "room_not_found"


class NoSuchRoute(RoomkeyError):
    """There is no such route: API Gateway's own answer."""

    code = "no_such_route"


class ConnectionNotFound(RoomkeyError):
    """There is no such connection in this room."""

    code = "connection_not_found"


class StreamNotFound(RoomkeyError):
    """There is no such stream in this room."""

    code = "stream_not_found"


class BanNotFound(RoomkeyError):
    """There is no such ban in this room."""

    code = "ban_not_found"


class ArchiveNotFound(RoomkeyError):
    """The room has no such archive."""

    code = "archive_not_found"


class BroadcastNotFound(RoomkeyError):
    """There is no such broadcast in this room."""

    code = "broadcast_not_found"


class CaptionsNotFound(RoomkeyError):
    """There are no such captions in this room."""

    code = "captions_not_found"


class RenderNotFound(RoomkeyError):
    """There is no such render in this room."""

    code = "render_not_found"


class MethodNotAllowed(RoomkeyError):
    """The path answers to other methods: see `Allow`."""

    code = "method_not_allowed"


class RoomExists(RoomkeyError):
    """The room exists with other settings: `errors` names them."""

    code = "room_exists"


class Immutable(RoomkeyError):
    """A session's options cannot be changed: `errors` names them."""

    code = "immutable"


class RoomFull(RoomkeyError):
    """All seats are taken; `holdLapsesAt` is when one may become free."""

    code = "room_full"


class RoomLocked(RoomkeyError):
    """The room is locked; only those who are in may come back."""

    code = "room_locked"


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
    """An archive of the same `multiArchiveTag`, or of none, is running: see `archiveId`."""

    code = "already_recording"


class ArchiveNotRunning(RoomkeyError):
    """The archive has ended."""

    code = "archive_not_running"


class ArchiveNotReady(RoomkeyError):
    """The archive is not finished, or its bucket is one that this service cannot access."""

    code = "archive_not_ready"


class ArchiveFailed(RoomkeyError):
    """Recording failed; there will be no file."""

    code = "archive_failed"


class ArchiveExpired(RoomkeyError):
    """The file is gone: OpenTok keeps it for 72 hours."""

    code = "archive_expired"


class AlreadyBroadcasting(RoomkeyError):
    """A broadcast of the same `multiBroadcastTag`, or of none, is running: see `broadcastId`."""

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
    """More are in than can be given seats at once."""

    code = "too_many_connected"


class TooManyBans(RoomkeyError):
    """The room has as many bans as it can have."""

    code = "too_many_bans"


class RoomNotOpen(RoomkeyError):
    """The room opens later: see `opensAt`."""

    code = "room_not_open"


class RoomClosed(RoomkeyError):
    """The room was deleted, or its `closesAt` has passed."""

    code = "room_closed"


class BodyTooLarge(RoomkeyError):
    """The body has more than 64 KiB."""

    code = "body_too_large"


class SignalTooLarge(RoomkeyError):
    """The signal's type or data is longer than OpenTok takes."""

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
    """A fault of the service; the cause is in its log under the `requestId`."""

    code = "internal"


class ProviderRefused(RoomkeyError):
    """OpenTok rejects the service's credentials or request."""

    code = "provider_refused"


class ProviderUnavailable(RoomkeyError):
    """OpenTok does not answer properly."""

    code = "provider_unavailable"

    def __init__(
        self,
        detail: str,
        *,
        note: str | None = None,
        retry_after: int | None = None,
        not_performed: bool = False,
    ) -> None:
        """Create it; `not_performed` says that OpenTok has certainly not done what was asked."""
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
    """DynamoDB or Secrets Manager cannot be reached."""

    code = "store_unavailable"


class IdentityUnavailable(RoomkeyError):
    """The identity provider's keys cannot be had."""

    code = "identity_unavailable"


class SessionUnknown(RoomkeyError):
    """A callback of a session so new that its room may still be being written."""

    code = "session_unknown"


class CallbackUnsigned(RoomkeyError):
    """A callback without a signature, as OpenTok sends after an error of its own: asked again."""

    code = "callback_unsigned"


class NotConfigured(RoomkeyError):
    """The service lacks a setting; its operator finds which in the log."""

    code = "not_configured"

    def __init__(self, note: str) -> None:
        super().__init__(
            "This service is not fully configured; its operator finds the reason in the log "
            "under this request id.",
            note=note,
            retry_after=60,
        )
