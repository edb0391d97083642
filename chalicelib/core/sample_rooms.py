"""Rooms for OpenTok's official sample apps, which send no credentials: bounded in all they may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.core.deadline import Deadline
from chalicelib.core.join_room import Admission, JoinRoom
from chalicelib.core.open_room import OpenRoom
from chalicelib.core.roles import Role
from chalicelib.core.rooms import Room, RoomSettings
from chalicelib.errors import NoSuchRoute, RoleNotAllowed, RoomNotFound

LONGEST_SAMPLE_TOKEN: Final = timedelta(hours=1)
_NAMED: Final = "sample:"
"""What such a room's name begins with; no other room's name can hold a colon."""
_SETTINGS: Final = RoomSettings(archive_retention_days=1)


@dataclass(frozen=True, slots=True)
class SamplePolicy:
    """What sample apps may do.

    Args:
        rooms: The names of their rooms, in lower case; none where they are not served at all.
        recording: Whether they may record and broadcast.
    """

    rooms: Sequence[str] = ()
    recording: bool = False


class SampleRooms:
    """Finds the rooms of sample apps and lets anybody into them, as a publisher at most."""

    def __init__(self, policy: SamplePolicy, open_room: OpenRoom, join_room: JoinRoom) -> None:
        self._policy = policy
        self._open_room = open_room
        self._join_room = join_room

    def check_served(self) -> None:
        """Pass if sample apps are served at all; nothing else here is asked before that.

        Raises:
            NoSuchRoute: They are not.
        """
        if not self._policy.rooms:
            raise NoSuchRoute("There is no such route here.")

    def first(self) -> str:
        """The name of the room for apps that name none."""
        return self._policy.rooms[0]

    def room(self, name: str, deadline: Deadline) -> Room:
        """The sample room of this name, made on first use.

        Raises:
            RoomNotFound: They have no room of this name.
        """
        if name.lower() not in self._policy.rooms:
            raise RoomNotFound(
                f"There is no sample room {name}: SAMPLE_ROOMS, set by the operator, names them."
            )
        return self._open_room.of_nobody(f"{_NAMED}{name.lower()}", _SETTINGS, deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> Room:
        """The sample room that has this session now.

        Raises:
            RoomNotFound: None of their rooms has.
        """
        for name in self._policy.rooms:
            room = self.room(name, deadline)
            if room.session_id == session_id:
                return room
        raise RoomNotFound("There is no sample room with this session; ask for a session anew.")

    def join(self, name: str, deadline: Deadline, role: Role = Role.PUBLISHER) -> Admission:
        """Let somebody into the sample room of this name, for an hour at most."""
        room = self.room(name, deadline)
        return self._join_room.join_anonymously(room, role, LONGEST_SAMPLE_TOKEN, deadline)

    def check_recording(self) -> None:
        """Pass if sample apps may record and broadcast.

        Raises:
            RoleNotAllowed: The operator has not allowed it.
        """
        if not self._policy.recording:
            raise RoleNotAllowed(
                "Sample apps may not record here; the operator allows it with SAMPLE_RECORDING=on."
            )
