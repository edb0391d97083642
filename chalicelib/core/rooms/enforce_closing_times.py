"""The scheduled function that enforces closing times: it warns rooms, and empties closed ones."""

from collections.abc import Callable
from typing import Final

from chalicelib.core.model.room import Room, State
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import DueWorkStore
from chalicelib.core.ports.video_platform import OWN_SIGNALS, ConnectionControl
from chalicelib.core.sessions.moderate import disconnect_all
from chalicelib.core.support.concurrency import for_each_concurrently, reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, rfc3339
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomkeyError

CLOSING_SIGNAL: Final = f"{OWN_SIGNALS}closing"
ROOMS_AT_ONCE: Final = 50
SECONDS_FOR_A_ROOM: Final = 10.0
_TIME_TO_START_ANOTHER: Final = 2.0
_CONCURRENT_ROOMS: Final = 8
"""The number of rooms handled at once, each with many disconnects. A Lambda has 1,024 threads."""


class ClosingTimes:
    """Warns and empties rooms. It runs every minute, and the next run does what is left over."""

    def __init__(
        self,
        store: RoomStore,
        due_work: DueWorkStore,
        platform: ConnectionControl,
        stop_media: Callable[[Room, Deadline], bool],
        clock: Clock,
    ) -> None:
        self._store = store
        self._due_work = due_work
        self._platform = platform
        self._stop_media = stop_media
        self._clock = clock

    def run(self, deadline: Deadline) -> None:
        """Warn and empty the rooms that are due, longest due first.

        A room that needs more than its share of time gets another turn after the other rooms. A
        bug in one room, such as an unreadable record, is raised after the other rooms.
        """
        done: set[str] = set()
        bugs: list[Exception] = []

        def enforce(name: str) -> None:
            if deadline.remaining() < _TIME_TO_START_ANOTHER:
                increment("RoomsLeftForNextRun")
                return
            try:
                is_done = self._enforce(name, deadline)
            except RoomkeyError:
                raise
            except Exception as bug:  # noqa: BLE001  a bug in one room must not block the others
                annotate("faulty", f"room {name}")
                bugs.append(bug)
                is_done = True
            if is_done:
                done.add(name)

        while deadline.remaining() >= _TIME_TO_START_ANOTHER:
            due = self._due_work.due_rooms(self._clock(), ROOMS_AT_ONCE + len(done), deadline)
            names = [name for name in due if name not in done]
            if not names:
                break
            for_each_concurrently(enforce, names, _CONCURRENT_ROOMS)
        reraise_first_bug(bugs)

    def _enforce(self, name: str, deadline: Deadline) -> bool:
        """Warn or empty a room. Return True if this run need not handle the room again."""
        room = self._store.find(name, deadline)
        if room is None:
            return True
        now = self._clock()
        closes_at = room.settings.closes_at
        if room.state(now) is State.CLOSED:
            return self._empty(room, deadline)
        if closes_at is not None and self._warn(room, rfc3339(closes_at), deadline):
            self._due_work.reschedule(room, closes_at, deadline)
        return True

    def _warn(self, room: Room, closes_at: str, deadline: Deadline) -> bool:
        """Signal the closing time to all clients. Return True unless a retry would help."""
        try:
            self._platform.signal(
                room.session_id,
                None,
                CLOSING_SIGNAL,
                f'{{"closesAt":"{closes_at}"}}',
                deadline.capped(SECONDS_FOR_A_ROOM),
            )
        except ProviderUnavailable:
            increment("WarningsFailed")
            return False
        except ProviderRefused:
            increment("WarningsFailed")
        else:
            increment("RoomsWarned")
        return True

    def _empty(self, room: Room, deadline: Deadline) -> bool:
        """Stop the media of a closed room, disconnect all clients and retire the session.

        Some client tokens may outlive the room. Reconciliation of the retired session disconnects
        clients that use them.

        Returns:
            False if only time was lacking, so that another turn would help.
        """
        now = self._clock()
        if room.closed_at is None and not self._due_work.retire(room, now, deadline):
            return True  # The room has changed. If it still closes, it is due again.
        capped = deadline.capped(SECONDS_FOR_A_ROOM)
        # Media come first: disconnecting many clients takes long, and recordings must not go on.
        stopped = self._stop_media(room, capped)
        try:
            emptied = disconnect_all(self._platform, room.session_id, capped)
        except ProviderRefused as refusal:
            emptied = True  # A retry would not help now; reconciliation tries again later.
            increment("DisconnectsRefused")
            annotate("failure", refusal.note or refusal.detail)
        is_done = stopped and emptied
        if is_done:
            increment("RoomsEmptied")
            self._due_work.reschedule(room, None, deadline)
        return is_done or capped.remaining() > 0
