"""Fake stores of due work and of retention schedules."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.ports.archives import RetentionSchedule
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.session_store import CheckQueue, DueSession
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds
from tests.fakes.memory.table import Table, queue_as_read, whole_second

_FORGOTTEN_AFTER: Final = timedelta(days=7)
_PARTS: Final = 8
"""The number of parts of a queue. The fake has one part, and so reads as many from it."""


class FakeDueWork:
    """Due rooms and due sessions in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due_rooms(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        with self._table.faults.call("due_rooms", deadline):
            records = self._table.rooms.items()
            due = [(each.due, name) for name, each in records if each.is_listed_as_due]
            return _longest_due(due, now, limit)

    def reschedule(self, room: Room, due: datetime | None, deadline: Deadline) -> None:
        with self._table.faults.call("reschedule", deadline):
            try:
                record = self._table.current(room)
            except StaleRoom:
                return
            if due is None:
                self._table.put_room(replace(record, due=None, is_listed_as_due=False))
            else:
                self._table.put_room(replace(record, due=epoch_milliseconds(due)))

    def retire(self, room: Room, now: datetime, deadline: Deadline) -> bool:
        with self._table.faults.call("retire", deadline):
            try:
                self._table.current(room)
            except StaleRoom:
                return False
            self._table.retire_session(room, now)
            return True

    def due_sessions(self, until: datetime, limit: int, deadline: Deadline) -> Sequence[DueSession]:
        with self._table.faults.call("due_sessions", deadline):
            last = epoch_milliseconds(until)
            due = [
                DueSession(
                    session_id,
                    each.queue,
                    from_epoch_milliseconds(each.due),
                    each.owner,
                    each.has_access_limits,
                )
                for session_id, each in self._table.sessions.items()
                if each.due is not None and each.due <= last
            ]
            due.sort(key=lambda each: each.due)
            return [
                each
                for queue in CheckQueue
                for each in [each for each in due if each.queue is queue][: _PARTS * limit]
            ]

    def schedule_check(
        self,
        session: Session,
        next_check: datetime,
        quiet_since: datetime | None,
        deadline: Deadline,
    ) -> None:
        with self._table.faults.call("schedule_check", deadline):
            due = epoch_milliseconds(next_check)
            queue = queue_as_read(session, quiet_since)
            self._change_as_read(session, due=due, quiet_since=quiet_since, queue=queue)

    def postpone_check(self, session_id: str, until: datetime, deadline: Deadline) -> None:
        with self._table.faults.call("postpone_check", deadline):
            found = self._table.sessions.get(session_id)
            if found is not None and found.due is not None:
                due = epoch_milliseconds(until)
                self._table.sessions[session_id] = replace(found, due=due)

    def stop_checks(self, session: Session, deadline: Deadline) -> None:
        with self._table.faults.call("stop_checks", deadline):
            self._change_as_read(session, due=None)

    def mark_room_idle(self, session: Session, deadline: Deadline) -> None:
        with self._table.faults.call("mark_room_idle", deadline):
            record = self._table.rooms.get(session.room_name.lower())
            if record is not None and record.room.session_id == session.id:
                self._table.put_room(record, session_idle=True)

    def _change_as_read(self, session: Session, **changed: Any) -> None:
        """Change the session's record, unless another call has set its next check."""
        found = self._table.sessions.get(session.id)
        due = session.next_check and epoch_milliseconds(session.next_check)
        if found is not None and found.due == due:
            self._table.sessions[session.id] = replace(found, **changed)


class FakeRetention:
    """Retention schedules in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def rooms_due(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        with self._table.faults.call("rooms_due", deadline):
            due = [(each.due, room_id) for room_id, each in self._table.schedules.items()]
            return _longest_due(due, now, limit)

    def schedule(self, room_id: str, deadline: Deadline) -> RetentionSchedule | None:
        with self._table.faults.call("schedule", deadline):
            found = self._table.schedules.get(room_id)
            if found is None or found.days is None or found.room_name is None:
                return None
            return RetentionSchedule(room_id, found.room_name, found.days)

    def reschedule(
        self,
        schedule: RetentionSchedule,
        next_look: datetime,
        deadline: Deadline,
        *,
        may_expire: bool,
    ) -> None:
        with self._table.faults.call("reschedule", deadline):
            found = self._table.schedules.get(schedule.room_id)
            if found is None or found.days != schedule.days:
                return
            expires = found.expires or whole_second(next_look + _FORGOTTEN_AFTER)
            self._table.schedules[schedule.room_id] = replace(
                found, due=epoch_milliseconds(next_look), expires=expires if may_expire else None
            )


def _longest_due(
    listed: Iterable[tuple[int | None, str]], now: datetime, limit: int
) -> Sequence[str]:
    due = epoch_milliseconds(now)
    found = sorted((at, key) for at, key in listed if at is not None and at <= due)
    return [key for _, key in found[:limit]]
