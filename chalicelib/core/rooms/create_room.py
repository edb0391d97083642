"""The creation of rooms, each with one OpenTok session, even if many requests race."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address

from chalicelib.core.audit.room_entries import audit_creation
from chalicelib.core.model.media import FeatureRule
from chalicelib.core.model.room import DEFAULT_ROOM_MODERATORS, Room
from chalicelib.core.model.room_settings import (
    CALLERS_LOCATION,
    MAX_MODERATORS,
    ArchiveMode,
    RoomSettings,
)
from chalicelib.core.model.user import User
from chalicelib.core.ports.quota_store import AllowanceSpent
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.rooms.existing_room import check_same
from chalicelib.core.rooms.quotas import RoomQuota
from chalicelib.core.sessions.new_sessions import NewSessions
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import (
    FieldProblem,
    InvalidField,
    NotAModerator,
    RoomClosed,
    RoomNotFound,
)


@dataclass(frozen=True, slots=True)
class CreationPolicy:
    """The rule for who may create rooms.

    Args:
        admins_only: True if only admins may create rooms; False if any signed-in user may.
        default_room: The name of a room that exists for everybody. Its first join creates it,
            under either rule, and the first user does not become a moderator.
    """

    admins_only: bool
    default_room: str

    def is_default(self, name: str) -> bool:
        return name.lower() == self.default_room.lower()

    def allows(self, user: User) -> bool:
        return user.admin or not self.admins_only


class CreateRoom:
    """Finds rooms and creates them, without locks.

    A request that finds no room takes a session of the pool in the same conditional write that
    stores the room. A request that loses the race returns the winner's room, and its session stays
    in the pool. A room whose options need a session of its own asks OpenTok for one first.
    """

    def __init__(
        self,
        *,
        store: RoomStore,
        sessions: NewSessions,
        policy: CreationPolicy,
        quota: RoomQuota,
        recording: FeatureRule,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._policy = policy
        self._quota = quota
        self._clock = clock
        self._new_id = new_id
        self._recording = recording

    def find_or_create(self, user: User, name: str, deadline: Deadline) -> Room:
        """Return the room of this name, or create it with default settings.

        Raises:
            RoomNotFound: No such room exists, and the user may not create rooms.
            QuotaExceeded: The user has used up a quota of rooms.
        """
        found = self._store.find(name, deadline)
        if found is not None and not found.name_is_free(self._clock()):
            return found
        creator = None if self._policy.is_default(name) else user
        if creator is not None and not self._policy.allows(creator):
            raise RoomNotFound(f"Room {name} does not exist, and only admins may create rooms.")
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
        """Create a room with these settings, or return the existing one.

        Args:
            user: The caller, who becomes a moderator of a new room, if not only admins may create
                it.
            name: The room's name.
            asked: The requested settings, with defaults for the others.
            given: The names of the settings that the caller chose. Only they are compared with an
                existing room.
            caller_ip: The caller's IP address, for the location `caller`.
            deadline: The time by which the request must be answered.

        Returns:
            The room, and True if this call created it.

        Raises:
            InvalidField: The settings contradict each other.
            NotAModerator: Only admins may create rooms.
            FeatureDisabled: The stage does not let the user create a room that records itself.
            NotAMember: The room exists, and the user is not a member.
            Banned: The room exists, and a moderator has banned the user.
            RoomClosed: The name belongs to a deleted room that the user did not moderate.
            RoomExists: The room exists with other settings.
            QuotaExceeded: The user has used up a quota of rooms.
        """
        asked.check()
        if not self._policy.allows(user):
            raise NotAModerator("Only admins may create rooms.")
        found = self._store.find(name, deadline)
        if found is None or found.closed_at is not None:
            self._check_may_use(name, found, user, given)
            if asked.archive_mode is ArchiveMode.ALWAYS:
                self._recording.check_automatic(user)
            location = location_hint(asked.location, caller_ip)
            creator = None if self._policy.is_default(name) else user
            room, created = self._create(
                creator, name, settings=asked, location=location, replaced=found, deadline=deadline
            )
            if created:
                return room, True
            if room.closed_at is not None:
                raise RoomClosed("Another request has just created and deleted this room.")
            found = room
        check_same(found, user, asked, given)
        return found, False

    def _with_creator(
        self, asked: RoomSettings, creator: User | None, replaced: Room | None
    ) -> RoomSettings:
        """Return the settings with the creator as a moderator. A room without one has none.

        A creator who needs to be an admin for this is not added: they moderate as an admin.
        """
        if creator is None:
            if asked.moderators:
                raise InvalidField(FieldProblem("moderators", DEFAULT_ROOM_MODERATORS))
            return asked
        other = replace(creator, admin=False)
        if not self._policy.allows(other) or not self._may_reuse_name(replaced, other):
            return asked
        moderators = asked.moderators | {creator.id}
        if len(moderators) > MAX_MODERATORS:
            reason = f"must have at most {MAX_MODERATORS} user ids, including the room's creator"
            raise InvalidField(FieldProblem("moderators", reason))
        return replace(asked, moderators=moderators)

    def _check_may_use(
        self, name: str, closed: Room | None, user: User, given: Collection[str]
    ) -> None:
        if self._policy.is_default(name) and given and not user.admin:
            raise NotAModerator("Only admins may choose the default room's settings.")
        if self._may_reuse_name(closed, user):
            return
        raise RoomClosed(
            "A room of this name was deleted. For 30 days only its moderators may reuse the name; "
            "choose another name."
        )

    def _may_reuse_name(self, closed: Room | None, user: User) -> bool:
        return closed is None or closed.name_is_free(self._clock()) or closed.moderated_by(user)

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
        bans = self._inherited_bans(replaced)
        if settings.moderators & bans.keys():
            raise InvalidField(FieldProblem("moderators", "must not contain a banned user"))
        settings = self._with_creator(settings, creator, replaced)
        allowance = None if creator is None else self._quota.check_creation(creator, deadline)
        room_id = self._new_id()

        def store(session_id: str, pooled_for: str | None) -> Room:
            own = Room(
                name=name,
                room_id=room_id,
                session_id=session_id,
                created_at=self._clock(),
                created_by=None if creator is None else creator.id,
                settings=settings,
                bans=bans,
            )
            return self._store.create(own, replaced, deadline, allowance, pooled_for)

        try:
            current = self._sessions.store_room(settings, location, store, deadline)
        except AllowanceSpent:
            if allowance is None:
                raise
            raise self._quota.refuse(allowance.period) from None
        created = current.room_id == room_id
        if created:
            audit_creation(current)
        return current, created

    def _inherited_bans(self, replaced: Room | None) -> Mapping[str, datetime]:
        """Return the bans of a deleted room, while only its moderators may reuse its name."""
        if replaced is None or replaced.name_is_free(self._clock()):
            return {}
        return replaced.bans


def location_hint(location: str | None, caller_ip: str) -> str | None:
    """Return the location for OpenTok, which accepts only IPv4 addresses."""
    if location != CALLERS_LOCATION:
        return location
    try:
        return str(IPv4Address(caller_ip))
    except ValueError:
        return None
