"""Fake session store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.connection import Connection, Counts, Participant, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.ports.session_store import ConnectionPage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import from_epoch_milliseconds
from chalicelib.core.support.metrics import increment
from tests.fakes.memory.records import ConnectionRecord, CountsRecord
from tests.fakes.memory.seats import seats_after, seats_left
from tests.fakes.memory.table import FIRST_CHECK, MAX_BYTES, Table, whole_second

_LONGEST_CONNECTION: Final = timedelta(days=31)
_TOMBSTONE: Final = timedelta(hours=48)
_COUNTS_KEPT: Final = timedelta(days=1)
_STREAM_BYTES: Final = 60
"""About how many bytes a stream takes beside its id and its name."""


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
                retired_until=found.expires,
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
    ) -> bool:
        with self._table.faults.call("record_connection", deadline):
            if self._is_gone(session, connection.id):
                return False
            if expected is not None:
                self._table.current(expected)
            self._put_arrival(session, connection)
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
        self, session: Session, connection_id: str, at: datetime, deadline: Deadline
    ) -> bool:
        with self._table.faults.call("record_disconnection", deadline):
            before = self._connection(session.id, connection_id)
            self._put_end(session, connection_id, at, before.participant.user_id)
            return before.is_live and not before.refused and before.participant.service is None

    def record_disconnection_and_release(
        self, session: Session, room: Room, release: SeatRelease, at: datetime, deadline: Deadline
    ) -> None:
        with self._table.faults.call("record_disconnection_and_release", deadline):
            record = self._table.same_room(room)
            self._table.put_room(record, seats=seats_left(record.room, release))
            self._put_end(session, release.connection_id, at, release.user_id)

    def record_stream(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        with self._table.faults.call("record_stream", deadline):
            before = self._connection(session.id, connection_id)
            if stream.id not in before.streams:
                self._put_stream(session, connection_id, stream.id, stream, stream.since)

    def end_stream(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        at: datetime,
        deadline: Deadline,
    ) -> None:
        with self._table.faults.call("end_stream", deadline):
            self._put_stream(session, connection_id, stream_id, None, at)

    def save_unassigned_streams(
        self, session: Session, streams: Sequence[Stream], deadline: Deadline
    ) -> None:
        with self._table.faults.call("save_unassigned_streams", deadline):
            found = self._table.sessions.get(session.id)
            if found is not None:
                self._table.sessions[session.id] = replace(found, unassigned_streams=tuple(streams))

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        with self._table.faults.call("connections", deadline):
            return list(self._of_session(session_id, lambda record: record.is_live))

    def page(
        self, session_id: str, start: str | None, limit: int, deadline: Deadline
    ) -> ConnectionPage:
        with self._table.faults.call("page", deadline):
            found = self._of_session(session_id, lambda record: record.is_live)
            listed = [each for each in found if start is None or each.id > start]
            shown = tuple(listed[:limit])
            return ConnectionPage(shown, shown[-1].id if len(listed) > limit else None)

    def of_user(self, session_id: str, user_id: str, deadline: Deadline) -> list[Connection]:
        with self._table.faults.call("of_user", deadline):
            found = self._of_session(session_id, lambda record: record.is_live)
            return [each for each in found if each.participant.user_id == user_id]

    def was_connected(
        self, session_id: str, user_id: str, since: datetime, deadline: Deadline
    ) -> bool:
        with self._table.faults.call("was_connected", deadline):
            return any(
                record.participant.user_id == user_id
                and not record.refused
                and (record.is_live or (record.gone_at is not None and record.gone_at > since))
                for (of_session, _), record in self._table.connections.items()
                if of_session == session_id
            )

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
        self._table.connections[session.id, connection.id] = replace(
            before,
            participant=Participant(
                known.user_id if new.user_id is None else new.user_id,
                known.name if new.name is None else new.name,
                new.role or known.role,
                new.service or known.service,
            ),
            since=connection.since,
            refused=connection.refused,
            expires=whole_second(connection.since + _LONGEST_CONNECTION),
        )
        if not session.monitored:
            self._table.monitor_session(session, connection.since + FIRST_CHECK)

    def _put_end(
        self, session: Session, connection_id: str, at: datetime, user_id: str | None
    ) -> None:
        """Write a tombstone. It keeps the user's id for a user who comes back soon."""
        before = self._connection(session.id, connection_id)
        self._table.connections[session.id, connection_id] = replace(
            before,
            participant=Participant(user_id, service=before.participant.service),
            gone_at=before.gone_at or at,
            expires=whole_second(at + _TOMBSTONE),
        )

    def _put_stream(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        stream: Stream | None,
        at: datetime,
    ) -> None:
        before = self._connection(session.id, connection_id)
        if before.gone_at is not None:
            return
        after = replace(
            before,
            streams={**before.streams, stream_id: stream},
            expires=before.expires or whole_second(at + _TOMBSTONE),
        )
        if _bytes(after) > MAX_BYTES:
            increment("StreamsNotRecorded")
            return
        self._table.connections[session.id, connection_id] = after

    def _of_session(
        self, session_id: str, wanted: Callable[[ConnectionRecord], bool]
    ) -> Iterator[Connection]:
        """Iterate over the session's connections by id."""
        found = [each for each in self._table.connections.items() if each[0][0] == session_id]
        for (_, connection_id), record in sorted(found, key=_id):
            if record.since is not None and wanted(record):
                streams = (each for each in record.streams.values() if each is not None)
                yield Connection(
                    connection_id,
                    record.since,
                    record.participant,
                    tuple(sorted(streams, key=lambda stream: (stream.since, stream.id))),
                    record.refused,
                )


def _id(record: tuple[tuple[str, str], ConnectionRecord]) -> str:
    (_, connection_id), _ = record
    return connection_id


def _bytes(record: ConnectionRecord) -> int:
    """Return about how many bytes DynamoDB would have to keep."""
    names = (each.name for each in record.streams.values() if each is not None)
    return len(record.streams) * _STREAM_BYTES + sum(
        len(text.encode()) for text in (*record.streams, *names)
    )
