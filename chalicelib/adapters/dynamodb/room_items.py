"""How a room lies in the table.

Null settings are absent attributes. Times are milliseconds since 1970, but `expiresAt`, DynamoDB's
time to live, is in seconds. `restricted` says that there is a list of members, because the list
itself is a string set, and DynamoDB keeps no empty one.

The index of due work is built on `dueKind` and `dueAt`. A room is in it until it has been warned of
its closing time and, once closed, emptied. A session is in it while somebody may be connected. A
retention schedule is in it while the room deletes its archives after some days.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

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
from chalicelib.core.support.timestamps import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = dict[str, "AttributeValueTypeDef"]

ROOMS: Final = "rooms"
SESSIONS: Final = "sessions"
RETENTION: Final = "retention"
"""What `due_work` says of an item: which list of things due it is on."""

WARNING: Final = timedelta(seconds=120)
"""How long before its closing time a room is due for the first time."""

FIRST_CHECK: Final = timedelta(seconds=60)
"""How old a session is when reconciliation looks at it first: what is missing by then was lost."""

LONGEST_TOKEN: Final = timedelta(days=30)

_MILLISECOND: Final = timedelta(milliseconds=1)


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB returned it, as plain values."""
    return {name: _plain(value) for name, value in item.items()}


def typed(values: Mapping[str, object]) -> Item:
    """The values as DynamoDB takes them, without those that are None or an empty set."""
    return {
        name: typed_value(value)
        for name, value in values.items()
        if value is not None and value != frozenset()
    }


def room_key(name: str) -> Item:
    return typed({"pk": f"room#{name.lower()}", "sk": "room"})


def session_key(session_id: str) -> Item:
    return typed({"pk": f"session#{session_id}", "sk": "session"})


def room_item(room: Room) -> Item:
    return room_key(room.name) | typed(
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
        "seats": {user: _times(each) for user, each in seats.connections.items()},
        "holds": _times(seats.holds),
    }


def room_values(room: Room) -> dict[str, Any]:
    """All of a room that only a change of its revision changes; None for what is absent."""
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
        "opensAt": _milliseconds(settings.opens_at),
        "closesAt": _milliseconds(settings.closes_at),
        "archivesFor": settings.archives_for.value,
        "archiveRetentionDays": settings.archive_retention_days,
        "locked": room.locked,
        "bans": _times(room.bans),
        "dueKind": None if due is None else ROOMS,
        "dueAt": due,
    }


def session_item(room: Room) -> Item:
    """Says which room a session belongs or belonged to."""
    return session_key(room.session_id) | typed(
        {
            "name": room.name,
            "roomId": room.room_id,
            "hasAccessLimits": room.settings.max_participants is not None or room.locked,
        }
    )


def retention_key(room_id: str) -> Item:
    """Beside the room's archives, and of none of their kinds."""
    return typed({"pk": f"media#{room_id}", "sk": "retention"})


def retention_item(room: Room, at: datetime) -> Item:
    """Says for how long the room's archives are kept, and has them looked through now.

    Where they are kept for ever it says nothing, and vanishes.
    """
    days = room.settings.archive_retention_days
    if days is None:
        return retention_key(room.room_id) | typed({"expiresAt": int(at.timestamp())})
    return retention_key(room.room_id) | typed(
        {"name": room.name, "days": days, "dueKind": RETENTION, "dueAt": epoch_milliseconds(at)}
    )


def watched_values(since: datetime) -> Item:
    """What a session's item holds besides while reconciliation looks after it."""
    return typed({"dueKind": SESSIONS, "dueAt": epoch_milliseconds(since)})


def retired_values(at: datetime) -> Item:
    """What a session's item holds besides once no room uses it: until its last token ends."""
    return watched_values(at) | typed({"expiresAt": int((at + LONGEST_TOKEN).timestamp())})


def room_of(item: Mapping[str, Any]) -> Room:
    """The room that lies in an item as DynamoDB returned it."""
    values = plain(item)
    resolution = values.get("archiveResolution")
    return Room(
        name=values["name"],
        room_id=values["roomId"],
        session_id=values["sessionId"],
        created_at=from_epoch_milliseconds(values["createdAt"]),
        created_by=values.get("createdBy"),
        closed_at=_time(values.get("closedAt")),
        revision=values["revision"],
        locked=values["locked"],
        bans=_moments(values["bans"]),
        seats=Seats(
            {user: _moments(each) for user, each in values["seats"].items()},
            _moments(values["holds"]),
        ),
        admins_until=_moments(values["adminsUntil"]),
        monitoring_stopped="monitoringStopped" in values,
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
            opens_at=_time(values.get("opensAt")),
            closes_at=_time(values.get("closesAt")),
            archives_for=ArchivesFor(values["archivesFor"]),
            archive_retention_days=values.get("archiveRetentionDays"),
        ),
    )


def _due(room: Room) -> int | None:
    """When there is something to be done about its hours: at first, a while before they end."""
    if room.closed_at is not None:
        return epoch_milliseconds(room.closed_at)
    closes_at = room.settings.closes_at
    # In numbers, because no date is two minutes before the first.
    return None if closes_at is None else epoch_milliseconds(closes_at) - WARNING // _MILLISECOND


def _times(moments: Mapping[str, datetime]) -> dict[str, int]:
    return {name: epoch_milliseconds(moment) for name, moment in moments.items()}


def _moments(times: Mapping[str, int]) -> dict[str, datetime]:
    return {name: from_epoch_milliseconds(time) for name, time in times.items()}


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else epoch_milliseconds(moment)


def _time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_epoch_milliseconds(milliseconds)


def typed_value(value: object) -> "AttributeValueTypeDef":
    """A value as DynamoDB takes it. Of its types, those that our items are made of."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case frozenset() | set():
            return {"SS": sorted(value)}
        case dict():
            return {"M": {name: typed_value(each) for name, each in value.items()}}
    raise TypeError(f"an attribute cannot hold {type(value).__name__}")


def _plain(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401  whatever was stored
    """A value as Python has it."""
    ((kind, value),) = attribute.items()
    if kind == "M":
        return {name: _plain(each) for name, each in value.items()}
    return int(value) if kind == "N" else value
