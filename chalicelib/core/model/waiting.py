"""The waiting room: users who need a moderator's approval, and the decisions of moderators.

All of it belongs to a session of a room. So in a room that opens again, nobody was approved yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.model.user import is_guest_id
from chalicelib.core.support.formats import short_hash

FORGOTTEN_AFTER: Final = timedelta(seconds=20)
"""The time after which a user who has stopped asking no longer waits."""
RECORDED_EVERY: Final = timedelta(seconds=10)
"""The time between two writes that say that a user still asks."""
ASK_AGAIN_SECONDS: Final = 5
"""The `Retry-After` of a user who waits."""
SIGNAL_EVERY: Final = timedelta(seconds=2)
"""The shortest time between two signals to the moderators of a room."""
TURNED_AWAY_FOR: Final = timedelta(minutes=10)
MAX_WAITING: Final = 100
"""The number of signed-in users who may wait in a room. As many guests may wait beside them."""
MAX_FORGOTTEN_AT_ONCE: Final = 25
REMEMBERED_FOR: Final = timedelta(minutes=10)
"""The time for which the list keeps a guest who has stopped asking, for the sake of a ban."""
MAX_REMEMBERED: Final = 50
"""The number of guests on the list above which it keeps none of those who have stopped asking."""
MAX_NAME_BYTES: Final = 100
"""The length of a name that moderators see. A longer name is cut."""


class Verdict(StrEnum):
    """A moderator's decision about one user."""

    APPROVED = "approved"
    TURNED_AWAY = "turnedAway"
    SENT_OUT = "sentOut"
    """A moderator disconnected the user, who must wait to come back."""


