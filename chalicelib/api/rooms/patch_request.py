"""What `PATCH /rooms/{room}` takes."""

from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from chalicelib.api.rooms.requests import DefaultRole, Moment, UserId, setting
from chalicelib.core.model.room_settings import (
    MAX_ARCHIVE_RETENTION_DAYS,
    MAX_MEMBERS,
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
    ("opens_at", "opensAt"),
    ("closes_at", "closesAt"),
    ("default_role", "defaultRole"),
    ("archives_for", "archivesFor"),
    ("archive_retention_days", "archiveRetentionDays"),
)


_Fixed = Annotated[
    Any, Meta(description="Fixed when the room is made.", extra_json_schema={"readOnly": True})
]


class MembersPatch(Struct, forbid_unknown_fields=True):
    """Whom to put on the list of members, and whom to take off it."""

    add: Annotated[list[UserId], Meta(max_length=MAX_MEMBERS)] = []
    remove: Annotated[list[UserId], Meta(max_length=MAX_MEMBERS)] = []


class ModeratorsPatch(Struct, forbid_unknown_fields=True):
    """Likewise for the moderators."""

    add: Annotated[list[UserId], Meta(max_length=MAX_MODERATORS)] = []
    remove: Annotated[list[UserId], Meta(max_length=MAX_MODERATORS)] = []


class RoomPatch(Struct, forbid_unknown_fields=True, rename="camel"):
    """What to change, each optional; null clears where nothing is a value."""

    locked: bool | UnsetType = UNSET
    max_participants: Annotated[int, Meta(ge=1, le=MAX_PARTICIPANTS)] | UnsetType | None = UNSET
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
        """The changes asked for.

        Raises:
            Immutable: One is to a session's options, which OpenTok fixes when it makes a session.
            InvalidField: A value is of the right type and yet none that a room can have.
        """
        fixed = [shown for name, shown in _OF_THE_SESSION if getattr(self, name) is not UNSET]
        if fixed:
            raise Immutable(
                "A session's options are fixed when its room is made.",
                fields=tuple(FieldProblem(name, "cannot be changed") for name in fixed),
            )
        chosen = {
            name: setting(shown, getattr(self, name))
            for name, shown in _SETTINGS
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
