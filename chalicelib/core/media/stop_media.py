"""Stopping what runs in a room that closes."""

from collections.abc import Mapping
from typing import Final, Protocol

from chalicelib.core.audit.recording_entries import audit_stop
from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.model.room import Room
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable

SECONDS_TO_STOP: Final = 3.0
"""The limit for a room's media, because its clients are disconnected only after that."""


class Stopper(Protocol):
    """A use case that stops one kind of media."""

    def stop(self, media: Media, deadline: Deadline) -> Media | None:
        """Stop it at OpenTok and record its state. Return that, or None if it had ended."""


class StopMedia:
    """Stops all media of a room.

    Args:
        store: The record of what runs.
        stoppers: The stopper of each kind.
    """

    def __init__(self, store: MediaStore, stoppers: Mapping[MediaKind, Stopper]) -> None:
        self._store = store
        self._stoppers = stoppers

    def stop_all(self, room: Room, deadline: Deadline) -> bool:
        """Stop all that runs in a room; return True if that was done in time.

        A repeated call finishes what an earlier call left undone.
        """
        in_time = deadline.capped(SECONDS_TO_STOP)
        try:
            running = self._store.running(room.room_id, in_time)
        except StoreUnavailable:
            increment("MediaLeftRunning")
            return False
        stopped = [self._stop(room, each, in_time) for each in running]
        return all(stopped)

    def _stop(self, room: Room, media: Media, deadline: Deadline) -> bool:
        try:
            stopped = self._stoppers[media.kind].stop(media, deadline)
        except (ProviderUnavailable, StoreUnavailable):
            increment("MediaLeftRunning")
            return False
        except ProviderRefused:
            increment("MediaStopsRefused")  # A second request would be refused too.
        else:
            audit_stop(room, media, stopped)
        return True
