"""The comparison of a room that exists with the settings of a `PUT`."""

from collections.abc import Collection
from dataclasses import replace

from chalicelib.core.model.room import Room, api_name
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import User
from chalicelib.errors import Banned, FieldProblem, NotAMember, RoomExists


def check_same(room: Room, user: User, asked: RoomSettings, given: Collection[str]) -> None:
    """Check that the user may find the room by `PUT`, with these settings.

    Args:
        room: The room that exists.
        user: The caller.
        asked: The requested settings, with defaults for the others.
        given: The names of the settings that the caller chose, which are compared.

    Raises:
        NotAMember: The user is not a member.
        Banned: A moderator has banned the user.
        RoomExists: The room has other settings.
    """
    if not room.admits(user):
        raise NotAMember(
            "A room of this name exists, and you are not a member. Choose another name."
        )
    if user.id in room.bans and not room.moderated_by(user):
        raise Banned("A moderator has banned you from the room of this name. Choose another name.")
    with_creator = asked.moderators | {room.created_by}
    if room.settings.moderators == with_creator:  # The creator need not name themselves.
        asked = replace(asked, moderators=room.settings.moderators)
    differing = [name for name in given if getattr(asked, name) != getattr(room.settings, name)]
    if differing:
        raise RoomExists(
            f"Room {room.name} exists with other settings. Change them with PATCH, or choose "
            "another name.",
            fields=tuple(
                FieldProblem(api_name(name), "differs from the existing room") for name in differing
            ),
        )
