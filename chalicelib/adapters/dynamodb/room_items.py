"""The items of a room: the room itself, its sessions, and its retention schedule.

A setting that is null is an absent attribute. Times are milliseconds since 1970. Only `expiresAt`,
DynamoDB's time to live, is in seconds. `restricted` is true if the room has a list of members.
The list itself is a string set, and DynamoDB cannot store an empty set.

The index of due work has the keys `dueKind` and `dueAt`, and three kinds of item:

- A room, until its clients got the closing warning and, once it is closed, were disconnected.
- A session, while clients may be connected to it. Its `dueKind` names its queue, and one of 8
  shards by the hash of its id, so that no partition of the index takes the writes of all checks.
- A retention schedule, while the room has a retention time for its archives.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zlib import crc32

from chalicelib.adapters.dynamodb.packed_ids import packed, unpacked
from chalicelib.adapters.dynamodb.table import Item, deserialize, serialize
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import (
    ArchiveMode,
    ArchivesFor,
    MediaMode,
    Resolution,
    RoomSettings,
)
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import Role
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

ROOMS: Final = "rooms"
RETENTION: Final = "retention"
"""The values of `dueKind` of rooms and of schedules."""

SHARDS: Final = 8
"""The number of parts of each queue of sessions."""

WARNING: Final = timedelta(seconds=120)
"""The time between a room's first due time and its closing time."""

FIRST_CHECK: Final = timedelta(seconds=60)
"""The age of a session at its first check. By then, every callback has arrived or is lost."""

_MILLISECOND: Final = timedelta(milliseconds=1)


def room_key(name: str) -> Item:
    return serialize({"pk": f"room#{name.lower()}", "sk": "room"})


def session_key(session_id: str) -> Item:
    return serialize({"pk": f"session#{session_id}", "sk": "session"})


def room_item(room: Room) -> Item:
    return room_key(room.name) | serialize(
        room_values(room)
        | {
            "revision": room.revision,
            "adminsUntil": _times(room.admins_until),
            **seat_values(room),
        }
    )


def seat_values(room: Room) -> dict[str, object]:
    seats = room.seats
    return {
        "seats": {packed(user): _times(each) for user, each in seats.connections.items()},
        "holds": _times(seats.holds),
        "waiting": _times(seats.waiting),
    }


def room_values(room: Room) -> dict[str, Any]:
    """Return the attributes that change only with the revision. None means an absent attribute."""
    settings = room.settings
    due = _due(room)
    return {
        "name": room.name,
        "roomId": room.room_id,
        "sessionId": room.session_id,
        "createdAt": epoch_milliseconds(room.created_at),
        "createdBy": room.created_by,
        "listedFor": room.created_by if room.closed_at is None else None,
        "closedAt": _milliseconds(room.closed_at),
        "mediaMode": settings.media_mode.value,
        "archiveMode": settings.archive_mode.value,
        "archiveName": settings.archive_name,
        "archiveResolution": settings.archive_resolution and settings.archive_resolution.value,
        "location": settings.location,
        "e2ee": settings.e2ee,
        "defaultRole": settings.default_role.value,
        "moderators": settings.moderators,
        "restricted": settings.members is not None,
        "members": settings.members,
        "maxParticipants": settings.max_participants,
        "moderatorSeats": settings.moderator_seats,
        "waitingRoom": settings.waiting_room,
        "opensAt": _milliseconds(settings.opens_at),
        "closesAt": _milliseconds(settings.closes_at),
        "archivesFor": settings.archives_for.value,
        "archiveRetentionDays": settings.archive_retention_days,
        "locked": room.locked,
        "bans": _times(room.bans),
        "dueKind": None if due is None else ROOMS,
        "dueAt": due,
    }


def sessions_listing(name: str) -> str:
    """Return the `listedFor` of the sessions of rooms of this name.

    It is longer than any user's id, so that it lists no session among a user's rooms.
    """
    return name.lower().rjust(256, "/")


def session_item(room: Room) -> Item:
    """Build the item that names the room of a current or retired session."""
    return session_key(room.session_id) | serialize(
        {
            "name": room.name,
            "listedFor": sessions_listing(room.name),
            "roomId": room.room_id,
            "createdBy": room.created_by,
            "hasAccessLimits": room.settings.max_participants is not None or room.locked,
        }
    )


