"""The request of `PATCH /rooms/{room}`."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.api.http.fields import UserId
from chalicelib.api.rooms.requests import DefaultRole, Moment, setting
from chalicelib.core.model.room_settings import (
    MAX_ARCHIVE_RETENTION_DAYS,
    MAX_MEMBERS,
    MAX_MODERATOR_SEATS,
    MAX_MODERATORS,
    MAX_PARTICIPANTS,
    ArchivesFor,
)
from chalicelib.core.rooms import room_patch
from chalicelib.core.rooms.room_patch import SetPatch
from chalicelib.errors import FieldProblem, Immutable

_OF_THE_SESSION: Final = (
    ("media_mode", "mediaMode"),
    ("archive_mode", "archiveMode"),
    ("archive_name", "archiveName"),
    ("archive_resolution", "archiveResolution"),
    ("location", "location"),
    ("e2ee", "e2ee"),
)
_SETTINGS: Final = (
    ("max_participants", "maxParticipants"),
    ("moderator_seats", "moderatorSeats"),
    ("waiting_room", "waitingRoom"),
    ("opens_at", "opensAt"),
    ("closes_at", "closesAt"),
    ("default_role", "defaultRole"),
    ("archives_for", "archivesFor"),
    ("archive_retention_days", "archiveRetentionDays"),
)


_Fixed = Annotated[
    Any,
    Meta(
        description="Fixed at creation. A PATCH with this field returns 409 `immutable`.",
        extra_json_schema={"readOnly": True},
    ),
]


class MembersPatch(Struct, forbid_unknown_fields=True):
    """The users to add to the members, and those to remove."""

    add: Annotated[list[UserId], Meta(max_length=MAX_MEMBERS)] = []
    remove: Annotated[list[UserId], Meta(max_length=MAX_MEMBERS)] = []


class ModeratorsPatch(Struct, forbid_unknown_fields=True):
    """The users to add to the moderators, and those to remove."""

    add: Annotated[list[UserId], Meta(max_length=MAX_MODERATORS)] = []
    remove: Annotated[list[UserId], Meta(max_length=MAX_MODERATORS)] = []


class RoomPatch(Struct, forbid_unknown_fields=True, rename="camel"):
    """The settings to change. Each one is optional; `null` clears an optional setting."""

    locked: bool | UnsetType = UNSET
    max_participants: Annotated[int, Meta(ge=1, le=MAX_PARTICIPANTS)] | UnsetType | None = UNSET
    moderator_seats: Annotated[int, Meta(ge=0, le=MAX_MODERATOR_SEATS)] | UnsetType = UNSET
    waiting_room: bool | UnsetType = UNSET
    opens_at: Moment | UnsetType | None = UNSET
    closes_at: Moment | UnsetType | None = UNSET
    default_role: DefaultRole | UnsetType = UNSET
    archives_for: ArchivesFor | UnsetType = UNSET
    archive_retention_days: (
        Annotated[int, Meta(ge=1, le=MAX_ARCHIVE_RETENTION_DAYS)] | UnsetType | None
    ) = UNSET
    members: MembersPatch | UnsetType | None = UNSET
    moderators: ModeratorsPatch | UnsetType = UNSET
    media_mode: _Fixed = UNSET
    archive_mode: _Fixed = UNSET
    archive_name: _Fixed = UNSET
    archive_resolution: _Fixed = UNSET
    location: _Fixed = UNSET
    e2ee: _Fixed = UNSET

    def changes(self) -> room_patch.RoomPatch:
        """Return the changes that the caller asks for.

        Raises:
            Immutable: An option of the OpenTok session is among them.
            InvalidField: A value has the right type, but a room cannot have it.
        """
        fixed = [field for name, field in _OF_THE_SESSION if getattr(self, name) is not UNSET]
        if fixed:
            raise Immutable(
                "The options of a session are fixed when its room is created.",
                fields=tuple(FieldProblem(name, "cannot be changed") for name in fixed),
            )
        chosen = {
            name: setting(field, getattr(self, name))
            for name, field in _SETTINGS
            if getattr(self, name) is not UNSET
        }
        if self.members is None:
            chosen["members"] = None
        return room_patch.RoomPatch(
            settings=chosen,
            members=_list_change(self.members),
            moderators=_list_change(self.moderators),
            locked=None if self.locked is UNSET else self.locked,
        )


def _list_change(patch: MembersPatch | ModeratorsPatch | UnsetType | None) -> SetPatch | None:
    if patch is None or isinstance(patch, UnsetType):
        return None
    return SetPatch(frozenset(patch.add), frozenset(patch.remove))
