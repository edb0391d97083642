from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.user_data.user_record import Recording, RecordKind, UserRecord
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Around:
    """The rooms and recordings that belong to a user's records.

    Args:
        rooms: The names of rooms, by the ids of the sessions that records name.
        recordings: The recordings of times at which the user was in the room.
    """

    rooms: Mapping[str, str]
    recordings: frozenset[Recording]


class RecordingFinder:
    """Finds the rooms and recordings that belong to a user's records."""

    def __init__(self, sessions: SessionStore, media: MediaStore) -> None:
        self._sessions = sessions
        self._media = media

    def around(self, records: Iterable[UserRecord], deadline: Deadline) -> Around:
        """Return the room of each session, and the archives of the user's times in it."""
        by_session: dict[str, list[UserRecord]] = {}
        for each in records:
            if each.kind in (RecordKind.CONNECTION, RecordKind.WAITING) and each.within:
                by_session.setdefault(each.within, []).append(each)
        rooms: dict[str, str] = {}
        recordings: set[Recording] = set()

        def add_session(session_id: str) -> None:
            session = self._sessions.session(session_id, deadline)
            if session is None:
                return
            rooms[session_id] = session.room_name
            every = self._media.iter_oldest_first(session.room_id, MediaKind.ARCHIVE, deadline)
            recordings.update(
                Recording(session.room_name, archive.id)
                for archive in every
                if archive.session_id == session_id and _was_in(by_session[session_id], archive)
            )

        for_each_concurrently(add_session, by_session)
        return Around(rooms, frozenset(recordings))


def _was_in(records: Sequence[UserRecord], archive: Media) -> bool:
    """Return True if the user was in at any time of the archive.

    An archive is updated when it ends, and perhaps later. So rather too many archives are listed.
    """
    return any(
        each.kind is RecordKind.CONNECTION
        and each.since is not None
        and (archive.is_running or each.since <= archive.updated_at)
        and (each.until is None or each.until >= archive.created_at)
        for each in records
    )
