"""What a moderator may change of a room that exists, and the room that comes of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.core.model.room import DEFAULT_ROOM_MODERATORS, Room
from chalicelib.core.model.room_settings import MAX_MEMBERS, MAX_MODERATORS
from chalicelib.errors import FieldProblem, InvalidField, RoomClosed

_LIMITS: Final = {"members": MAX_MEMBERS, "moderators": MAX_MODERATORS}


@dataclass(frozen=True, slots=True)
class SetPatch:
    """Who is put on a list of users, and who is taken off it."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()

    def apply_to(self, listed: Collection[str]) -> frozenset[str]:
        return (frozenset(listed) | self.add) - self.remove


@dataclass(frozen=True, slots=True)
class RoomPatch:
    """The changes asked for, each optional.

    Args:
        settings: New values by the setting's name; None clears it.
        members: None leaves the list as it is.
        moderators: Likewise.
        locked: Likewise.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    members: SetPatch | None = None
    moderators: SetPatch | None = None
    locked: bool | None = None

    def apply_to(self, room: Room) -> Room:
        """The room with the changes.

        Raises:
            RoomClosed: It was deleted.
            InvalidField: The changes contradict each other or what stands.
        """
        if room.closed_at is not None:
            raise RoomClosed("This room was deleted; it cannot be changed any more.")
        chosen = dict(self.settings)
        if self.members is not None and (self.members.add or room.settings.members is not None):
            chosen["members"] = self.members.apply_to(room.settings.members or ())
        if self.moderators is not None:
            chosen["moderators"] = self.moderators.apply_to(room.settings.moderators)
        settings = replace(room.settings, **chosen)
        self._check_lists(room, chosen)
        settings.check()
        locked = room.locked if self.locked is None else self.locked
        return replace(room, settings=settings, locked=locked)

    def _check_lists(self, room: Room, chosen: Mapping[str, Any]) -> None:
        problems = [
            FieldProblem(name, f"may have at most {most} user ids")
            for name, most in _LIMITS.items()
            if len(chosen.get(name) or ()) > most
        ]
        problems += [
            FieldProblem(name, "names a user both to add and to remove")
            for name, change in (("members", self.members), ("moderators", self.moderators))
            if change is not None and change.add & change.remove
        ]
        moderators = chosen.get("moderators")
        if moderators is not None and not moderators and room.settings.moderators:
            problems.append(FieldProblem("moderators", "one at least must remain"))
        if moderators and room.created_by is None:
            problems.append(FieldProblem("moderators", DEFAULT_ROOM_MODERATORS))
        if moderators is not None and moderators & room.bans.keys():
            problems.append(FieldProblem("moderators", "names a user who is banned"))
        if problems:
            raise InvalidField(*problems)
