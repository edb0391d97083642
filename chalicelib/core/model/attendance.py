"""Attendance: the connections of a room, current and past."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.connection import Ending, Participant

LONGEST_ATTENDANCE: Final = timedelta(hours=48)
"""Longer than a connection lasts: OpenTok replaces its servers after 8 hours of a session."""

LEAST_KEPT: Final = timedelta(days=4)
"""The least time for which the record of a connection is kept after its end.

Until then, a callback may come late, and the day on which the connection began is counted again.
"""

LONG_UNSEEN: Final = timedelta(minutes=5)
"""If a client's arrival is not reported, a check finds the client within this time."""


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

        The time of such an end is that of `UnreportedEnd.assumed`.
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


@dataclass(frozen=True, slots=True)
class EndHint:
    """Facts about the time of an end that OpenTok has not reported.

    Args:
        after: The time at which the client was still connected, if known.
        implied: The time of something that ended with the connection, or a little before it.
    """

    after: datetime | None = None
    implied: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnreportedEnd:
    """The end of a connection that OpenTok has not reported, as far as it is known.

    Args:
        missed: The time of the first check that did not find the client.
        came: The time at which the client connected, if known.
        recorded: The time at which the connection came on record, if known.
        after: A time just before the last check that found the client, if known.
        implied: The time at which a stream or a call of the client's ended, if a callback said so.
    """

    missed: datetime
    came: datetime | None = None
    recorded: datetime | None = None
    after: datetime | None = None
    implied: datetime | None = None

    @property
    def assumed(self) -> datetime:
        """The time of the end, as far as it is known.

        The true time differs by less than the time between two checks, if OpenTok answers them.
        """
        earliest, otherwise = self.after, self.missed
        if self.came is not None and self._was_never_seen(self.came):
            earliest = otherwise = self.came
        if self.implied is None or self.implied > self.missed:
            return otherwise
        return self.implied if earliest is None or earliest <= self.implied else otherwise

    def _was_never_seen(self, came: datetime) -> bool:
        """Return True if the arrival came on record so late that a check would have found it."""
        if self.recorded is None or self.after is None:
            return False
        return self.recorded > max(self.after, came + LONG_UNSEEN)