_KEPT: Final = {
    Verdict.APPROVED: timedelta(days=90),
    Verdict.TURNED_AWAY: timedelta(days=31),
    Verdict.SENT_OUT: timedelta(days=31),
}
_RENEWED_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about one user, and its time.

    Args:
        invitation_id: The invitation by which the guest waited or came, if one is on record. An
            approval is for this one: by another, they come as if there were none.
    """

    verdict: Verdict
    at: datetime
    invitation_id: str | None = None

    @property
    def approves(self) -> bool:
        return self.verdict is Verdict.APPROVED

    def approves_by(self, invitation_id: str | None) -> bool:
        """Return True if the user was approved as they come now: by this invitation, or by none."""
        return self.approves and self.invitation_id == invitation_id

    @property
    def kept_until(self) -> datetime:
        """The time until which the decision is on record, at least."""
        return self.at + _KEPT[self.verdict]

    def is_old(self, now: datetime) -> bool:
        """Return True if the record must be renewed, because the user still comes."""
        return now >= self.at + _RENEWED_AFTER

    def turned_away_until(self, now: datetime) -> datetime | None:
        """Return the time until which the user may not wait; None if they may."""
        until = self.at + TURNED_AWAY_FOR
        return until if self.verdict is Verdict.TURNED_AWAY and now < until else None


@dataclass(frozen=True, slots=True)
class WaitingUser:
    """A user who waits.

    Args:
        id: The id under which moderators decide. It does not contain the user's id.
        name: The name that the bearer token has, or that a guest chose.
        since: The time of the first request.
        asked_at: The time of the last request that was recorded.
        invitation_id: The invitation by which a guest asks.
        takes_use: True if the guest's first token will take one of its last uses.
    """

    id: str
    user_id: str
    name: str | None
    since: datetime
    asked_at: datetime
    invitation_id: str | None = None
    takes_use: bool = False

    @property
    def is_guest(self) -> bool:
        return is_guest_id(self.user_id)

    def is_waiting(self, now: datetime) -> bool:
        return now < self.asked_at + FORGOTTEN_AFTER

    def is_remembered(self, now: datetime) -> bool:
        """Return True if a ban of this guest must still find an invitation with few uses left."""
        return self.takes_use and now < self.asked_at + REMEMBERED_FOR


@dataclass(frozen=True, slots=True)
class WaitingList:
    """The users who asked lately for a token of one session.

    Args:
        users: Each by id, also those who have stopped asking.
        signalled_at: The time of the last signal to moderators; None if nothing was ever recorded.
        signalled: The number of waiting users in that signal.
    """

    users: Mapping[str, WaitingUser] = field(default_factory=dict)
    signalled_at: datetime | None = None
    signalled: int = 0

    def waiting(self, now: datetime) -> list[WaitingUser]:
        """Return the users who wait, first come first."""
        waiting = (each for each in self.users.values() if each.is_waiting(now))
        return sorted(waiting, key=lambda each: (each.since, each.id))

    def is_full_for(self, user: WaitingUser, now: datetime) -> bool:
        """Return True if as many others of this kind wait as may."""
        waiting = self.waiting(now)
        return sum(each.is_guest is user.is_guest for each in waiting) >= MAX_WAITING

    def uses_awaited(self, user: WaitingUser, now: datetime) -> int:
        """Return the number of uses that others want of the same invitation, and come first."""
        is_new, before = user.id not in self.users, (user.since, user.id)
        return sum(
            each.takes_use
            and each.invitation_id == user.invitation_id
            and each.id != user.id
            and (is_new or (each.since, each.id) < before)
            for each in self.waiting(now)
        )

    def ahead_of(self, user: WaitingUser, now: datetime) -> int:
        """Return the number of users who have waited for longer than this one."""
        before = (user.since, user.id)
        return sum((each.since, each.id) < before for each in self.waiting(now))

    def recording(self, user: WaitingUser, now: datetime) -> "ListChange":
        """Return the write that records a user who asks, and forgets those who stopped asking."""
        others = [each for each in self.users.values() if each.id != user.id]
        gone = [each for each in others if not each.is_waiting(now)]
        if sum(each.is_guest for each in others) < MAX_REMEMBERED:
            gone = [each for each in gone if not each.is_remembered(now)]
        # Those of the same kind come first, because their places are needed.
        gone.sort(key=lambda each: each.is_guest is not user.is_guest)
        after = replace(self, users={**self.users, user.id: user})
        number = after.number_to_signal(now, is_new=user.since == now)
        return ListChange(self, user, now, number, tuple(gone[:MAX_FORGOTTEN_AT_ONCE]))

    def removing(self, user: WaitingUser, now: datetime) -> "ListChange":
        """Return the write that removes a user about whom a moderator has decided."""
        return ListChange(self, user, now)

    def number_to_signal(self, now: datetime, *, is_new: bool = False) -> int | None:
        """Return the number to signal to moderators; None if they know it, or heard just now.

        With `is_new`, somebody else waits now, even if the number is the same.
        """
        if self.signalled_at is not None and now < self.signalled_at + SIGNAL_EVERY:
            return None
        number = len(self.waiting(now))
        return number if is_new or number != self.signalled else None


@dataclass(frozen=True, slots=True)
class ListChange:
    """A conditional write to a list, which records or removes one user.

    Args:
        before: The list as it was read. What the write touches must be unchanged.
        user: The user to record, as they are now, or the user to remove.
        at: The current time.
        signalled: The number that moderators get in a signal afterwards; None if they get none.
        forgotten: Users who have stopped asking, and are deleted.
    """

    before: WaitingList
    user: WaitingUser
    at: datetime
    signalled: int | None = None
    forgotten: tuple[WaitingUser, ...] = ()


def waiting_id(session_id: str, user_id: str) -> str:
    """Return the id of a user in the waiting room of a session."""
    return short_hash(f"{session_id}\n{user_id}")


def invitation_waiting_id(session_id: str, invitation_id: str) -> str:
    """Return the id of a decision about all guests of a single-use invitation."""
    # No user's id has two lines.
    return waiting_id(session_id, f"invitation\n{invitation_id}")
