"""The source of a new room's session: the pool, or OpenTok where the pool has none that fits."""

from collections import deque
from collections.abc import Callable
from typing import Final

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import ArchiveMode, MediaMode, RoomSettings
from chalicelib.core.ports.video_platform import (
    PoolBounds,
    SessionPool,
    SessionTaken,
    VideoPlatform,
)
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import StoreUnavailable

MAX_TAKES: Final = 4
"""The number of pooled sessions that a creation tries, before it asks OpenTok."""
CANDIDATES: Final = 8
"""The number of candidates that are read at once. Later creations of the instance use the rest."""
SECONDS_TO_STORE: Final = 2.0
"""Time reserved for storing the room after its session was created."""
_SECONDS_TO_FIND: Final = 1.0

StoreRoom = Callable[[str, str | None], Room]
"""Stores the room with this session, pooled for this project if it is one of the pool."""


class NewSessions:
    """Finds sessions for new rooms.

    An instance keeps the candidates that it has read. Another instance may take the same session:
    then one of both creations is refused its session, and tries another one.
    """

    def __init__(self, pool: SessionPool, platform: VideoPlatform, bounds: PoolBounds) -> None:
        self._pool = pool
        self._platform = platform
        self._is_on = bounds.most > 0
        self._candidates: deque[tuple[str, str]] = deque()
        """Each with its project."""

    def store_room(
        self, settings: RoomSettings, location: str | None, store: StoreRoom, deadline: Deadline
    ) -> Room:
        """Store a room with a session of the pool, or with a new session.

        Args:
            settings: The settings of the room.
            location: An IPv4 address near its users, for a session of its own.
            store: Stores the room, or raises `SessionTaken` and changes nothing.
            deadline: The time by which the call must return.

        Returns:
            The room that `store` returned.

        Raises:
            ProviderRefused, ProviderUnavailable: The pool has no session, and OpenTok made none.
        """
        if self._is_on and may_be_pooled(settings, location):
            project = self._platform.project_id(deadline)
            for _ in range(MAX_TAKES):
                candidate = self._next(project, deadline)
                if candidate is None:
                    break
                try:
                    return store(candidate, project)
                except SessionTaken:
                    self._candidates.clear()  # the others are as old
            increment("SessionPoolDry")
        session_id = self._platform.create_session(
            settings, location, deadline.reserve(SECONDS_TO_STORE)
        )
        increment("SessionsCreated")
        return store(session_id, None)

    def _next(self, project: str, deadline: Deadline) -> str | None:
        """Return a session that nobody had taken when it was read; None if there is none."""
        while self._candidates:
            try:
                of, session_id = self._candidates.popleft()
            except IndexError:  # another thread took the last one
                break
            if of == project:
                return session_id
        try:
            found = self._pool.candidates(project, CANDIDATES, deadline.capped(_SECONDS_TO_FIND))
        except StoreUnavailable:
            return None  # OpenTok can still make a session
        self._candidates.extend((project, each) for each in found[1:])
        return found[0] if found else None


def may_be_pooled(settings: RoomSettings, location: str | None) -> bool:
    """Return True if the room needs no other session than one with default options."""
    return (
        location is None
        and not settings.e2ee
        and settings.media_mode is MediaMode.ROUTED
        and settings.archive_mode is ArchiveMode.MANUAL
    )
