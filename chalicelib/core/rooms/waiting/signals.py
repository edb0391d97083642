"""The signal that tells the moderators in a call how many users wait."""

from contextlib import suppress
from typing import Final

from chalicelib.core.model.room import Room
from chalicelib.core.model.user import is_guest_id
from chalicelib.core.model.waiting import WaitingList
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import OWN_SIGNALS, ConnectionControl
from chalicelib.core.ports.waiting_store import StaleWaiting, WaitingStore
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import NotConfigured, ProviderRefused, ProviderUnavailable, StoreUnavailable

WAITING_SIGNAL: Final = f"{OWN_SIGNALS}waiting"
SECONDS: Final = 2.0
"""The longest time that a request spends on it."""
MAX_MODERATORS_SIGNALLED: Final = 50
MAX_CONNECTIONS_SIGNALLED: Final = 100


class WaitingSignals:
    """Sends the number of waiting users to each client of a moderator, and to nobody else."""

    def __init__(
        self,
        store: WaitingStore,
        sessions: SessionStore,
        platform: ConnectionControl,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._platform = platform
        self._clock = clock

    def send_due(self, room: Room, deadline: Deadline, waiting: WaitingList | None = None) -> None:
        """Tell moderators how many wait now, unless they know it or heard a moment ago.

        A failure changes nothing. What is too early is sent with the next look at the list.

        Args:
            room: The room.
            deadline: The time by which the request must be answered.
            waiting: The list, if it has just been read.
        """
        with suppress(StaleWaiting, StoreUnavailable):
            listed = self._store.waiting(room, deadline) if waiting is None else waiting
            now = self._clock()
            number = listed.number_to_signal(now)
            if number is not None:
                self._store.note_signal(room, listed, number, now, deadline)
                self.send(room, number, deadline)

    def send(self, room: Room, number: int, deadline: Deadline) -> None:
        """Send the number. A failure is counted, and changes nothing else."""
        capped = deadline.capped(SECONDS)

        def signal(connection_id: str) -> None:
            data = f'{{"waiting":{number}}}'
            self._platform.signal(room.session_id, connection_id, WAITING_SIGNAL, data, capped)

        try:
            signalled = self._of_moderators(room, capped)
            for_each_concurrently(signal, signalled[:MAX_CONNECTIONS_SIGNALLED])
        except (ProviderUnavailable, ProviderRefused, NotConfigured, StoreUnavailable):
            increment("WaitingSignalsFailed")

    def _of_moderators(self, room: Room, deadline: Deadline) -> list[str]:
        """Return the connections of the moderators in the call."""
        now = self._clock()
        if room.settings.max_participants is not None:
            seats = room.seats.connections
            seated = [each for each in seats if room.connects_as_moderator(each, now)]
            return [each for user_id in seated for each in seats[user_id]]
        known = {*room.settings.moderators, *room.admins_until}
        moderators = [each for each in known if room.connects_as_moderator(each, now)]
        moderators.sort(key=lambda each: (is_guest_id(each), each))  # users come before guests
        found: list[str] = []

        def add(user_id: str) -> None:
            connections = self._sessions.of_user(room.session_id, user_id, deadline)
            found.extend(each.id for each in connections if not each.refused)

        for_each_concurrently(add, moderators[:MAX_MODERATORS_SIGNALLED])
        return found
