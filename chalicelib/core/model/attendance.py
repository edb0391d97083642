"""Attendance: the connections of a room, current and past."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.connection import Ending, Participant

LONGEST_ATTENDANCE: Final = timedelta(hours=48)
"""Longer than a connection lasts: OpenTok replaces its servers after 8 hours of a session."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """One connection, with its times.

    Args:
        came: The time at which the client connected.
        went: The time at which the connection ended; None while it lasts.
        reported: The reason for the end that OpenTok reported; None without a report.
        own_ending: The reason for which this service ended the connection, if it did.
        published: True if the connection has published a stream.
    """

    connection_id: str
    participant: Participant
    came: datetime
    went: datetime | None = None
    reported: Ending | None = None
    own_ending: Ending | None = None
    published: bool = False

    @property
    def ending(self) -> Ending | None:
        """The reason for the end; None while the connection lasts."""
        if self.went is None:
            return None
        if self.reported in (None, Ending.DISCONNECTED) and self.own_ending is not None:
            return self.own_ending
        return self.reported or Ending.LOST

    @property
    def reconciled(self) -> bool:
        """Return True if reconciliation found the client or its end, since a callback was lost.

        The time of such an end is that of the check that found it.
        """
        person = self.participant
        unknown = person.user_id is None and person.service is None
        return unknown or (self.went is not None and self.reported is None)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Return True if the client was connected at any time from `start` until before `end`."""
        return self.came < end and (self.went is None or self.went >= start)


@dataclass(frozen=True, slots=True)
class RoomSession:
    """A session that a room has or had.

    Args:
        room_id: The id of the room, which another room of this name does not have.
        owner: The user who created the room, if known.
    """

    id: str
    room_id: str
    owner: str | None
    started_at: datetime
