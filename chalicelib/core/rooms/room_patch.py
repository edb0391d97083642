"""The changes that a moderator may make to an existing room."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.core.model.room import DEFAULT_ROOM_MODERATORS, Room
from chalicelib.core.model.room_settings import MAX_MEMBERS, MAX_MODERATORS
from chalicelib.errors import FieldProblem, InvalidField, RoomClosed

_GUESTS_SETTINGS: Final = frozenset({"max_participants", "waiting_room"})
_LIMITS: Final = {"members": MAX_MEMBERS, "moderators": MAX_MODERATORS}


@dataclass(frozen=True, slots=True)
class SetPatch:
    """The user ids to add to a set and to remove from it."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()

    def apply_to(self, user_ids: Collection[str]) -> frozenset[str]:
        return (frozenset(user_ids) | self.add) - self.remove


@dataclass(frozen=True, slots=True)
class RoomPatch:
    """The requested changes, each optional.

    Args:
        settings: New values, by the setting's name; the value None clears the setting.
        members: None leaves the members unchanged.
        moderators: None leaves the moderators unchanged.
        locked: None leaves the lock unchanged.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    members: SetPatch | None = None
    moderators: SetPatch | None = None
    locked: bool | None = None

    @property
    def suits_guests(self) -> bool:
        """Return True if a guest who is invited as a moderator may make these changes."""
        names_users = self.members is not None or self.moderators is not None
        return not names_users and self.settings.keys() <= _GUESTS_SETTINGS

    def apply_to(self, room: Room) -> Room:
        """Return the room with the changes.

        Raises:
            RoomClosed: The room was deleted.
            InvalidField: The changes contradict each other or the room.
        """
        if room.closed_at is not None:
            raise RoomClosed("This room was deleted, so it cannot be changed.")
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
            FieldProblem(name, f"must have at most {limit} user ids")
            for name, limit in _LIMITS.items()
            if len(chosen.get(name) or ()) > limit
        ]
        problems += [
            FieldProblem(name, "must not add and remove the same user")
            for name, change in (("members", self.members), ("moderators", self.moderators))
            if change is not None and change.add & change.remove
        ]
        moderators = chosen.get("moderators")
        if moderators is not None and not moderators and room.settings.moderators:
            problems.append(FieldProblem("moderators", "must not become empty"))
        if moderators and room.created_by is None:
            problems.append(FieldProblem("moderators", DEFAULT_ROOM_MODERATORS))
        if moderators is not None and moderators & room.bans.keys():
            problems.append(FieldProblem("moderators", "must not contain a banned user"))
        if problems:
            raise InvalidField(*problems)
