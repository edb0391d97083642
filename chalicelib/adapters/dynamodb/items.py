"""How a room lies in the table.

Null settings are absent attributes. Times are milliseconds since 1970, but `expiresAt`, DynamoDB's
time to live, is in seconds. `restricted` says that there is a list of members, because the list
itself is a string set, and DynamoDB keeps no empty one.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.core.roles import Role
from chalicelib.core.rooms import (
    ArchiveMode,
    ArchivesFor,
    MediaMode,
    Resolution,
    Room,
    RoomSettings,
)
from chalicelib.core.times import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = dict[str, "AttributeValueTypeDef"]

_serialize: Final = TypeSerializer().serialize
_deserialize: Final = TypeDeserializer().deserialize


def typed(values: Mapping[str, object]) -> Item:
    """The values as DynamoDB takes them, without those that are None or an empty set."""
    return {
        name: _serialize(value)
        for name, value in values.items()
        if value is not None and value != frozenset()
    }


def room_key(name: str) -> Item:
    return typed({"pk": f"room#{name.lower()}", "sk": "room"})


def session_key(session_id: str) -> Item:
    return typed({"pk": f"session#{session_id}", "sk": "session"})


def room_item(room: Room) -> Item:
    settings = room.settings
    return room_key(room.name) | typed(
        {
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
        }
    )


def session_item(room: Room) -> Item:
    """Says which room a session belongs or belonged to."""
    return session_key(room.session_id) | typed({"name": room.name, "roomId": room.room_id})


def room_of(item: Mapping[str, Any]) -> Room:
    """The room that lies in an item as DynamoDB returned it."""
    values = {name: _deserialize(value) for name, value in item.items()}
    resolution = values.get("archiveResolution")
    return Room(
        name=values["name"],
        room_id=values["roomId"],
        session_id=values["sessionId"],
        created_at=from_epoch_milliseconds(int(values["createdAt"])),
        created_by=values.get("createdBy"),
        closed_at=_time(values.get("closedAt")),
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
            max_participants=_whole(values.get("maxParticipants")),
            opens_at=_time(values.get("opensAt")),
            closes_at=_time(values.get("closesAt")),
            archives_for=ArchivesFor(values["archivesFor"]),
            archive_retention_days=_whole(values.get("archiveRetentionDays")),
        ),
    )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else epoch_milliseconds(moment)


def _time(milliseconds: Decimal | None) -> datetime | None:
    return None if milliseconds is None else from_epoch_milliseconds(int(milliseconds))


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)
