"""Audit entries about recordings that no caller has started or stopped by hand."""

from chalicelib.core.audit.room_entries import audit_room, audit_session
from chalicelib.core.model.connection import Session
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.room import Room
from chalicelib.core.support.audit import AuditAction


def audit_found(session: Session, before: Media | None, after: Media | None) -> None:
    """Record what has become of a recording, of which no callback came.

    Args:
        session: The session that was recorded. Other media than archives have no entry.
        before: The archive as it was on record; None if it was not.
        after: The archive as OpenTok has it; None if it is gone.
    """
    archive = after or before
    if archive is None or archive.kind is not MediaKind.ARCHIVE:
        return
    has_happened = {
        AuditAction.RECORDING_STARTED: before is None,
        AuditAction.RECORDING_STOPPED: _runs(before, if_unknown=True)
        and not _runs(after, if_unknown=False),
        AuditAction.RECORDING_DELETED: after is None,
    }
    for action in (each for each, has in has_happened.items() if has):
        audit_session(action, session, archive=archive.id, reported=True, reconciled=True)


def audit_stop(of: Room | Session, archive: Media, after: Media | None) -> None:
    """Record that the service has stopped a recording, unless OpenTok goes on with it.

    Args:
        of: The room or the session that was recorded.
        archive: The archive. Other media have no entry.
        after: The archive after that; None if it had ended.
    """
    if archive.kind is not MediaKind.ARCHIVE or _runs(after, if_unknown=False):
        return
    if isinstance(of, Room):
        audit_room(AuditAction.RECORDING_STOPPED, of, archive=archive.id)
    else:
        audit_session(AuditAction.RECORDING_STOPPED, of, archive=archive.id)


def _runs(archive: Media | None, *, if_unknown: bool) -> bool:
    return if_unknown if archive is None else archive.is_running
