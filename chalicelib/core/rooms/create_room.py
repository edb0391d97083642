"""Find a room or make it: one session per room, whoever comes first and however many at once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address
from typing import Final

from chalicelib.core.model.room import DEFAULT_ROOM_MODERATORS, Room, api_name
from chalicelib.core.model.room_settings import CALLERS_LOCATION, MAX_MODERATORS, RoomSettings
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.ports.video_platform import VideoPlatform
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import (
    FieldProblem,
    InvalidField,
    NotAMember,
    NotAModerator,
    RoomClosed,
    RoomExists,
    RoomNotFound,
)

SECONDS_TO_STORE: Final = 2.0
"""What a new session leaves of a request's time for writing it down."""


@dataclass(frozen=True, slots=True)
class CreationPolicy:
    """Who may create rooms.

    Args:
        admins_only: Only admins, rather than any signed-in user.
        default_room: The service's own room. It is there for everybody, made on first use
            whatever the policy, and its first user does not become its moderator.
    """

    admins_only: bool
    default_room: str

    def is_default(self, name: str) -> bool:
        return name.lower() == self.default_room.lower()

    def allows(self, user: User) -> bool:
        return user.admin or not self.admins_only


class CreateRoom:
    """Finds rooms and makes them.

    No lock is taken. Who finds no room first makes a session, which costs nothing, and then puts
    room and session in one conditional write. Who loses that race drops the own session and takes
    the winner's room, so a session that was made in vain harms nobody.
    """

    def __init__(
        self,
        store: RoomStore,
        platform: VideoPlatform,
        policy: CreationPolicy,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._platform = platform
        self._policy = policy
        self._clock = clock
        self._new_id = new_id

    def find_or_create(self, user: User, name: str, deadline: Deadline) -> Room:
        """The room of this name, made with default settings if there is none.

        Raises:
            RoomNotFound: There is none, and this user may not make one.
        """
        found = self._store.find(name, deadline)
        if found is not None and not found.name_is_free(self._clock()):
            return found
        creator = None if self._policy.is_default(name) else user
        if creator is not None and not self._policy.allows(creator):
            raise RoomNotFound(f"There is no room {name}, and only admins may create rooms here.")
        room, _ = self._create(
            creator, name, settings=RoomSettings(), location=None, replaced=found, deadline=deadline
        )
        return room

    def put(
        self,
        user: User,
        name: str,
        *,
        asked: RoomSettings,
        given: Collection[str],
        caller_ip: str,
        deadline: Deadline,
    ) -> tuple[Room, bool]:
        """The room of this name with these settings, and whether this call made it.

        Args:
            user: Who asks; becomes a moderator of the room if it is made.
            name: The room's name.
            asked: The settings asked for, defaults filled in.
            given: The names of those settings that the caller chose; only they are compared
                where the room exists.
            caller_ip: Where the caller is, for a location of `caller`.
            deadline: By when to answer.

        Raises:
            InvalidField: The settings contradict each other.
            NotAModerator: Only admins may create rooms here.
            NotAMember: The room exists and is not for this user.
            RoomClosed: The name belongs to a deleted room of somebody else's.
            RoomExists: The room exists with other settings than those given.
        """
        asked.check()
        if not self._policy.allows(user):
            raise NotAModerator("Only admins may create rooms here.")
        found = self._store.find(name, deadline)
        if found is None or found.closed_at is not None:
            self._check_may_use(name, found, user, given)
            location = location_hint(asked.location, caller_ip)
            creator = None if self._policy.is_default(name) else user
            room, made = self._create(
                creator, name, settings=asked, location=location, replaced=found, deadline=deadline
            )
            if made:
                return room, True
            if room.closed_at is not None:
                raise RoomClosed("A room of this name was made and deleted a moment ago.")
            found = room
        _check_same(found, user, asked, given)
        return found, False

    def _with_creator(self, asked: RoomSettings, creator: User | None) -> RoomSettings:
        """The settings with their moderators: the creator too, but none in a room of nobody's."""
        if creator is None:
            if asked.moderators:
                raise InvalidField(FieldProblem("moderators", DEFAULT_ROOM_MODERATORS))
            return asked
        moderators = asked.moderators | {creator.id}
        if len(moderators) > MAX_MODERATORS:
            reason = f"must be at most {MAX_MODERATORS}, the room's creator among them"
            raise InvalidField(FieldProblem("moderators", reason))
        return replace(asked, moderators=moderators)

    def _check_may_use(
        self, name: str, closed: Room | None, user: User, given: Collection[str]
    ) -> None:
        if self._policy.is_default(name) and given and not user.admin:
            raise NotAModerator("Only admins may choose the default room's settings.")
        if closed is None or closed.name_is_free(self._clock()) or closed.moderated_by(user):
            return
        raise RoomClosed(
            "A room of this name was deleted; for 30 days only its moderators may use the name."
        )

    def _create(
        self,
        creator: User | None,
        name: str,
        *,
        settings: RoomSettings,
        location: str | None,
        replaced: Room | None,
        deadline: Deadline,
    ) -> tuple[Room, bool]:
        bans = self._kept_bans(replaced)
        if settings.moderators & bans.keys():
            raise InvalidField(FieldProblem("moderators", "names a user who is banned"))
        settings = self._with_creator(settings, creator)
        mine = Room(
            name=name,
            room_id=self._new_id(),
            session_id=self._platform.create_session(
                settings, location, deadline.reserve(SECONDS_TO_STORE)
            ),
            created_at=self._clock(),
            created_by=None if creator is None else creator.id,
            settings=settings,
            bans=bans,
        )
        increment("SessionsCreated")
        standing = self._store.create(mine, replaced, deadline)
        return standing, standing.room_id == mine.room_id

    def _kept_bans(self, replaced: Room | None) -> Mapping[str, datetime]:
        """The bans of a deleted room whose moderators use its name anew."""
        if replaced is None or replaced.name_is_free(self._clock()):
            return {}
        return replaced.bans


def location_hint(location: str | None, caller_ip: str) -> str | None:
    """What OpenTok takes as a location: IPv4 or nothing."""
    if location != CALLERS_LOCATION:
        return location
    try:
        return str(IPv4Address(caller_ip))
    except ValueError:
        return None


def _check_same(room: Room, user: User, asked: RoomSettings, given: Collection[str]) -> None:
    if not room.admits(user):
        raise NotAMember("A room of this name exists, and you are not one of its members.")
    implied = frozenset() if room.created_by is None else {room.created_by}
    asked = replace(asked, moderators=asked.moderators | implied)
    differing = [name for name in given if getattr(asked, name) != getattr(room.settings, name)]
    if differing:
        raise RoomExists(
            f"Room {room.name} exists with other settings.",
            fields=tuple(
                FieldProblem(api_name(name), "differs from the existing room's")
                for name in differing
            ),
        )
