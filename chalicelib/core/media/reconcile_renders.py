from typing import Final

from chalicelib.core.media.reconcile_media import MediaReconciler
from chalicelib.core.model.connection import Service, Session
from chalicelib.core.model.media import MediaKind
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.support.deadline import Deadline

_LOOKED_AT: Final = 25


class RenderReconciler:
    """Looks after renders where there is any sign of one, for OpenTok lists them by project alone.

    Args:
        reconcile: Compares them with that list.
    """

    def __init__(
        self, reconcile: MediaReconciler, sessions: SessionStore, store: MediaStore
    ) -> None:
        self._reconcile = reconcile
        self._sessions = sessions
        self._store = store

    def reconcile(self, session: Session, deadline: Deadline) -> bool:
        """Whether any may still change; raises as `MediaReconciler` does."""
        return self._shows_one(session, deadline) and self._reconcile.reconcile(session, deadline)

    def _shows_one(self, session: Session, deadline: Deadline) -> bool:
        latest = self._store.page(session.room_id, MediaKind.RENDER, None, _LOOKED_AT, deadline)
        if any(each.is_running for each in latest.items):
            return True
        everybody = self._sessions.connections(session.id, deadline)
        return any(each.participant.service is Service.RENDER for each in everybody)
