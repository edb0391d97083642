"""Fake room store."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from chalicelib.core.model.room import NAME_KEPT_AFTER_CLOSING, Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.seats import Seats
from chalicelib.core.ports.quota_store import Allowance, AllowanceSpent
from chalicelib.core.ports.room_store import RoomCursor, RoomPage
from chalicelib.core.ports.video_platform import SessionTaken
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds
from tests.fakes.memory.records import RoomRecord
from tests.fakes.memory.table import WARNING_MILLISECONDS, Table, has_access_limits, whole_second

_NEVER_SET = frozenset({"seats", "admins_until", "session_idle", "revision"})
"""Fields that other writes than `compare_and_set` change, without a new revision."""


class FakeRooms:
    """Rooms in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, name: str, deadline: Deadline) -> Room | None:
        with self._table.faults.call("find", deadline):
            found = self._table.rooms.get(name.lower())
            return None if found is None else found.room

    def create(
        self,
        room: Room,
        replaced: Room | None,
        deadline: Deadline,
        allowance: Allowance | None = None,
        pooled_for: str | None = None,
    ) -> Room:
        with self._table.faults.call("create", deadline):
            found = self._table.room(room)
            if found is not None and (replaced is None or found.room.room_id != replaced.room_id):
                return found.room
            pooled = self._table.pool.get(room.session_id)
            if pooled_for is not None and (pooled is None or pooled.project != pooled_for):
                raise SessionTaken
            if allowance is not None:
                if self._table.used(allowance.period) >= allowance.limit:
                    raise AllowanceSpent
                self._table.add_usage(allowance.period, 1)
            due = _due(room)
            self._table.put_room(RoomRecord(room, due, due is not None), session_idle=False)
            self._table.pool.pop(room.session_id, None)
            self._table.start_session(room, room.created_at)
            if room.settings.archive_retention_days is not None:
                self._table.put_retention(room, room.created_at)
            return room

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> Room:
        with self._table.faults.call("close", deadline):
            found = self._table.room(room)
            if found is None or found.room.room_id != room.room_id or found.room.closed_at:
                return room
            closed = RoomRecord(
                replace(
                    found.room,
                    closed_at=closed_at,
                    revision=found.room.revision + 1,
                    seats=Seats(),
                ),
                due=epoch_milliseconds(closed_at),
                is_listed_as_due=True,
                expires=whole_second(closed_at + NAME_KEPT_AFTER_CLOSING),
            )
            self._table.put_room(closed)
            # It may have been opened again meanwhile, with another session.
            as_it_stood = room if found.room.session_id == room.session_id else found.room
            self._table.retire_session(as_it_stood, closed_at)
            return as_it_stood

    def compare_and_set(self, before: Room, after: Room, now: datetime, deadline: Deadline) -> None:
        with self._table.faults.call("compare_and_set", deadline):
            found = self._table.current(before)
            room = replace(
                found.room,
                **_differing(before, after, _NEVER_SET | {"settings"}),
                settings=replace(
                    found.room.settings, **_differing(before.settings, after.settings)
                ),
                revision=found.room.revision + 1,
            )
            if after.seats is not before.seats:
                room = replace(
                    room, seats=replace(room.seats, **_differing(before.seats, after.seats))
                )
            record = replace(found, room=room)
            due = _due(after)
            if due != _due(before):
                record = replace(record, due=due, is_listed_as_due=due is not None)
            self._table.put_room(record)
            self._change_session(before, after, now)
            if before.settings.archive_retention_days != after.settings.archive_retention_days:
                self._table.put_retention(after, now)

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        with self._table.faults.call("created_by", deadline):
            listed = sorted(self._listed(user_id), key=_position, reverse=True)
            if start is not None:
                after = (start.created_at, start.name.lower())
                listed = [room for room in listed if _position(room) < after]
            shown = tuple(listed[:limit])
            if len(listed) <= limit:
                return RoomPage(shown, None)
            return RoomPage(shown, RoomCursor(shown[-1].name.lower(), shown[-1].created_at))

    def count_created_by(self, user_id: str, limit: int, deadline: Deadline) -> int:
        with self._table.faults.call("count_created_by", deadline):
            return min(limit, len(list(self._listed(user_id))))

    def _listed(self, user_id: str) -> Iterator[Room]:
        for record in self._table.rooms.values():
            if record.room.created_by == user_id and record.room.closed_at is None:
                yield record.room

    def _change_session(self, before: Room, after: Room, now: datetime) -> None:
        """Write what follows for sessions: another hint, or another session."""
        if before.session_id != after.session_id:
            self._table.start_session(after, now)
            self._table.retire_session(before, now)
        elif _of_session(before) != _of_session(after):
            self._table.update_session(
                after.session_id,
                after.name,
                after.room_id,
                owner=after.created_by,
                has_access_limits=has_access_limits(after),
            )


def _of_session(room: Room) -> tuple[str, str | None, bool]:
    return room.name, room.created_by, has_access_limits(room)


def _differing(
    before: Room | RoomSettings | Seats,
    after: Room | RoomSettings | Seats,
    but: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return the fields that a change gives other values, with these values."""
    return {
        each.name: getattr(after, each.name)
        for each in fields(before)
        if each.name not in but and getattr(after, each.name) != getattr(before, each.name)
    }


def _position(room: Room) -> tuple[datetime, str]:
    return room.created_at, room.name.lower()


def _due(room: Room) -> int | None:
    """Return when the room is due. At first that is a while before it closes."""
    if room.closed_at is not None:
        return epoch_milliseconds(room.closed_at)
    closes_at = room.settings.closes_at
    return None if closes_at is None else epoch_milliseconds(closes_at) - WARNING_MILLISECONDS
