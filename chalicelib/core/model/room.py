"""The room: its settings, its users, its access rules' data, and its state."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.model.room_settings import MediaMode, RoomSettings
from chalicelib.core.model.seats import NOTHING_KEPT_FREE, KeptFree, Seats
from chalicelib.core.model.user import Role, User, is_guest_id
from chalicelib.errors import EncryptedRoom, FieldProblem, InvalidField, NotRouted, RoomClosed

NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
NAME_RULE: Final = "must be 1 to 128 of the characters A-Z, a-z, 0-9, _ and -"
DEFAULT_ROOM_MODERATORS: Final = "must be empty: only admins moderate the default room"
NAME_KEPT_AFTER_CLOSING: Final = timedelta(days=30)
MAX_BANS: Final = 500
MAX_BANS_BYTES: Final = 64 * 1024
"""The total size of the banned users' ids."""
MAX_ADMINS: Final = 100
"""The number of admins in `admins_until`. The one whose time ends first makes way for another."""
MAX_GUESTS_WHO_MODERATE: Final = 50
"""The number of guests in `admins_until`. They make way for each other, and no admin for them."""


class State(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room, as stored.

    Args:
        name: The name as its creator spelt it. Names are compared without case.
        room_id: An id that never changes and, unlike the name, is never reused.
        session_id: The OpenTok session to which clients connect.
        created_by: The creator's user id; None for the default room, which has no creator.
        closed_at: The time of deletion. The name of a deleted room stays reserved for a while.
        revision: A number that each change of the access rules increases by 1.
        bans: The time of each ban, by user id.
        seats: The seats; empty in a room without a limit of participants.
        session_idle: True if the session was empty at its last check, so that checks are rare.
        admins_until: The time until which an admin may connect as one, by user id: the end of
            their bearer token, or of their client token. It contains admins who are not in
            `moderators`, because connection data does not say who is an admin. It also contains
            guests who are invited as moderators.
    """

    name: str
    room_id: str
    session_id: str
    created_at: datetime
    created_by: str | None
    settings: RoomSettings = field(default_factory=RoomSettings)
    closed_at: datetime | None = None
    revision: int = 1
    locked: bool = False
    bans: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    seats: Seats = field(default_factory=Seats, hash=False)
    admins_until: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    session_idle: bool = False

    @property
    def rejects_unknown_users(self) -> bool:
        """Return True if a rule may exclude a client, so that its user must be known."""
        settings = self.settings
        limited = settings.max_participants is not None or settings.members is not None
        return limited or settings.waiting_room or self.locked or bool(self.bans)

    def moderated_by(self, user: User) -> bool:
        if user.invited is not None:
            # A guest shows the same invitation with each request, so a ban is looked at as well.
            return self.invited_role(user) is Role.MODERATOR and user.id not in self.bans
        return user.admin or user.id in self.settings.moderators

    def asks_to_wait(self, user: User) -> bool:
        """Return True if the user needs a moderator's approval."""
        return self.settings.waiting_room and not self.moderated_by(user)

    def invited_role(self, user: User) -> Role | None:
        """Return the role that an invitation to this room gives the user, if there is one."""
        invited = user.invited
        return None if invited is None or invited.room_id != self.room_id else invited.role

    def connects_as_moderator(self, user_id: str, now: datetime) -> bool:
        """Return True if a connected user is known to moderate the room."""
        until = self.admins_until.get(user_id)
        return user_id in self.settings.moderators or (until is not None and until > now)

    def seats_kept_free(self, now: datetime, *, moderates: bool) -> KeptFree:
        """Return the seats that a user may not take, because they are for moderators.

        Args:
            now: The current time.
            moderates: True if this user moderates the room.
        """
        seats = self.settings.moderator_seats
        if moderates or not seats:
            return NOTHING_KEPT_FREE
        seated = self.seats.connections
        return KeptFree(
            seats, frozenset(each for each in seated if self.connects_as_moderator(each, now))
        )

    def admins_to_forget(self, admin: str, now: datetime) -> frozenset[str]:
        """Return the admins and guests whose records must go when this one's record is written."""
        others = [each for each in self.admins_until if each != admin]
        past = {each for each in others if self.admins_until[each] <= now}
        peers = [each for each in others if is_guest_id(each) is is_guest_id(admin)]
        peers.sort(key=lambda each: self.admins_until[each], reverse=True)
        most = MAX_GUESTS_WHO_MODERATE if is_guest_id(admin) else MAX_ADMINS
        return frozenset(past.union(peers[most - 1 :]))

    def admits(self, user: User) -> bool:
        """Return True if the user is a member, guest or moderator, in any state of the room."""
        members = self.settings.members
        if user.invited is not None:
            return self.invited_role(user) is not None
        if members is None or user.id in members:
            return True
        return self.moderated_by(user)

    def state(self, now: datetime) -> State:
        opens_at, closes_at = self.settings.opens_at, self.settings.closes_at
        if self.closed_at is not None or (closes_at is not None and now >= closes_at):
            return State.CLOSED
        if opens_at is not None and now < opens_at:
            return State.SCHEDULED
        return State.LOCKED if self.locked else State.OPEN

    def check_media_allowed(self, now: datetime) -> None:
        """Refuse if OpenTok cannot record, broadcast, caption or bridge the room's media.

        Raises:
            RoomClosed: Nobody can be in the room.
            NotRouted: The media go from client to client.
            EncryptedRoom: OpenTok cannot read the media that it passes on.
        """
        if self.state(now) is State.CLOSED:
            raise RoomClosed("This room is closed.")
        if self.settings.media_mode is MediaMode.RELAYED:
            raise NotRouted
        if self.settings.e2ee:
            raise EncryptedRoom(
                "This room is end-to-end encrypted, so OpenTok cannot process its media. "
                "Create a room without e2ee."
            )

    def name_is_free(self, now: datetime) -> bool:
        """Return True if the room was deleted so long ago that anybody may reuse its name."""
        return self.closed_at is not None and now >= self.closed_at + NAME_KEPT_AFTER_CLOSING


def check_name(name: str) -> str:
    """Return the name if it is a valid room name.

    Raises:
        InvalidField: The name is not valid.
    """
    if NAME_PATTERN.fullmatch(name):
        return name
    raise InvalidField(FieldProblem("room", NAME_RULE))


def api_name(name: str) -> str:
    """Return a field's name in the API, such as `archiveName` for `archive_name`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
