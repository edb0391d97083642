"""Sessions and their connections in DynamoDB. A pooled session has no room, and is none here."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamodb.due_work import monitoring_update, session_from_item
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.presence import connection_queries, connections
from chalicelib.adapters.dynamodb.presence.connections import connection_from_item, connection_key
from chalicelib.adapters.dynamodb.presence.counts import counts_from_item, counts_key, counts_update
from chalicelib.adapters.dynamodb.presence.departures import (
    departure_key,
    departure_update,
    is_departure_after,
    later_departure_update,
)
from chalicelib.adapters.dynamodb.presence.stream_writes import (
    end_stream,
    record_stream,
    save_unassigned_streams,
)
from chalicelib.adapters.dynamodb.room_items import (
    FIRST_CHECK,
    room_from_item,
    room_key,
    session_key,
)
from chalicelib.adapters.dynamodb.seats import claim_update, release_update
from chalicelib.adapters.dynamodb.table import ConditionFailed, Item, Table, deserialize
from chalicelib.adapters.dynamodb.transactions import in_transaction, unchanged_room
from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import Connection, Counts, Ending, EndReport, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.ports.connection_page import ConnectionPage, EndedConnection
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_CONNECTION_WRITE: Final = 0
"""The number of the connection's write in a transaction that records a connection."""


