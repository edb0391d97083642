"""The join of a guest: from an invitation's code and a key of the guest's own to a client token."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from chalicelib.core.model.invitation import (
    Invitation,
    InvitationUse,
    guest_of,
    hash_code,
    hash_key,
    invitation_id_of,
)
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.invitation_store import (
    FoundInvitation,
    HasComeBefore,
    InvitationEnded,
    InvitationStore,
)
from chalicelib.core.ports.room_store import RoomStore, SeatStore
from chalicelib.core.ports.waiting_store import WaitingLook
from chalicelib.core.rooms.invitations.invitation_rule import InvitationRule
from chalicelib.core.rooms.join_request import JoinRequest, JoinResult
from chalicelib.core.rooms.join_room import JoinRoom
from chalicelib.core.rooms.quotas import MAX_USERS
from chalicelib.core.rooms.waiting.waiting_room import WaitingRoom, is_at
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import (
    InvitationInvalid,
    MustWait,
    NotAMember,
    RoomClosed,
    RoomNotFound,
    Unauthenticated,
)

NO_ROOM: Final = "."
"""A name that no room can have. It is looked up where a code leads nowhere, as for a good one."""
_NO_HASH: Final = "-" * 64
"""A text that no code's hash equals."""


@dataclass(frozen=True, slots=True)
class GuestRequest:
    """The request of a guest, with two secrets.

    Args:
        code: The invitation's code, as the guest was given it.
        guest_key: A random text that the guest's device made and keeps.
        name: A display name; None for the invitation's.
    """

    code: str
    guest_key: str
    name: str | None = None

    def __repr__(self) -> str:
        return "GuestRequest(…)"


