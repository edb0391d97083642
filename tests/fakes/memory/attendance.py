"""Fake attendance store."""

from collections.abc import Iterator

from chalicelib.adapters.dynamodb.presence.attendance_queries import MAX_EARLIER, MAX_SESSIONS
from chalicelib.core.model.attendance import LONGEST_ATTENDANCE, Attendance, RoomSession
from chalicelib.core.ports.attendance import ArrivalCursor, ArrivalPage, SessionPage, TimeSpan
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.records import ConnectionRecord
from tests.fakes.memory.table import Table


class FakeAttendance:
    """Attendance in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def sessions_of(self, room_name: str, span: TimeSpan, deadline: Deadline) -> SessionPage:
        with self._table.faults.call("sessions_of", deadline):
            found = [
                RoomSession(session_id, record.room_id, record.owner, record.started)
                for session_id, record in self._table.sessions.items()
                if record.room_name.lower() == room_name.lower() and record.started is not None
            ]
            found.sort(key=lambda each: each.started_at)
            earlier = [each for each in found if each.started_at < span.start]
            within = [each for each in found if span.start <= each.started_at < span.end]
            further = within[MAX_SESSIONS:]
            return SessionPage(
                (*earlier[-MAX_EARLIER:], *within[:MAX_SESSIONS]),
                further[0].started_at if further else None,
            )

    def page(
        self,
        session_id: str,
        span: TimeSpan,
        start: ArrivalCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> ArrivalPage:
        with self._table.faults.call("attendance_page", deadline):
            after = None if start is None else (start.came, start.connection_id)
            found = [
                each
                for each in self._lasting(session_id, span)
                if after is None or (each.came, each.connection_id) > after
            ]
            shown = tuple(found[:limit])
            is_last = len(found) <= limit
            following = None if is_last else ArrivalCursor(shown[-1].came, shown[-1].connection_id)
            return ArrivalPage(shown, following)

    def iter_all(self, session_id: str, span: TimeSpan, deadline: Deadline) -> Iterator[Attendance]:
        with self._table.faults.call("iter_attendance", deadline):
            return iter(self._lasting(session_id, span))

    def _lasting(self, session_id: str, span: TimeSpan) -> list[Attendance]:
        found = [
            attendance
            for (of_session, connection_id), record in self._table.connections.items()
            if of_session == session_id
            and (attendance := _attendance(connection_id, record)) is not None
            and attendance.overlaps(span.start, span.end)
            and attendance.came >= span.start - LONGEST_ATTENDANCE
        ]
        return sorted(found, key=lambda each: (each.came, each.connection_id))


def _attendance(connection_id: str, record: ConnectionRecord) -> Attendance | None:
    came, went = record.since, record.ended
    if came is None:
        return None
    return Attendance(
        connection_id=connection_id,
        participant=record.participant,
        came=came,
        went=None if went is None else max(came, went),
        reported=record.reported,
        own_ending=record.own_ending,
        published=record.published,
    )
