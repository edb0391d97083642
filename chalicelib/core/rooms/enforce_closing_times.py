"""The scheduled function that keeps closing times: warns of them, then empties the rooms."""

from collections.abc import Callable
from typing import Final

from chalicelib.core.model.room import Room, State
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.session_store import DueWorkStore
from chalicelib.core.ports.video_platform import OWN_SIGNALS, ConnectionControl
from chalicelib.core.sessions.moderate import disconnect_all
from chalicelib.core.support.concurrency import for_each_concurrently, reraise_first_bug
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import annotate, increment
from chalicelib.core.support.timestamps import Clock, rfc3339
from chalicelib.errors import ProviderRefused, ProviderUnavailable, RoomkeyError

CLOSING_SIGNAL: Final = f"{OWN_SIGNALS}closing"
ROOMS_AT_ONCE: Final = 50
SECONDS_FOR_A_ROOM: Final = 10.0
_TIME_TO_START_ANOTHER: Final = 2.0
_SIDE_BY_SIDE: Final = 8
"""Rooms at work, each with many disconnects: a Lambda has 1,024 threads."""


class ClosingTimes:
    """Runs every minute; what one run has no time for, the next goes on with."""

    def __init__(
        self,
        store: RoomStore,
        due_work: DueWorkStore,
        platform: ConnectionControl,
        stop_media: Callable[[str, Deadline], bool],
        clock: Clock,
    ) -> None:
        self._store = store
        self._due_work = due_work
        self._platform = platform
        self._stop_media = stop_media
        self._clock = clock

    def run(self, deadline: Deadline) -> None:
        """Warn and empty the rooms that are due, the longest due first.

        A room with more in it than its turn is long has another one after the others. A fault with
        one, such as a record that cannot be read, is raised once the others are done.
        """
        done: set[str] = set()
        faults: list[Exception] = []

        def keep(name: str) -> None:
            if deadline.remaining() < _TIME_TO_START_ANOTHER:
                increment("RoomsLeftForNextRun")
                return
            try:
                is_done = self._keep(name, deadline)
            except RoomkeyError:
                raise
            except Exception as fault:  # noqa: BLE001  whatever is wrong, it keeps no other waiting
                annotate("faulty", f"room {name}")
                faults.append(fault)
                is_done = True
            if is_done:
                done.add(name)

        while deadline.remaining() >= _TIME_TO_START_ANOTHER:
            due = self._due_work.due_rooms(self._clock(), ROOMS_AT_ONCE + len(done), deadline)
            names = [name for name in due if name not in done]
            if not names:
                break
            for_each_concurrently(keep, names, _SIDE_BY_SIDE)
        reraise_first_bug(faults)

    def _keep(self, name: str, deadline: Deadline) -> bool:
        """Do what is due; whether this run is done with the room, even if that failed."""
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
        """Tell everybody when the room closes; whether that need not be tried again."""
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
        """Stop what runs in a closed room, disconnect everybody, have reconciliation look after it.

        Tokens that outlive it, made before it was to close so soon, bring nobody back for long.

        Returns:
            False if nothing but time was lacking.
        """
        now = self._clock()
        if room.closed_at is None and not self._due_work.retire(room, now, deadline):
            return True  # changed meanwhile: due again, if it still is to close
        in_time = deadline.capped(SECONDS_FOR_A_ROOM)
        # First, since those who are in may be many, and what is recorded of them is not to go on.
        stopped = self._stop_media(room.room_id, in_time)
        try:
            emptied = disconnect_all(self._platform, room.session_id, in_time)
        except ProviderRefused as refusal:
            emptied = True  # asking again would not help, and reconciliation asks again later
            increment("DisconnectsRefused")
            annotate("failure", refusal.note or refusal.detail)
        is_done = stopped and emptied
        if is_done:
            increment("RoomsEmptied")
            self._due_work.reschedule(room, None, deadline)
        return is_done or in_time.remaining() > 0