class DynamoDBSessions:
    """The session store. It keeps attendance for this time, 0 to 400 days."""

    def __init__(self, client: "DynamoDBClient", table: str, attendance: timedelta) -> None:
        self._table = Table(client, table)
        self._attendance = attendance

    def session(self, session_id: str, deadline: Deadline) -> Session | None:
        item = self._table.get(session_key(session_id), deadline)
        return session_from_item(item) if item is not None and "roomId" in item else None

    def monitor(self, room: Room, now: datetime, deadline: Deadline) -> None:
        session = Session(room.session_id, room.name, room.room_id, owner=room.created_by)
        write = monitoring_update(session, now + FIRST_CHECK)
        self._table.update(session_key(room.session_id), write, deadline)
        # Unmark the room last: if this fails, the next join tries again.
        unmark = UpdateBuilder().only_if_equal(room.room_id, "roomId").remove("sessionIdle")
        with suppress(ConditionFailed):
            self._table.update(room_key(room.name), unmark, deadline)

    def record_connection(
        self,
        session: Session,
        connection: Connection,
        deadline: Deadline,
        expected: Room | None = None,
        ending: Ending | None = None,
    ) -> bool:
        key = connection_key(session.id, connection.id)
        write = connections.connected_update(connection, ending)
        try:
            if session.monitored and expected is None:
                self._table.update(key, write, deadline)
                return True
            writes = [self._update(key, write)]
            if not session.monitored:
                writes.append(self._monitor(session, connection))
            if expected is not None:
                writes.append(unchanged_room(self._table.name, expected))
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == _CONNECTION_WRITE:
                return False
            raise _stale_room(failure) from failure
        return True

    def record_connection_and_seat(
        self,
        session: Session,
        connection: Connection,
        room: Room,
        claim: SeatClaim,
        deadline: Deadline,
    ) -> bool:
        key = connection_key(session.id, connection.id)
        writes = [
            self._update(key, connections.connected_update(connection)),
            self._update(room_key(room.name), claim_update(room, claim)),
        ]
        if not session.monitored:
            writes.append(self._monitor(session, connection))
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == _CONNECTION_WRITE:
                return False
            raise _stale_room(failure) from failure
        return True

    def record_disconnection(
        self,
        session: Session,
        connection_id: str,
        at: datetime,
        deadline: Deadline,
        report: EndReport | EndHint | None = None,
    ) -> EndedConnection:
        end = connections.disconnected_update(at, report, self._attendance)
        old = self._table.exchange(connection_key(session.id, connection_id), end, deadline)
        before = deserialize(old)
        user_id, is_live = before.get("userId"), before.get("state") == connections.LIVE
        is_admitted = before.keys().isdisjoint({"refused", "service"})
        if is_admitted and user_id is not None:
            # Even if the end is on record: the first report may have failed between the two writes.
            write = later_departure_update(before.get("goneAt", epoch_milliseconds(at)))
            with suppress(ConditionFailed):
                self._table.update(departure_key(session.id, user_id), write, deadline)
        return EndedConnection(is_admitted and is_live, user_id)

    def mark_ending(
        self, session_id: str, connection_id: str, ending: Ending, deadline: Deadline
    ) -> None:
        write = UpdateBuilder().only_if_present("pk").set(ending.value, "endedAs")
        with suppress(ConditionFailed):
            self._table.update(connection_key(session_id, connection_id), write, deadline)

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
        key = connection_key(session.id, release.connection_id)
        write = connections.disconnected_update(
            at, report, self._attendance, user_id=release.user_id
        )
        left = departure_update(epoch_milliseconds(at))
        writes = [
            self._update(room_key(room.name), release_update(room, release)),
            self._update(key, write),
            self._update(departure_key(session.id, release.user_id), left),
        ]
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            raise _stale_room(failure) from failure

    def record_stream(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        record_stream(self._table, connection_key(session.id, connection_id), stream, deadline)

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
        key = connection_key(session.id, connection_id)
        end_stream(self._table, key, stream_id, at, deadline, implied=implied)

    def save_unassigned_streams(
        self, session: Session, streams: Sequence[Stream], deadline: Deadline
    ) -> None:
        save_unassigned_streams(self._table, session_key(session.id), streams, deadline)

    def connection(
        self, session_id: str, connection_id: str, deadline: Deadline
    ) -> Connection | None:
        item = self._table.get(connection_key(session_id, connection_id), deadline)
        is_current = item is not None and item.get("state") == {"S": connections.LIVE}
        return connection_from_item(item) if item is not None and is_current else None

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        query = connection_queries.live_connections(session_id)
        return [connection_from_item(item) for item in self._table.query(query, deadline)]

    def page(
        self, session_id: str, start: str | None, limit: int, deadline: Deadline
    ) -> ConnectionPage:
        found, others = connection_queries.read_page(
            self._table, session_id, start, limit, deadline
        )
        places = tuple(item["place"]["S"] for item in found)
        return ConnectionPage(tuple(connection_from_item(item) for item in found), places, others)

    def of_user(self, session_id: str, user_id: str, deadline: Deadline) -> list[Connection]:
        query = connection_queries.live_connections_of_user(session_id, user_id)
        return [connection_from_item(item) for item in self._table.query(query, deadline)]

    def was_connected(
        self, session_id: str, user_id: str, since: datetime, deadline: Deadline
    ) -> bool:
        query = connection_queries.one_admitted_connection_of_user(session_id, user_id)
        if next(self._table.query(query, deadline), None) is not None:
            return True
        departure = self._table.get(departure_key(session_id, user_id), deadline)
        return departure is not None and is_departure_after(departure, since)

    def counts(self, session_id: str, deadline: Deadline) -> Counts | None:
        item = self._table.get(counts_key(session_id), deadline)
        return None if item is None else counts_from_item(item)

    def save_counts(self, session_id: str, counts: Counts, deadline: Deadline) -> None:
        with suppress(ConditionFailed):
            self._table.update(counts_key(session_id), counts_update(counts), deadline)

    def _monitor(self, session: Session, connection: Connection) -> "TransactWriteItemTypeDef":
        write = monitoring_update(session, connection.since + FIRST_CHECK)
        return self._update(session_key(session.id), write)

    def _update(self, key: Item, write: UpdateBuilder) -> "TransactWriteItemTypeDef":
        return in_transaction(self._table.name, key, write)


def _stale_room(failure: ConditionFailed) -> StaleRoom:
    return StaleRoom(room_from_item(failure.item) if failure.item else None)
