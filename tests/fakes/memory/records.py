"""Records of the table that all fake stores share. A record never changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.model.attendance import UnreportedEnd
from chalicelib.core.model.connection import Counts, Ending, Participant, Stream
from chalicelib.core.model.invitation import Invitation
from chalicelib.core.model.media import DELETED
from chalicelib.core.model.room import Room
from chalicelib.core.model.usage import SessionDay
from chalicelib.core.model.waiting import Decision, WaitingList
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.ports.video_platform import PoolRecord


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room, and when it is due. It is due only while `is_listed_as_due` is True.

    Args:
        due: In milliseconds since 1970, because closing times may lie in the year 1.
    """

    room: Room
    due: int | None = None
    is_listed_as_due: bool = False
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session. Without a due time it is not checked."""

    room_name: str
    room_id: str
    owner: str | None = None
    has_access_limits: bool = False
    due: int | None = None
    quiet_since: datetime | None = None
    expires: datetime | None = None
    unassigned_streams: tuple[Stream, ...] = ()
    started: datetime | None = None
    retired_until: datetime | None = None
    queue: CheckQueue = CheckQueue.LIVE


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """A connection. The first callback about it makes the record, whichever that is.

    Args:
        since: None until its arrival is known.
        gone_at: None until its end is known.
        place: Its place in the list of its session; None if it is not listed.
        streams: By id; None for one that has ended.
        went: The time of its end, for attendance.
        recorded: The time at which its arrival came on record.
        seen: The time of the check before, if a check found the end.
        implied: The time at which a stream or call of its ended.
        reported: The reason that OpenTok reported.
        own_ending: The reason of this service.
    """

    participant: Participant = field(default_factory=Participant)
    since: datetime | None = None
    refused: bool = False
    gone_at: datetime | None = None
    place: str | None = None
    streams: Mapping[str, Stream | None] = field(default_factory=dict)
    went: datetime | None = None
    recorded: datetime | None = None
    seen: datetime | None = None
    implied: datetime | None = None
    reported: Ending | None = None
    own_ending: Ending | None = None
    published: bool = False
    expires: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.since is not None and self.gone_at is None

    @property
    def ended(self) -> datetime | None:
        """The time of its end, reported or assumed."""
        if self.went is None or self.reported is not None:
            return self.went
        end = UnreportedEnd(self.went, self.since, self.recorded, self.seen, self.implied)
        return end.assumed


@dataclass(frozen=True, slots=True)
class DepartureRecord:
    """The time at which a user last left a session."""

    left_at: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class CountsRecord:
    counts: Counts
    expires: datetime


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """A count of a user in a period, or the ends of the user's holds by room."""

    expires: datetime
    count: int = 0
    holds: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvitationRecord:
    """An invitation, and the hashed keys of the guests who have come by it."""

    invitation: Invitation
    expires: datetime
    guests: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class InvitationListRecord:
    """The ids of a room's invitations, the number of changes to the list, and what was revoked."""

    ids: frozenset[str]
    version: int
    expires: datetime
    revoked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountedRecord:
    """The counted usage of a session on a day."""

    counted: SessionDay
    expires: datetime


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """An archive, broadcast, captions or render.

    Args:
        content: The fields of OpenTok's object, as JSON.
        started: Its place in lists; None for one that has been deleted.
        running: Its place among those that run, if it does.
    """

    session_id: str
    status: str
    rank: int
    created_at: datetime
    updated_at: datetime
    content: Mapping[str, str]
    started: str | None
    running: str | None
    expires: datetime | None = None

    @property
    def is_deleted(self) -> bool:
        return self.status == DELETED


@dataclass(frozen=True, slots=True)
class RetentionRecord:
    """A room's retention schedule; without days, its archives are kept for ever."""

    room_name: str | None = None
    days: int | None = None
    due: int | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class PooledSession:
    """A session without a room; without a project it has been dropped."""

    project: str | None
    since: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefillRecord:
    """The record of the last refill of the pool."""

    content: PoolRecord
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """The users who asked lately for a token of a session."""

    waiting: WaitingList
    expires: datetime


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision about one user of a session's waiting room."""

    decision: Decision
    expires: datetime
