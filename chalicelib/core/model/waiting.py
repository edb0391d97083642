"""The waiting room: who asks for a token and was not let in yet, and what moderators decided.

All of it belongs to a session of a room. So in a room that opens again, nobody was let in yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.support.formats import short_hash

FORGOTTEN_AFTER: Final = timedelta(seconds=20)
"""The time after which a user who has stopped asking no longer waits."""
RECORDED_EVERY: Final = timedelta(seconds=10)
"""The time between two writes that say that a user still asks."""
ASK_AGAIN_SECONDS: Final = 5
"""The `Retry-After` of a user who waits."""
TOLD_EVERY: Final = timedelta(seconds=2)
"""The shortest time between two signals to the moderators of a room."""
TURNED_AWAY_FOR: Final = timedelta(minutes=10)
MAX_WAITING: Final = 100
"""The number of signed-in users who may wait in a room. As many guests may wait beside them."""
MAX_FORGOTTEN_AT_ONCE: Final = 25
MAX_NAME_BYTES: Final = 100
"""The length of a name that moderators see. A longer name is cut."""
GUEST: Final = "guest:"
"""The prefix of the user ids of guests, who have no bearer token."""


class Verdict(StrEnum):
    """A moderator's decision about one user."""

    LET_IN = "letIn"
    TURNED_AWAY = "turnedAway"
    SENT_OUT = "sentOut"
    """The user had been let in, until a moderator disconnected them."""


_KEPT: Final = {
    Verdict.LET_IN: timedelta(days=90),
    Verdict.TURNED_AWAY: TURNED_AWAY_FOR,
    Verdict.SENT_OUT: timedelta(days=31),
}
_RENEWED_AFTER: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about one user, and its time."""

    verdict: Verdict
    at: datetime

    @property
    def lets_in(self) -> bool:
        return self.verdict is Verdict.LET_IN

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
    """

    id: str
    user_id: str
    name: str | None
    since: datetime
    asked_at: datetime

    @property
    def is_guest(self) -> bool:
        return is_guest(self.user_id)

    def is_waiting(self, now: datetime) -> bool:
        return now < self.asked_at + FORGOTTEN_AFTER


@dataclass(frozen=True, slots=True)
class WaitingList:
    """The users who asked lately for a token of one session.

    Args:
        users: Each by id, also those who have stopped asking.
        told_at: The time of the last signal to moderators; None if nothing was ever recorded.
        told: The number of waiting users in that signal.
    """

    users: Mapping[str, WaitingUser] = field(default_factory=dict)
    told_at: datetime | None = None
    told: int = 0

    def waiting(self, now: datetime) -> list[WaitingUser]:
        """Return the users who wait, first come first."""
        waiting = (each for each in self.users.values() if each.is_waiting(now))
        return sorted(waiting, key=lambda each: (each.since, each.id))

    def is_full_for(self, user: WaitingUser, now: datetime) -> bool:
        """Return True if as many others of this kind wait as may."""
        waiting = self.waiting(now)
        return sum(each.is_guest is user.is_guest for each in waiting) >= MAX_WAITING

    def ahead_of(self, user: WaitingUser, now: datetime) -> int:
        """Return the number of users who have waited for longer than this one."""
        before = (user.since, user.id)
        return sum((each.since, each.id) < before for each in self.waiting(now))

    def recording(self, user: WaitingUser, now: datetime) -> "ListChange":
        """Return the write that records a user who asks, and forgets those who stopped asking."""
        gone = tuple(each for each in self.users.values() if not each.is_waiting(now))
        forgotten = tuple(each for each in gone if each.id != user.id)[:MAX_FORGOTTEN_AT_ONCE]
        after = replace(self, users={**self.users, user.id: user})
        return ListChange(self, user, now, after.number_to_tell(now), forgotten)

    def removing(self, user: WaitingUser, now: datetime) -> "ListChange":
        """Return the write that removes a user about whom a moderator has decided."""
        return ListChange(self, user, now)

    def number_to_tell(self, now: datetime) -> int | None:
        """Return the number to signal to moderators; None if they know it, or heard just now."""
        if self.told_at is not None and now < self.told_at + TOLD_EVERY:
            return None
        number = len(self.waiting(now))
        return None if number == self.told else number


@dataclass(frozen=True, slots=True)
class ListChange:
    """A conditional write to a list, which records or removes one user.

    Args:
        before: The list as it was read. What the write touches must be unchanged.
        user: The user to record, as they are now, or the user to remove.
        at: The current time.
        told: The number that moderators are told once it is written; None if they are not told.
        forgotten: Users who have stopped asking, and are deleted.
    """

    before: WaitingList
    user: WaitingUser
    at: datetime
    told: int | None = None
    forgotten: tuple[WaitingUser, ...] = ()


def is_guest(user_id: str) -> bool:
    return user_id.startswith(GUEST)


def waiting_id(session_id: str, user_id: str) -> str:
    """Return the id of a user in the waiting room of a session."""
    return short_hash(f"{session_id}\n{user_id}")
