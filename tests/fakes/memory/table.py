"""The table that all fake stores share."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.core.model.attendance import LEAST_KEPT
from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.model.usage import SessionDay, Usage, start_of
from chalicelib.core.ports.quota_store import Period
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.formats import Clock, epoch_milliseconds
from chalicelib.errors import StoreUnavailable
from tests.fakes.faults import Faults
from tests.fakes.memory.records import (
    ConnectionRecord,
    CountedRecord,
    CountsRecord,
    DecisionRecord,
    DepartureRecord,
    InvitationListRecord,
    InvitationRecord,
    MediaRecord,
    PooledSession,
    RefillRecord,
    RetentionRecord,
    RoomRecord,
    SessionRecord,
    UsageRecord,
    WaitingRecord,
)

if TYPE_CHECKING:
    from chalicelib.core.model.media import MediaKind
    from chalicelib.core.model.user_data.user_record import Erasure
    from chalicelib.core.ports.user_data.user_record_store import SearchPlace

FIRST_CHECK: Final = timedelta(seconds=60)
WARNING_MILLISECONDS: Final = 120_000
ATTENDANCE: Final = timedelta(days=30)
MAX_BYTES: Final = 400 * 1024
"""The largest size of a record: DynamoDB takes no larger item."""


class Table:
    """The records of all stores. A write puts another in a record's place.

    Args:
        clock: Says what has expired.
        longest_token: How long a client token may live.
        attendance: How long attendance is kept.
    """

    def __init__(
        self, clock: Clock, longest_token: timedelta, attendance: timedelta = ATTENDANCE
    ) -> None:
        self.faults = Faults(unavailable)
        self.rooms: dict[str, RoomRecord] = {}
        """By name, in lower case."""
        self.sessions: dict[str, SessionRecord] = {}
        self.pool: dict[str, PooledSession] = {}
        """By session."""
        self.refills: dict[str, RefillRecord] = {}
        """At most one."""
        self.connections: dict[tuple[str, str], ConnectionRecord] = {}
        """By session and id."""
        self.departures: dict[tuple[str, str], DepartureRecord] = {}
        """By session and user."""
        self.counts: dict[str, CountsRecord] = {}
        self.media: dict[tuple[str, MediaKind, str], MediaRecord] = {}
        """By room, kind and id."""
        self.schedules: dict[str, RetentionRecord] = {}
        """By room."""
        self.usage: dict[tuple[str, str], UsageRecord] = {}
        """By user, and what is counted when."""
        self.invitations: dict[str, InvitationRecord] = {}
        """By id."""
        self.invitation_lists: dict[str, InvitationListRecord] = {}
        """By room."""
        self.waiting: dict[str, WaitingRecord] = {}
        """By session."""
        self.decisions: dict[tuple[str, str], DecisionRecord] = {}
        """By session and waiting id."""
        self.counted: dict[tuple[str, date], CountedRecord] = {}
        """By session and day."""
        self.sums: dict[tuple[str, str | None, date], dict[str, Usage]] = {}
        """By room or creator, and day: that of each session."""
        self.erasures: dict[str, Erasure] = {}
        """By hash of the user."""
        self.searches: dict[SearchPlace, str] = {}
        """The position of each page."""
        self._clock = clock
        self._longest_token = longest_token
        self.attendance = attendance

    def expire(self) -> None:
        """Remove expired records. DynamoDB does so hours later, so a test decides when."""
        now = self._clock()
        with self.faults.lock:
            for records in self._all():
                for key, record in list(records.items()):
                    if record.expires is not None and record.expires <= now:
                        del records[key]

    def snapshot(self) -> tuple[dict[Any, Any], ...]:
        """Return all records, to compare them with those of another time."""
        with self.faults.lock:
            return tuple(dict(records) for records in self._all())

    def room(self, room: Room) -> RoomRecord | None:
        """Return the record of the room's name, which may be another room's."""
        return self.rooms.get(room.name.lower())

    def same_room(self, room: Room) -> RoomRecord:
        """Return the record of this room, whatever its revision.

        Raises:
            StaleRoom: There is no such record.
        """
        found = self.room(room)
        if found is None or found.room.room_id != room.room_id:
            raise StaleRoom(None if found is None else found.room)
        return found

    def current(self, room: Room) -> RoomRecord:
        """Return the record of this room at this revision.

        Raises:
            StaleRoom: There is no such record.
        """
        found = self.same_room(room)
        if found.room.revision != room.revision:
            raise StaleRoom(found.room)
        return found

    def put_room(self, record: RoomRecord, **changed: Any) -> None:
        """Put the record, with these fields of its room changed."""
        if changed:
            record = replace(record, room=replace(record.room, **changed))
        self.rooms[record.room.name.lower()] = record

    def start_session(self, room: Room, at: datetime) -> None:
        """Put the room's session. Its first check is due soon."""
        self._put_session(room, at + FIRST_CHECK, started=at)

    def retire_session(self, room: Room, at: datetime) -> None:
        """Put the room's retired session. It is checked until its last token has expired."""
        until, found = at + self._longest_token, self.sessions.get(room.session_id)
        started = None if found is None else found.started
        self._put_session(room, at, started=started or at, quiet_since=at, retired_until=until)

    def update_session(self, session_id: str, room_name: str, room_id: str, **changed: Any) -> None:
        """Change a session's record, or make one if there is none."""
        found = self.sessions.get(session_id) or SessionRecord(room_name, room_id)
        self.sessions[session_id] = replace(found, room_name=room_name, room_id=room_id, **changed)

    def monitor_session(self, session: Session, first_check: datetime) -> None:
        """Have the session checked at this time."""
        owner = {} if session.owner is None else {"owner": session.owner}
        self.update_session(
            session.id,
            session.room_name,
            session.room_id,
            due=epoch_milliseconds(first_check),
            quiet_since=None,
            queue=queue_as_read(session, None),
            **owner,
        )

    def put_retention(self, room: Room, at: datetime) -> None:
        """Put the room's retention schedule, due now. Without days the record expires at once."""
        days = room.settings.archive_retention_days
        self.schedules[room.room_id] = (
            RetentionRecord(expires=whole_second(at))
            if days is None
            else RetentionRecord(room.name, days, epoch_milliseconds(at))
        )

    def used(self, period: Period) -> int:
        found = self.usage.get(_usage_key(period))
        return 0 if found is None else found.count

    def add_usage(self, period: Period, amount: int) -> int:
        """Add to the count of a period, and return the new count."""
        count = self.used(period) + amount
        self.usage[_usage_key(period)] = UsageRecord(whole_second(period.ends), count)
        return count

    def count_usage(self, session: Session, day: date, counted: SessionDay) -> None:
        """Put what has been counted of a session on a day."""
        expires = start_of(day) + timedelta(days=7)
        self.counted[session.id, day] = CountedRecord(counted, expires)

    def _put_session(
        self,
        room: Room,
        due: datetime,
        *,
        started: datetime,
        quiet_since: datetime | None = None,
        retired_until: datetime | None = None,
    ) -> None:
        until, kept = retired_until, max(self.attendance, LEAST_KEPT)
        self.sessions[room.session_id] = SessionRecord(
            room.name,
            room.room_id,
            room.created_by,
            has_access_limits=has_access_limits(room),
            due=epoch_milliseconds(due),
            quiet_since=quiet_since,
            started=started,
            retired_until=None if until is None else whole_second(until),
            queue=CheckQueue.LIVE if until is None else CheckQueue.RETIRED,
            expires=None if until is None else whole_second(until + kept),
        )

    def _all(self) -> tuple[dict[Any, Any], ...]:
        return (
            self.rooms,
            self.sessions,
            self.pool,
            self.refills,
            self.connections,
            self.departures,
            self.counts,
            self.media,
            self.schedules,
            self.usage,
            self.invitations,
            self.invitation_lists,
            self.waiting,
            self.decisions,
            self.counted,
        )


def _usage_key(period: Period) -> tuple[str, str]:
    return period.user_id, f"{period.counted}#{int(period.ends.timestamp())}"


def has_access_limits(room: Room) -> bool:
    """Return the hint that a session's record gives of its room."""
    return room.settings.max_participants is not None or room.locked


def whole_second(moment: datetime) -> datetime:
    """Return the moment in whole seconds, as DynamoDB's time to live takes it."""
    return moment.replace(microsecond=0)


def unavailable() -> StoreUnavailable:
    return StoreUnavailable("The rooms cannot be read or written at the moment; try again.")


def queue_as_read(session: Session, quiet_since: datetime | None) -> CheckQueue:
    """Return the queue of a session's next check, by the session as the caller read it."""
    if session.retired_until is not None:
        return CheckQueue.RETIRED
    return CheckQueue.LIVE if quiet_since is None else CheckQueue.IDLE