class JoinByInvitation:
    """Issues client tokens to guests.

    A code that is wrong, revoked, expired or used up costs the same two reads, and gets the same
    error. So an answer does not say which codes once were good. Its time may say so to who has one.

    An instance remembers which guests it has kept waiting. Who of them asks again in time costs one
    read, which finds invitation, room and waiting room at once.

    Attributes:
        kept_waiting: The user ids of these guests, by invitation and the hash of their key.
    """

    def __init__(
        self,
        *,
        store: InvitationStore,
        rooms: RoomStore,
        seats: SeatStore,
        join_room: JoinRoom,
        waiting_room: WaitingRoom,
        rule: InvitationRule,
        clock: Clock,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._seats = seats
        self._join_room = join_room
        self._waiting_room = waiting_room
        self._rule = rule
        self._clock = clock
        self.kept_waiting: dict[tuple[str, str], str] = {}
        self._lock = Lock()

    def join(
        self, request: GuestRequest, on_known: Callable[[User, Room], None], deadline: Deadline
    ) -> JoinResult:
        """Admit a guest, and issue a client token. The guest's first join takes a use.

        A repeated join with the same key takes no further use and no further seat. `on_known` is
        called with the guest and the room once these are known, even if the guest is refused then.

        Raises:
            FeatureDisabled: The operator has switched invitations off.
            InvitationInvalid: Nobody may come by this code, or nobody more.
            RoomkeyError: An error of `JoinRoom.join_as_guest`.
        """
        self._rule.check()
        code_hash, key_hash = hash_code(request.code), hash_key(request.guest_key)
        asker = (invitation_id_of(code_hash), key_hash)
        found, look = self._look_up(asker, deadline)
        invitation = _good(found, code_hash, self._clock())
        if invitation is not None and look is not None:
            room = look.room
        else:
            look, name = None, NO_ROOM if invitation is None else invitation.room_name
            room = self._rooms.find(name, deadline)
        if invitation is None or room is None or not _is_of(invitation, room):
            raise invitation_invalid()
        guest = guest_of(invitation, request.guest_key)
        on_known(guest, room)
        write = _CountedClaims(self._store, self._seats, invitation, key_hash, found.has_come).write
        asked = JoinRequest(
            name=invitation.name if request.name is None else request.name,
            skips_waiting_room=invitation.skips_waiting_room,
            uses_left=None if found.has_come else invitation.uses_left,
        )
        try:
            return self._join_room.join_as_guest(guest, room, asked, write, deadline, look=look)
        except MustWait:
            self._remember(asker, guest)
            raise
        except (NotAMember, RoomNotFound):  # another room has the name now, or none
            raise invitation_invalid() from None
        except RoomClosed:
            # The room may have been deleted meanwhile, and not just closed by its hours.
            if room.state(self._clock()) is not State.CLOSED:
                self._check_not_deleted(invitation, deadline)
            raise

    def _check_not_deleted(self, invitation: Invitation, deadline: Deadline) -> None:
        room = self._rooms.find(invitation.room_name, deadline)
        if room is None or not _is_of(invitation, room):
            raise invitation_invalid() from None

    def _look_up(
        self, asker: tuple[str, str], deadline: Deadline
    ) -> tuple[FoundInvitation, WaitingLook | None]:
        """Return the invitation, and the room with it for a guest who waits and asks in time."""
        user_id = self.kept_waiting.get(asker)
        place = None if user_id is None else self._waiting_room.place_of(user_id)
        if place is None:
            return self._store.look_up(*asker, deadline), None
        found, look = self._store.look_up_waiting(*asker, place, deadline)
        return found, look if is_at(place, look) else None

    def _remember(self, asker: tuple[str, str], guest: User) -> None:
        with self._lock:
            self.kept_waiting.pop(asker, None)
            self.kept_waiting[asker] = guest.id
            if len(self.kept_waiting) > MAX_USERS:
                del self.kept_waiting[next(iter(self.kept_waiting))]

    def identify(
        self, request: GuestRequest, deadline: Deadline, *, any_role: bool = False
    ) -> User:
        """Return a guest who has come before, and is invited as a moderator unless `any_role`.

        Whether they moderate the room of a request is up to the room.

        Raises:
            Unauthenticated: The code and the key are not those of such a guest.
        """
        code_hash, key_hash = hash_code(request.code), hash_key(request.guest_key)
        found = self._store.look_up(invitation_id_of(code_hash), key_hash, deadline)
        invitation = _good(found, code_hash, self._clock())
        is_known = invitation is not None and found.has_come and self._rule.enabled
        if invitation is None or not is_known:
            raise Unauthenticated("Only a guest who came in may do this.")
        if not any_role and invitation.role is not Role.MODERATOR:
            raise Unauthenticated("Only a guest who came in as a moderator may do this.")
        return guest_of(invitation, request.guest_key)


class _CountedClaims:
    """The writer of a guest's claim, which takes a use of the invitation at the first one."""

    def __init__(
        self,
        store: InvitationStore,
        seats: SeatStore,
        invitation: Invitation,
        key_hash: str,
        has_come: bool,
    ) -> None:
        self._store = store
        self._seats = seats
        self._use = InvitationUse(invitation, key_hash)
        self._is_counted = has_come

    def write(self, room: Room, claim: SeatClaim | None, deadline: Deadline) -> None:
        """Write the claim, and take a use if the guest has taken none.

        Raises:
            InvitationInvalid: The invitation was revoked, or other guests took the last use.
            StaleRoom: The room has another revision, or a condition of the claim does not hold.
        """
        gives_seat = claim is None or claim.user_id is not None
        if gives_seat and not self._is_counted:
            try:
                self._store.take_use(self._use, room, claim, deadline)
            except InvitationEnded:
                raise invitation_invalid() from None
            except HasComeBefore:
                pass  # another request with this key has just taken the use
            else:
                self._is_counted = True
                return
        self._is_counted = self._is_counted or gives_seat
        if claim is not None:
            self._seats.write_claim(room, claim, deadline)


def invitation_invalid() -> InvitationInvalid:
    """Return the error of every code by which the guest cannot come, whatever the reason."""
    return InvitationInvalid("This invitation is not valid, or no longer; ask for a new one.")


def _good(found: FoundInvitation, code_hash: str, now: datetime) -> Invitation | None:
    """Return the invitation, if this guest may come by it."""
    invitation = found.invitation
    # Compare with something of the same length in any case, and in constant time.
    stored = _NO_HASH if invitation is None else invitation.code_hash
    is_same = hmac.compare_digest(stored, code_hash)
    if invitation is None or not is_same or invitation.has_ended(now):
        return None
    return None if invitation.is_used_up and not found.has_come else invitation


def _is_of(invitation: Invitation, room: Room) -> bool:
    """Return True if the room still is the one of the invitation, and was not deleted."""
    return room.room_id == invitation.room_id and room.closed_at is None
