"""Fake session store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import (
    MAX_ENDED_STREAMS,
    MAX_STREAMS_AT_ONCE,
    Connection,
    Counts,
    Ending,
    EndReport,
    Participant,
    Session,
    Stream,
)
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.ports.connection_page import (
    ConnectionPage,
    EndedConnection,
    place_of,
    place_of_user,
)
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import from_epoch_milliseconds
from chalicelib.core.support.metrics import increment
from tests.fakes.memory.records import ConnectionRecord, CountsRecord, DepartureRecord
from tests.fakes.memory.seats import seats_after, seats_left
from tests.fakes.memory.table import FIRST_CHECK, Table, whole_second

_LONGEST_CONNECTION: Final = timedelta(days=31)
_TOMBSTONE: Final = timedelta(days=4)
_COUNTS_KEPT: Final = timedelta(days=1)
_DEPARTURE_KEPT: Final = timedelta(days=1)


class FakeSessions:
    """Sessions and their connections in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def session(self, session_id: str, deadline: Deadline) -> Session | None:
        with self._table.faults.call("session", deadline):
            found = self._table.sessions.get(session_id)
            if found is None:
                return None
            return Session(
                id=session_id,
                room_name=found.room_name,
                room_id=found.room_id,
                has_access_limits=found.has_access_limits,
                monitored=found.due is not None and found.quiet_since is None,
                owner=found.owner,
                next_check=None if found.due is None else from_epoch_milliseconds(found.due),
                quiet_since=found.quiet_since,
                retired_until=found.retired_until,
                unassigned_streams=found.unassigned_streams,
            )

    def monitor(self, room: Room, now: datetime, deadline: Deadline) -> None:
        with self._table.faults.call("monitor", deadline):
            session = Session(room.session_id, room.name, room.room_id, owner=room.created_by)
            self._table.monitor_session(session, now + FIRST_CHECK)
            record = self._table.room(room)
            if record is not None and record.room.room_id == room.room_id:
                self._table.put_room(record, session_idle=False)

    def record_connection(
        self,
        session: Session,
        connection: Connection,
        deadline: Deadline,
        expected: Room | None = None,
        ending: Ending | None = None,
    ) -> bool:
        with self._table.faults.call("record_connection", deadline):
            if self._is_gone(session, connection.id):
                return False
            if expected is not None:
                self._table.current(expected)
            self._put_arrival(session, connection)
            if ending is not None:
                self._put_ending(session.id, connection.id, ending)
            return True

    def record_connection_and_seat(
        self,
        session: Session,
        connection: Connection,
        room: Room,
        claim: SeatClaim,
        deadline: Deadline,
    ) -> bool:
        with self._table.faults.call("record_connection_and_seat", deadline):
            if self._is_gone(session, connection.id):
                return False
            record = self._table.current(room)
            self._table.put_room(record, seats=seats_after(record.room, claim))
            self._put_arrival(session, connection)
            return True

    def record_disconnection(
        self,
        session: Session,
        connection_id: str,
        at: datetime,
        deadline: Deadline,
        report: EndReport | EndHint | None = None,
    ) -> EndedConnection:
        with self._table.faults.call("record_disconnection", deadline):
            before = self._connection(session.id, connection_id)
            user_id, service = before.participant.user_id, before.participant.service
            self._put_end(session, connection_id, at, user_id, report)
            is_admitted = not before.refused and service is None
            if is_admitted and user_id is not None:
                self._put_departure(session, user_id, before.gone_at or at, only_later=True)
            return EndedConnection(is_admitted and before.is_live, user_id)

    def mark_ending(
        self, session_id: str, connection_id: str, ending: Ending, deadline: Deadline
    ) -> None:
        with self._table.faults.call("mark_ending", deadline):
            if (session_id, connection_id) in self._table.connections:
                self._put_ending(session_id, connection_id, ending)

    def record_disconnection_and_release(
        self,
        session: Session,
        room: Room,
        release: SeatRelease,
        at: datetime,
        deadline: Deadline,
        *,
        report: EndReport | EndHint | None = None,
    ) -> None:
        with self._table.faults.call("record_disconnection_and_release", deadline):
            record = self._table.same_room(room)
            self._table.put_room(record, seats=seats_left(record.room, release))
            self._put_end(session, release.connection_id, at, release.user_id, report)
            self._put_departure(session, release.user_id, at)

    def record_stream(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        with self._table.faults.call("record_stream", deadline):
            before = self._connection(session.id, connection_id)
            self._put_published(session, connection_id)
            if stream.id in before.streams:
                return
            self._put_streams(session, connection_id, {}, stream.since)
            if _may_end_another(before) and _current(before) < MAX_STREAMS_AT_ONCE:
                added = {stream.id: stream.shortened()}
                self._put_streams(session, connection_id, added, stream.since)
            elif before.gone_at is None:
                increment("StreamsNotRecorded")

    def end_stream(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        at: datetime,
        deadline: Deadline,
        *,
        implied: datetime | None = None,
    ) -> None:
        with self._table.faults.call("end_stream", deadline):
            before = self._connection(session.id, connection_id)
            known = before.streams.get(stream_id) is not None
            fits = known or _may_end_another(before)
            is_implied = fits or before.gone_at is not None
            self._put_published(session, connection_id, implied if is_implied else None)
            ended = {stream_id: None} if fits else {}
            self._put_streams(session, connection_id, ended, at)

    def save_unassigned_streams(
        self, session: Session, streams: Sequence[Stream], deadline: Deadline
    ) -> None:
        with self._table.faults.call("save_unassigned_streams", deadline):
            found = self._table.sessions.get(session.id)
            if found is not None:
                self._table.sessions[session.id] = replace(found, unassigned_streams=tuple(streams))

    def connection(
        self, session_id: str, connection_id: str, deadline: Deadline
    ) -> Connection | None:
        with self._table.faults.call("connection", deadline):
            current = (each for _, each in self._of_session(session_id))
            return next((each for each in current if each.id == connection_id), None)

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        with self._table.faults.call("connections", deadline):
            return [each for _, each in self._of_session(session_id)]

    def page(
        self, session_id: str, start: str | None, limit: int, deadline: Deadline
    ) -> ConnectionPage:
        with self._table.faults.call("page", deadline):
            listed = [each for each in self._of_session(session_id) if each[0] > (start or "")]
            connections = tuple(each for _, each in listed)
            places = tuple(place for place, _ in listed)
            return ConnectionPage(connections, places, others=False).first(limit)

    def of_user(self, session_id: str, user_id: str, deadline: Deadline) -> list[Connection]:
        with self._table.faults.call("of_user", deadline):
            listed = [each for _, each in self._of_session(session_id)]
            return [each for each in listed if each.participant.user_id == user_id]

    def was_connected(
        self, session_id: str, user_id: str, since: datetime, deadline: Deadline
    ) -> bool:
        with self._table.faults.call("was_connected", deadline):
            admitted = place_of_user(user_id, refused=False)
            if any(place.startswith(admitted) for place, _ in self._of_session(session_id)):
                return True
            departure = self._table.departures.get((session_id, user_id))
            return departure is not None and departure.left_at > since

    def counts(self, session_id: str, deadline: Deadline) -> Counts | None:
        with self._table.faults.call("counts", deadline):
            found = self._table.counts.get(session_id)
            return None if found is None else found.counts

    def save_counts(self, session_id: str, counts: Counts, deadline: Deadline) -> None:
        with self._table.faults.call("save_counts", deadline):
            found = self._table.counts.get(session_id)
            if found is None or found.counts.counted_at < counts.counted_at:
                expires = whole_second(counts.counted_at + _COUNTS_KEPT)
                self._table.counts[session_id] = CountsRecord(counts, expires)

    def _connection(self, session_id: str, connection_id: str) -> ConnectionRecord:
        return self._table.connections.get((session_id, connection_id)) or ConnectionRecord()

    def _is_gone(self, session: Session, connection_id: str) -> bool:
        return self._connection(session.id, connection_id).gone_at is not None

    def _put_arrival(self, session: Session, connection: Connection) -> None:
        before = self._connection(session.id, connection.id)
        known, new = before.participant, connection.participant
        place = place_of(new.user_id, connection.id, refused=connection.refused)
        self._table.connections[session.id, connection.id] = replace(
            before,
            participant=_completed(new, known),
            since=connection.since,
            recorded=before.recorded or connection.recorded,
            refused=connection.refused,
            place=before.place if new.user_id is None and before.place else place,
            expires=whole_second(connection.since + _LONGEST_CONNECTION),
        )
        if not session.monitored:
            self._table.monitor_session(session, connection.since + FIRST_CHECK)

    def _put_ending(self, session_id: str, connection_id: str, ending: Ending) -> None:
        before = self._connection(session_id, connection_id)
        self._table.connections[session_id, connection_id] = replace(before, own_ending=ending)

    def _put_published(
        self, session: Session, connection_id: str, implied: datetime | None = None
    ) -> None:
        before = self._connection(session.id, connection_id)
        self._table.connections[session.id, connection_id] = replace(
            before, published=True, implied=implied or before.implied
        )

    def _put_end(
        self,
        session: Session,
        connection_id: str,
        at: datetime,
        user_id: str | None,
        report: EndReport | EndHint | None,
    ) -> None:
        """Write a tombstone. It keeps the user's id for a user who comes back soon."""
        before, kept = self._connection(session.id, connection_id), self._table.attendance
        known = replace(before.participant, user_id=user_id)
        after = replace(
            before,
            gone_at=before.gone_at or at,
            went=before.went or at,
            place=None,
            streams={},
            expires=whole_second(at + max(kept, _TOMBSTONE)),
        )
        if isinstance(report, EndHint):
            seen, implied = before.seen or report.after, report.implied or before.implied
            after = replace(after, seen=seen, implied=implied)
        if isinstance(report, EndReport):
            reported = report.connection.participant
            known = _completed(known, reported)
            after = replace(
                after,
                since=before.since or report.connection.since,
                went=report.at,
                reported=report.ending,
            )
        if not kept:
            known = Participant(known.user_id, service=known.service)
        self._table.connections[session.id, connection_id] = replace(after, participant=known)

    def _put_streams(
        self,
        session: Session,
        connection_id: str,
        streams: Mapping[str, Stream | None],
        at: datetime,
    ) -> None:
        before = self._connection(session.id, connection_id)
        if before.gone_at is None:
            self._table.connections[session.id, connection_id] = replace(
                before,
                streams={**before.streams, **streams},
                expires=before.expires or whole_second(at + _TOMBSTONE),
            )

    def _put_departure(
        self, session: Session, user_id: str, at: datetime, *, only_later: bool = False
    ) -> None:
        found = self._table.departures.get((session.id, user_id))
        if found is None or not only_later or found.left_at < at:
            expires = whole_second(at + _DEPARTURE_KEPT)
            self._table.departures[session.id, user_id] = DepartureRecord(at, expires)

    def _of_session(self, session_id: str) -> list[tuple[str, Connection]]:
        """Return the session's current connections with their places, sorted by place."""
        return sorted(
            (
                (record.place, _connection_of(connection_id, record.since, record))
                for (of_session, connection_id), record in self._table.connections.items()
                if of_session == session_id and record.place and record.since
            ),
            key=itemgetter(0),
        )


def _completed(first: Participant, second: Participant) -> Participant:
    """Return the first participant, with what only the second says."""
    return Participant(
        second.user_id if first.user_id is None else first.user_id,
        second.name if first.name is None else first.name,
        first.role or second.role,
        first.service or second.service,
        first.invitation_id or second.invitation_id,
    )


def _connection_of(connection_id: str, since: datetime, record: ConnectionRecord) -> Connection:
    streams = (each for each in record.streams.values() if each is not None)
    return Connection(
        connection_id,
        since,
        record.participant,
        tuple(sorted(streams, key=lambda stream: (stream.since, stream.id))),
        record.refused,
    )


def _current(record: ConnectionRecord) -> int:
    return sum(each is not None for each in record.streams.values())


def _may_end_another(record: ConnectionRecord) -> bool:
    return sum(each is None for each in record.streams.values()) < MAX_ENDED_STREAMS
