"""Sessions and who is in them, in DynamoDB."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.adapters.dynamodb import connections, seats
from chalicelib.adapters.dynamodb.connections import connection_key, connection_of
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import (
    FIRST_CHECK,
    SESSIONS,
    Item,
    plain,
    room_key,
    room_of,
    session_key,
    typed,
)
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table, is_too_large
from chalicelib.core.model.connection import Connection, Counts, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.session_store import ConnectionPage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import epoch_milliseconds, from_epoch_milliseconds
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        ConditionCheckTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

_CONNECTION_WRITE: Final = 0
"""Where the connection's write stands in an arrival's transaction."""
_COUNTS_KEPT_SECONDS: Final = 86_400


class DynamoDBSessions:
    """The session store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def session(self, session_id: str, deadline: Deadline) -> Session | None:
        item = self._table.get(session_key(session_id), deadline)
        if item is None:
            return None
        values = plain(item)
        expires = values.get("expiresAt")
        return Session(
            id=session_id,
            room_name=values["name"],
            room_id=values["roomId"],
            has_access_limits=values.get("hasAccessLimits", False),
            monitored="dueKind" in values and "idle" not in values,
            retired_until=None if expires is None else datetime.fromtimestamp(int(expires), UTC),
        )

    def monitor(self, room: Room, now: datetime, deadline: Deadline) -> None:
        write = _watching(room.name, room.room_id, now + FIRST_CHECK)
        self._table.update(session_key(room.session_id), write, deadline)
        # Last: while the room says that monitoring has stopped, the next join tries this again.
        known = UpdateBuilder().only_if_equal(room.room_id, "roomId").remove("monitoringStopped")
        with suppress(ConditionFailed):
            self._table.update(room_key(room.name), known, deadline)

    def record_connection(
        self,
        session: Session,
        connection: Connection,
        deadline: Deadline,
        standing: Room | None = None,
    ) -> bool:
        key, write = connection_key(session.id, connection.id), connections.arrival(connection)
        try:
            if session.monitored and standing is None:
                self._table.update(key, write, deadline)
                return True
            writes = [self._update(key, write)]
            if not session.monitored:
                writes.append(self._watch(session, connection))
            if standing is not None:
                writes.append(self._check(standing))
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == _CONNECTION_WRITE:
                return False
            raise _outdated(failure) from failure
        return True

    def record_connection_and_seat(
        self,
        session: Session,
        connection: Connection,
        room: Room,
        claim: SeatClaim,
        deadline: Deadline,
    ) -> bool:
        writes = [
            self._update(
                connection_key(session.id, connection.id), connections.arrival(connection)
            ),
            self._update(room_key(room.name), seats.seated(room, claim)),
        ]
        if not session.monitored:
            writes.append(self._watch(session, connection))
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == _CONNECTION_WRITE:
                return False
            raise _outdated(failure) from failure
        return True

    def record_disconnection(
        self, session: Session, connection_id: str, at: datetime, deadline: Deadline
    ) -> bool:
        key = connection_key(session.id, connection_id)
        before = plain(self._table.exchange(key, connections.end(at), deadline))
        was_live = before.get("state") == connections.LIVE
        return was_live and before.keys().isdisjoint({"refused", "service"})

    def record_disconnection_and_release(
        self, session: Session, room: Room, release: SeatRelease, at: datetime, deadline: Deadline
    ) -> None:
        key = connection_key(session.id, release.connection_id)
        write = connections.end(at).set(release.user_id, "userId")
        writes = [
            self._update(room_key(room.name), seats.left(room, release)),
            self._update(key, write),
        ]
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            raise _outdated(failure) from failure

    def record_stream(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        key = connection_key(session.id, connection_id)
        self._keep_stream(key, connections.stream_start(stream), deadline)

    def end_stream(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        at: datetime,
        deadline: Deadline,
    ) -> None:
        key = connection_key(session.id, connection_id)
        self._keep_stream(key, connections.stream_end(stream_id, at), deadline)

    def _keep_stream(self, key: Item, write: UpdateBuilder, deadline: Deadline) -> None:
        try:
            self._table.update(key, write, deadline)
        except ConditionFailed:
            pass
        except StoreUnavailable as failure:
            if not is_too_large(failure):
                raise
            # Thousands of streams of one connection; told again, there would be no more room.
            increment("StreamsNotRecorded")

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        return [connection_of(item) for item in self._live(session_id, deadline)]

    def page(
        self, session_id: str, start: str | None, limit: int, deadline: Deadline
    ) -> ConnectionPage:
        found = self._live(session_id, deadline, after=start, looked_at=2 * (limit + 1))
        listed = list(islice(found, limit + 1))
        shown = tuple(connection_of(item) for item in listed[:limit])
        return ConnectionPage(shown, shown[-1].id if len(listed) > limit else None)

    def of_user(self, session_id: str, user_id: str, deadline: Deadline) -> list[Connection]:
        found = self._of_session(
            session_id,
            deadline,
            "userId = :user AND #state = :live",
            {":user": user_id, ":live": connections.LIVE},
            names={"#state": "state"},
        )
        return [connection_of(item) for item in found]

    def was_connected(
        self, session_id: str, user_id: str, since: datetime, deadline: Deadline
    ) -> bool:
        found = self._of_session(
            session_id,
            deadline,
            "userId = :user AND attribute_not_exists(refused)"
            " AND (#state = :live OR goneAt > :since)",
            {":user": user_id, ":live": connections.LIVE, ":since": epoch_milliseconds(since)},
            names={"#state": "state"},
        )
        return next(found, None) is not None

    def counts(self, session_id: str, deadline: Deadline) -> Counts | None:
        item = self._table.get(_counts_key(session_id), deadline)
        if item is None:
            return None
        values = plain(item)
        return Counts(
            connections=values["connections"],
            publishing=values["publishing"],
            streams=values["streams"],
            counted_at=from_epoch_milliseconds(values["countedAt"]),
        )

    def save_counts(self, session_id: str, counts: Counts, deadline: Deadline) -> None:
        counted = epoch_milliseconds(counts.counted_at)
        write = (
            UpdateBuilder().set(counts.connections, "connections").set(counts.streams, "streams")
        )
        write.set(counts.publishing, "publishing").set(counted, "countedAt")
        write.set(int(counts.counted_at.timestamp()) + _COUNTS_KEPT_SECONDS, "expiresAt")
        place = write.path("countedAt")
        write.only_if(f"attribute_not_exists({place}) OR {place} < {write.value(counted)}")
        with suppress(ConditionFailed):
            self._table.update(_counts_key(session_id), write, deadline)

    def _live(
        self,
        session_id: str,
        deadline: Deadline,
        after: str | None = None,
        looked_at: int | None = None,
    ) -> Iterator[Item]:
        return self._of_session(
            session_id,
            deadline,
            "#state = :live",
            {":live": connections.LIVE},
            names={"#state": "state"},
            after=after,
            looked_at=looked_at,
        )

    def _of_session(
        self,
        session_id: str,
        deadline: Deadline,
        wanted: str,
        values: dict[str, object],
        *,
        names: dict[str, str],
        after: str | None = None,
        looked_at: int | None = None,
    ) -> Iterator[Item]:
        """What the filter leaves, read so many at a time; as many as fit, where that is None."""
        start = connections.PREFIX if after is None else f"{connections.PREFIX}{after}\0"
        partition = f"session#{session_id}"
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :start AND :end",
            "FilterExpression": wanted,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": typed(
                {
                    ":pk": partition,
                    ":start": start,
                    ":end": f"{connections.PREFIX}\U0010ffff",
                    **values,
                }
            ),
            "ConsistentRead": True,
        }
        if looked_at is not None:
            query["Limit"] = looked_at
        return self._table.query(query, deadline)

    def _watch(self, session: Session, connection: Connection) -> "TransactWriteItemTypeDef":
        write = _watching(session.room_name, session.room_id, connection.since)
        return self._update(session_key(session.id), write)

    def _check(self, room: Room) -> "TransactWriteItemTypeDef":
        write = UpdateBuilder().only_if_equal(room.room_id, "roomId")
        write.only_if_equal(room.revision, "revision")
        check = write.check(self._table.name, room_key(room.name))
        return {"ConditionCheck": cast("ConditionCheckTypeDef", check)}

    def _update(self, key: Item, write: UpdateBuilder) -> "TransactWriteItemTypeDef":
        return {"Update": cast("UpdateTypeDef", write.update(self._table.name, key))}


def _watching(room_name: str, room_id: str, due: datetime) -> UpdateBuilder:
    """Have reconciliation look after a session from now on; mends the item if it was lost."""
    write = UpdateBuilder().set(room_name, "name").set(room_id, "roomId")
    write.set(SESSIONS, "dueKind").remove("idle")
    return write.set_if_absent(epoch_milliseconds(due), "dueAt")


def _counts_key(session_id: str) -> Item:
    return typed({"pk": f"session#{session_id}", "sk": "counts"})


def _outdated(failure: ConditionFailed) -> StaleRoom:
    return StaleRoom(room_of(failure.item) if failure.item else None)