def retention_key(room_id: str) -> Item:
    """Build the schedule's key: in the partition of the room's archives, with another sort key."""
    return serialize({"pk": f"media#{room_id}", "sk": "retention"})


def retention_item(room: Room, at: datetime) -> Item:
    """Build the room's retention schedule, due at once.

    Without a retention time, the item is empty and expires at once.
    """
    days = room.settings.archive_retention_days
    if days is None:
        return retention_key(room.room_id) | serialize({"expiresAt": int(at.timestamp())})
    return retention_key(room.room_id) | serialize(
        {"name": room.name, "days": days, "dueKind": RETENTION, "dueAt": epoch_milliseconds(at)}
    )


def due_kind(queue: CheckQueue, shard: int) -> str:
    """Return the `dueKind` of the sessions in one part of a queue."""
    return f"sessions#{queue.value}#{shard}"


def queue_of(session_id: str, queue: CheckQueue) -> str:
    """Return the `dueKind` of a session in this queue."""
    return due_kind(queue, crc32(session_id.encode()) % SHARDS)


def started_session_item(room: Room, at: datetime) -> Item:
    """Build the item of a new session, checked soon because the first callback may be lost."""
    queue = queue_of(room.session_id, CheckQueue.LIVE)
    due = epoch_milliseconds(at + FIRST_CHECK)
    started = {"dueKind": queue, "dueAt": due, "createdAt": epoch_milliseconds(at)}
    return session_item(room) | serialize(started)


def room_from_item(item: Mapping[str, Any]) -> Room:
    """Build a room from an item that DynamoDB returned."""
    values = deserialize(item)
    resolution = values.get("archiveResolution")
    return Room(
        name=values["name"],
        room_id=values["roomId"],
        session_id=values["sessionId"],
        created_at=from_epoch_milliseconds(values["createdAt"]),
        created_by=values.get("createdBy"),
        closed_at=moment(values.get("closedAt")),
        revision=values["revision"],
        locked=values["locked"],
        bans=_moments(values["bans"]),
        seats=Seats(
            {unpacked(user): _moments(each) for user, each in values["seats"].items()},
            _moments(values["holds"]),
            _moments(values["waiting"]),
        ),
        admins_until=_moments(values["adminsUntil"]),
        session_idle="sessionIdle" in values,
        settings=RoomSettings(
            media_mode=MediaMode(values["mediaMode"]),
            archive_mode=ArchiveMode(values["archiveMode"]),
            archive_name=values.get("archiveName"),
            archive_resolution=None if resolution is None else Resolution(resolution),
            location=values.get("location"),
            e2ee=values["e2ee"],
            default_role=Role(values["defaultRole"]),
            moderators=frozenset(values.get("moderators", ())),
            members=frozenset(values.get("members", ())) if values["restricted"] else None,
            max_participants=values.get("maxParticipants"),
            moderator_seats=values["moderatorSeats"],
            waiting_room=values["waitingRoom"],
            opens_at=moment(values.get("opensAt")),
            closes_at=moment(values.get("closesAt")),
            archives_for=ArchivesFor(values["archivesFor"]),
            archive_retention_days=values.get("archiveRetentionDays"),
        ),
    )


def _due(room: Room) -> int | None:
    """Return the room's next due time: its closing, or the warning before its closing time."""
    if room.closed_at is not None:
        return epoch_milliseconds(room.closed_at)
    closes_at = room.settings.closes_at
    # As a number, because a datetime cannot be before the year 1.
    return None if closes_at is None else epoch_milliseconds(closes_at) - WARNING // _MILLISECOND


def _times(moments: Mapping[str, datetime]) -> dict[str, int]:
    return {packed(key): epoch_milliseconds(each) for key, each in moments.items()}


def _moments(times: Mapping[str, int]) -> dict[str, datetime]:
    return {unpacked(key): from_epoch_milliseconds(time) for key, time in times.items()}


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else epoch_milliseconds(time)


def moment(milliseconds: int | None) -> datetime | None:
    """Return the time of an attribute that may be absent."""
    return None if milliseconds is None else from_epoch_milliseconds(milliseconds)
