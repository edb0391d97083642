"""Rooms and deadlines for tests of the room store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.support.deadline import Deadline

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LONGEST_TOKEN = timedelta(days=7)
"""The time for which the retired sessions of these rooms are kept."""

_numbers = count(1)


def a_room(
    name: str = "standup",
    *,
    created_by: str | None = "alice",
    created_at: datetime = NOON,
    settings: RoomSettings | None = None,
) -> Room:
    """Return a room that no store has yet, with ids that no other room has."""
    number = next(_numbers)
    return Room(
        name=name,
        room_id=f"room-{number}",
        session_id=f"session-{number}",
        created_at=created_at,
        created_by=created_by,
        settings=settings or RoomSettings(moderators=frozenset({"alice"})),
    )


def closed(room: Room, at: datetime) -> Room:
    """Return the closed version of a room."""
    return replace(room, closed_at=at, revision=room.revision + 1)


def soon() -> Deadline:
    """Return a deadline that only a bug can miss."""
    return Deadline(30)
