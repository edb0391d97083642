"""Starting what a room's session is made into, so that nothing runs that is not on record."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from chalicelib.core.media.lost_starts import Since, find_lost_start
from chalicelib.core.model.media import Media
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.model.room import Room, State
from chalicelib.core.ports.media_platforms import MediaPlatform, Options
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomClosed, StoreUnavailable

SECONDS_TO_RECORD: Final = 2.5
"""What a start leaves of its request's time, to write it down or to look for it."""


class StartMedia:
    """Starts something, and sees to it that it is known, or else does not run.

    Args:
        find_room: The room of a name as it stands, if there is one.
        running: What is on record as running in the room of an id.
        keep: Puts what the platform tells on record, under a room's id.
        clock: Now.
    """

    def __init__(
        self,
        find_room: Callable[[str, Deadline], Room | None],
        running: Callable[[str, Deadline], Iterable[Media]],
        keep: Callable[[MediaReport, str, Deadline], Media],
        clock: Clock,
    ) -> None:
        self._find_room = find_room
        self._running = running
        self._keep = keep
        self._clock = clock

    def start(
        self,
        room: Room,
        platform: MediaPlatform,
        options: Options,
        start: Callable[[Deadline], MediaReport],
        deadline: Deadline,
    ) -> Media:
        """Start it and record it.

        Args:
            room: Whose session it is made of.
            platform: What stops it, and may find it again.
            options: What it is started with.
            start: Has it started.
            deadline: By when to answer.

        Raises:
            ProviderUnavailable: Whether it runs may not be known; if it does, it comes on record.
            RoomClosed: The room was closed meanwhile, and it was stopped again.
            StoreUnavailable: It could not be recorded, and was stopped again.
        """
        before = {each.id for each in self._running(room.room_id, deadline)}
        asked_at = self._clock()
        try:
            report = start(deadline.reserve(SECONDS_TO_RECORD))
            if report.session_id != room.session_id:
                raise ProviderUnavailable(
                    "The video platform has answered about another session.",
                    note=f"asked for session {room.session_id}, got {report.session_id}",
                )
        except ProviderUnavailable as error:
            if error.undone:
                raise
            since = Since(asked_at, before)
            found = self._begun(room, platform, options, since, deadline)
            if found is None:
                raise _perhaps_started(error) from error
            increment("LostStartsFound")
            report = found
        try:
            media = self._keep(report, room.room_id, deadline)
            # Who closes a room writes that first and looks for what runs afterwards, so that one
            # of the two always sees the other.
            over = self._is_over(room, deadline)
        except StoreUnavailable:
            self._roll_back(report, platform, deadline)
            raise
        if over:
            self._roll_back(report, platform, deadline)
            raise RoomClosed("This room was closed meanwhile.")
        return media

    def _begun(
        self,
        room: Room,
        platform: MediaPlatform,
        options: Options,
        since: Since,
        deadline: Deadline,
    ) -> MediaReport | None:
        """The one whose start's answer was lost, if it can be found at once."""
        with suppress(ProviderUnavailable, ProviderRefused):
            return find_lost_start(platform.of_session(room.session_id, deadline), options, since)
        return None

    def _roll_back(self, report: MediaReport, platform: MediaPlatform, deadline: Deadline) -> None:
        increment("StartsRolledBack")
        with suppress(ProviderUnavailable, ProviderRefused, StoreUnavailable):
            platform.stop(report.id, deadline)

    def _is_over(self, room: Room, deadline: Deadline) -> bool:
        standing = self._find_room(room.name, deadline)
        if standing is None or standing.session_id != room.session_id:
            return True
        return standing.state(self._clock()) is State.CLOSED


def _perhaps_started(error: ProviderUnavailable) -> ProviderUnavailable:
    return ProviderUnavailable(
        "The video platform has not answered properly, so that it may have started all the same; "
        "look at what runs before trying again.",
        note=error.note,
        retry_after=error.retry_after,
    )
