"""Entries for the audit log: what happened to whom, and who did it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AuditAction(StrEnum):
    """The kinds of entries."""

    ADMISSION = "admission"
    REFUSAL = "refusal"
    APPROVAL = "approval"
    TURNED_AWAY = "turned_away"
    ARRIVAL = "arrival"
    REJECTION = "rejection"
    DEPARTURE = "departure"
    BAN = "ban"
    BAN_LIFTED = "ban_lifted"
    REMOVAL = "removal"
    MUTE = "mute"
    ROOM_CREATED = "room_created"
    RULE_CHANGE = "rule_change"
    ROOM_DELETED = "room_deleted"
    SEATS_FREED = "seats_freed"
    CALL_ENDED = "call_ended"
    INVITATION = "invitation"
    INVITATION_REVOKED = "invitation_revoked"
    RECORDING_STARTED = "recording_started"
    RECORDING_STOPPED = "recording_stopped"
    RECORDING_READ = "recording_read"
    RECORDING_DELETED = "recording_deleted"
    USER_DATA_READ = "user_data_read"
    ERASURE_REQUESTED = "erasure_requested"
    USER_ERASED = "user_erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An entry. The log adds the actor: the caller of the request, or the operator.

    Args:
        action: What happened.
        subject: The id of the user to whom it happened, if that is known.
        room: The room's name.
        session_id: The room's session.
        connection_id: The connection, if it happened to one.
        details: Further facts in JSON, without user ids, and without text that only a client saw.
        users: Further user ids, by a name for them, such as the members that were added.
    """

    action: AuditAction
    subject: str | None = None
    room: str | None = None
    session_id: str | None = None
    connection_id: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
