from dataclasses import dataclass
from typing import Final

from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.room import Room
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.support.deadline import Deadline

_FEW: Final = 60
"""The number of connections that one cheap read counts."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a room's connections and of its running recordings, by the record."""

    connections: int
    recordings: int


class RoomFigures:
    """Counts who is in a room, and what it records, by three reads and without a write."""

    def __init__(self, sessions: SessionStore, media: MediaStore) -> None:
        self._sessions = sessions
        self._media = media

    def of(self, room: Room, deadline: Deadline) -> Figures:
        """Return the figures of a room.

        Of a room with many connections, the number is that of its last check, up to minutes ago.
        """
        running = self._media.running(room.room_id, deadline)
        recordings = sum(each.kind is MediaKind.ARCHIVE for each in running)
        return Figures(self._connections(room, deadline), recordings)

    def _connections(self, room: Room, deadline: Deadline) -> int:
        page = self._sessions.page(room.session_id, None, _FEW, deadline)
        if not page.others:
            return len(page.connections)
        saved = self._sessions.counts(room.session_id, deadline)
        shown = len(page.connections)
        return shown if saved is None else max(shown, saved.connections)
