"""Ending what runs in a room that closes."""

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.core.model.media import Media, MediaKind
from chalicelib.core.ports.media_store import MediaStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable

SECONDS_TO_STOP: Final = 3.0
"""What the media of a room may take, since those who are in it wait to be disconnected."""

Stop = Callable[[Media, Deadline], object]
"""Has the platform end one and keeps how it stands; fine if it has ended already."""


class StopMedia:
    """Stops archives and their like.

    Args:
        store: Where all that runs is on record.
        stops: How each kind is stopped.
    """

    def __init__(self, store: MediaStore, stops: Mapping[MediaKind, Stop]) -> None:
        self._store = store
        self._stops = stops

    def stop_all(self, room_id: str, deadline: Deadline) -> bool:
        """Stop all that runs in a room; whether that was done in time.

        Doing it again does what was left.
        """
        in_time = deadline.capped(SECONDS_TO_STOP)
        try:
            running = self._store.running(room_id, in_time)
        except StoreUnavailable:
            increment("MediaLeftRunning")
            return False
        stopped = [self._stop(each, in_time) for each in running]
        return all(stopped)

    def _stop(self, media: Media, deadline: Deadline) -> bool:
        try:
            self._stops[media.kind](media, deadline)
        except (ProviderUnavailable, StoreUnavailable):
            increment("MediaLeftRunning")
            return False
        except ProviderRefused:
            increment("MediaStopsRefused")  # Asking again would not help.
        return True
