"""Rooms for OpenTok's official sample apps, which send no credentials: bounded in all they may."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.rooms.create_room import CreateRoom
from chalicelib.core.rooms.join_room import JoinResult, JoinRoom
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NoSuchRoute, RoleNotAllowed, RoomkeyError, RoomNotFound

LONGEST_SAMPLE_TOKEN: Final = timedelta(hours=1)
_NAMED: Final = "sample:"
"""What such a room's name begins with; no other room's name can hold a colon."""
_SETTINGS: Final = RoomSettings(archive_retention_days=1)

_Found = TypeVar("_Found")


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
    """Finds the rooms of sample apps and lets anybody into them, as a publisher at most.

    It stands in for `ReadRooms` too, in use cases that sample apps have of their own: whoever asks,
    it shows these rooms and no others.
    """

    def __init__(
        self,
        policy: SamplePolicy,
        create_room: CreateRoom,
        join_room: JoinRoom,
        read_rooms: ReadRooms,
        sessions: SessionStore,
    ) -> None:
        self._policy = policy
        self._create_room = create_room
        self._join_room = join_room
        self._read_rooms = read_rooms
        self._sessions = sessions

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

    @property
    def names(self) -> Sequence[str]:
        return self._policy.rooms

    def visible_room(self, user: User, name: str, deadline: Deadline) -> Room:
        """The sample room of this name.

        Raises:
            RoomNotFound: They have no room of this name, or nobody has been let into it yet.
        """
        return self._read_rooms.visible_room(user, self._full_name(name), deadline)

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Likewise: what sample apps may have done is bounded by what they can ask for."""
        del to_do
        return self.visible_room(user, name, deadline)

    def of_session(self, session_id: str, deadline: Deadline) -> str:
        """The name of the sample room that has this session.

        Raises:
            RoomNotFound: None of theirs has.
        """
        session = self._sessions.session(session_id, deadline)
        found = "" if session is None else session.room_name
        name = found.removeprefix(_NAMED)
        if name == found or name not in self._policy.rooms:
            raise RoomNotFound("No sample room has this session; ask for a session anew.")
        return name

    def in_whichever(
        self, do: Callable[[str], _Found], missing: type[RoomkeyError], explanation: str
    ) -> _Found:
        """What `do` gives for the one sample room that has what is asked for.

        Raises:
            RoomkeyError: `missing`, which `do` raises for those that do not have it, if none has.
        """
        for name in self.names:
            with suppress(RoomNotFound, missing):
                return do(name)
        raise missing(explanation)

    def join(self, name: str, deadline: Deadline, role: Role = Role.PUBLISHER) -> JoinResult:
        """Let somebody into the sample room of this name, for an hour at most.

        Raises:
            RoomNotFound: They have no room of this name.
        """
        room = self._create_room.find_or_create_system_room(
            self._full_name(name), _SETTINGS, deadline
        )
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

    def _full_name(self, name: str) -> str:
        if name.lower() not in self._policy.rooms:
            raise RoomNotFound(
                f"There is no sample room {name}: SAMPLE_ROOMS, set by the operator, names them."
            )
        return f"{_NAMED}{name.lower()}"
