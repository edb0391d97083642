"""Port: lists of rooms in which somebody is, for admins."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.core.model.room import Room
from chalicelib.core.support.deadline import Deadline


class RoomDirectory(Protocol):
    """A list of live rooms. Every method raises `StoreUnavailable` if it cannot answer in time."""

    def live_sessions(self, deadline: Deadline) -> Sequence[str]:
        """Return the ids of the sessions in which somebody was at their last check.

        Sessions are among them whose first check is still to come.
        """

    def rooms_of(self, session_ids: Sequence[str], deadline: Deadline) -> Sequence[Room]:
        """Return the rooms that use these sessions now, in the same order.

        Args:
            session_ids: At most 100 sessions.
            deadline: The time by which the call must return.
        """
