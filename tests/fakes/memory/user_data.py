"""Fake stores of users' records, and of erasures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.core.model.usage import Usage
from chalicelib.core.model.user_data.user_record import Erasure, RecordKind, UserRecord, room_record
from chalicelib.core.ports.user_data.user_record_store import RecordPage, SearchPlace
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.records import ConnectionRecord
from tests.fakes.memory.table import Table


class FakeUserRecords:
    """The records of users in memory.

    Args:
        table: The table.
        page_size: The number of records that a page looks at.
    """

    def __init__(self, table: Table, page_size: int = 3) -> None:
        self._table = table
        self.page_size = page_size

    def find_records(self, user_id: str, start: str | None, deadline: Deadline) -> RecordPage:
        with self._table.faults.call("records_page", deadline):
            every = sorted(self._every(user_id))
            left = [key for key in every if start is None or key[0] > start]
            shown = left[: self.page_size]
            found = tuple(record for _, record in shown if record is not None)
            return RecordPage(found, None if len(left) <= len(shown) else shown[-1][0])

    def anonymize(
        self, record: UserRecord, user_id: str, tombstone: str, deadline: Deadline
    ) -> bool:
        with self._table.faults.call(f"anonymize_{record.kind}", deadline):
            table = self._table
            match record.kind:
                case RecordKind.SESSION:
                    found = table.sessions[record.id]
                    table.sessions[record.id] = replace(found, owner=tombstone)
                case RecordKind.CONNECTION:
                    self._anonymize_connection(record, tombstone)
                case RecordKind.INVITATION:
                    held = table.invitations[record.id]
                    invitation = replace(held.invitation, created_by=tombstone)
                    table.invitations[record.id] = replace(held, invitation=invitation)
                case RecordKind.WAITING:
                    self._remove_waiting(record)
                case RecordKind.USAGE:
                    for key in [each for each in table.sums if each[:2] == ("creator", user_id)]:
                        if key[2].isoformat() == record.id:
                            sums = table.sums.pop(key)
                            own = table.sums.setdefault(("creator", tombstone, key[2]), {})
                            own.update(sums)
            return True

    def position(self, place: SearchPlace, deadline: Deadline) -> str | None:
        with self._table.faults.call("position", deadline):
            return self._table.searches.get(place)

    def save_position(
        self,
        place: SearchPlace,
        position: str,
        until: datetime,  # noqa: ARG002  the test's own table ends with the test
        deadline: Deadline,
    ) -> None:
        with self._table.faults.call("save_position", deadline):
            self._table.searches[place] = position
            self._table.searches.pop(replace(place, page=place.page - 2), None)

    def _anonymize_connection(self, record: UserRecord, tombstone: str) -> None:
        key = (record.within or "", record.id)
        found = self._table.connections[key]
        participant = replace(found.participant, user_id=tombstone, name=tombstone)
        self._table.connections[key] = replace(found, participant=participant)

    def _remove_waiting(self, record: UserRecord) -> None:
        found = self._table.waiting[record.within or ""]
        users = {key: user for key, user in found.waiting.users.items() if key != record.id}
        waiting = replace(found.waiting, users=users)
        self._table.waiting[record.within or ""] = replace(found, waiting=waiting)

    def _every(self, user_id: str) -> Iterator[tuple[str, UserRecord | None]]:
        """Yield all records, and None for each that does not name the user."""
        table = self._table
        for name, held in table.rooms.items():
            yield f"room#{name}", room_record(held.room, user_id, f"room#{name}")
        for session_id, session in table.sessions.items():
            key = f"session#{session_id}"
            record = UserRecord(
                kind=RecordKind.SESSION,
                id=session_id,
                within=session.room_name,
                since=session.started,
                key=key,
            )
            yield key, record if session.owner == user_id else None
        for (session_id, connection_id), connection in table.connections.items():
            key = f"session#{session_id}#{connection_id}"
            of_user = connection.participant.user_id == user_id
            line = _connection(session_id, connection_id, connection, key)
            yield key, line if of_user else None
        for invitation_id, kept in table.invitations.items():
            key, invitation = f"invitation#{invitation_id}", kept.invitation
            record = UserRecord(
                kind=RecordKind.INVITATION,
                id=invitation_id,
                within=invitation.room_name,
                since=invitation.created_at,
                until=invitation.expires_at,
                key=key,
            )
            yield key, record if invitation.created_by == user_id else None
        yield from self._others(user_id)

    def _others(self, user_id: str) -> Iterator[tuple[str, UserRecord | None]]:
        table = self._table
        for session_id, waiting in table.waiting.items():
            key = f"waiting#{session_id}"
            users = [each for each in waiting.waiting.users.values() if each.user_id == user_id]
            record = None
            if users:
                record = UserRecord(
                    kind=RecordKind.WAITING,
                    id=users[0].id,
                    within=session_id,
                    name=users[0].name,
                    since=users[0].since,
                    key=key,
                )
            yield key, record
        for (kind, creator, day), sums in table.sums.items():
            if kind == "creator":
                key = f"usage#{day}#{creator}"
                record = UserRecord(
                    kind=RecordKind.USAGE,
                    id=day.isoformat(),
                    usage=sum(sums.values(), Usage()),
                    key=key,
                )
                yield key, record if creator == user_id else None
        for (user, counted), usage in table.usage.items():
            key = f"user#{user}#{counted}"
            record = UserRecord(
                kind=RecordKind.QUOTA,
                id=counted.partition("#")[0],
                until=usage.expires,
                key=key,
            )
            yield key, record if user == user_id else None


def _connection(
    session_id: str, connection_id: str, found: ConnectionRecord, key: str
) -> UserRecord:
    return UserRecord(
        kind=RecordKind.CONNECTION,
        id=connection_id,
        within=session_id,
        name=found.participant.name,
        role=found.participant.role,
        since=found.since,
        until=found.ended or found.gone_at,
        key=key,
    )


class FakeErasures:
    """Erasures in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin_erasure(self, erasure: Erasure, deadline: Deadline) -> Erasure:
        with self._table.faults.call("begin_erasure", deadline):
            found = self._table.erasures.get(erasure.of)
            if found is not None and found.user_id is not None:
                return found
            self._table.erasures[erasure.of] = erasure
            return erasure

    def find_erasure(self, of: str, deadline: Deadline) -> Erasure | None:
        with self._table.faults.call("find_erasure", deadline):
            return self._table.erasures.get(of)

    def running(self, deadline: Deadline) -> Sequence[Erasure]:
        with self._table.faults.call("running_erasures", deadline):
            return [each for each in self._table.erasures.values() if each.user_id is not None]

    def save_progress(self, before: Erasure, after: Erasure, deadline: Deadline) -> Erasure | None:
        with self._table.faults.call("save_erasure", deadline):
            found = self._table.erasures.get(before.of)
            if found is None or (found.version, found.requested_at) != (
                before.version,
                before.requested_at,
            ):
                return None
            saved = after.saved(before)
            self._table.erasures[before.of] = saved
            return saved
