"""The records of one user, and the erasure of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final, TypeVar

from chalicelib.core.model.room import Room
from chalicelib.core.model.usage import Usage
from chalicelib.core.model.user import Role
from chalicelib.core.support.formats import short_hash

AGAIN_AFTER: Final = timedelta(hours=1)
"""The time until another pass, while the user is connected."""
LOOK_AGAIN_AFTER: Final = timedelta(minutes=1)
"""The time until another pass, once one has found something.

It is longer than a check or a request lasts. One that read the user's records before they were
erased may write the user's id again.
"""
MAX_PASSES: Final = 50
"""The number of passes after which an erasure ends, whatever the user does meanwhile."""
MAX_LISTED: Final = 1000
"""The number of recordings, and of rooms, that an erasure lists."""
OUTCOME_KEPT: Final = timedelta(days=7)
"""The time for which the outcome of an erasure can be read."""
_Listed = TypeVar("_Listed")


class RecordKind(StrEnum):
    """The kinds of records that name a user."""

    ROOM = "room"
    SESSION = "session"
    """An OpenTok session of a room that the user created."""
    CONNECTION = "connection"
    INVITATION = "invitation"
    """An invitation that the user made."""
    WAITING = "waiting"
    USAGE = "usage"
    """A day's usage by rooms that the user created."""
    QUOTA = "quota"
    """A count or a hold of the user, which ends by itself within a day."""


class Part(StrEnum):
    """A part that a user has in a room."""

    CREATOR = "creator"
    MODERATOR = "moderator"
    MEMBER = "member"
    BANNED = "banned"
    SEATED = "seated"
    """The user has a seat, a hold on one, or a wait for one."""
    ADMIN = "admin"
    """The user came as an admin, or as a guest who may moderate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """A record that names the user.

    Args:
        id: The room's name, the id of the session, connection or invitation, the day in ISO 8601,
            or the name of the quota.
        within: The room's name of a session or an invitation, and the session's id of a connection
            or a waiting user; None otherwise.
        parts: What the user is in a room.
        since: The time of creation, or of the arrival.
        until: The time at which it ended or ends by itself, if it does.
        usage: The sums of a day.
        key: The store's own key of the record.
    """

    kind: RecordKind
    id: str
    within: str | None = None
    parts: tuple[Part, ...] = ()
    name: str | None = None
    role: Role | None = None
    since: datetime | None = None
    until: datetime | None = None
    banned_since: datetime | None = None
    usage: Usage | None = None
    key: str = field(default="", compare=False)

    @property
    def is_current_connection(self) -> bool:
        return self.kind is RecordKind.CONNECTION and self.until is None


def room_record(room: Room, user_id: str, key: str) -> UserRecord | None:
    """Return what a room's record holds of a user, or None if it does not name the user."""
    seats, settings = room.seats, room.settings
    named = {
        Part.CREATOR: room.created_by == user_id,
        Part.MODERATOR: user_id in settings.moderators,
        Part.MEMBER: user_id in (settings.members or ()),
        Part.BANNED: user_id in room.bans,
        Part.SEATED: any(
            user_id in each for each in (seats.connections, seats.holds, seats.waiting)
        ),
        Part.ADMIN: user_id in room.admins_until,
    }
    parts = tuple(part for part, is_named in named.items() if is_named)
    if not parts:
        return None
    return UserRecord(
        kind=RecordKind.ROOM,
        id=room.name,
        parts=parts,
        since=room.created_at if Part.CREATOR in parts else None,
        until=room.admins_until.get(user_id),
        banned_since=room.bans.get(user_id),
        key=key,
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """An archive of a time at which the user was in the room."""

    room: str
    archive_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The erasure of one user, as far as it has come.

    A pass looks at all records. Further passes follow, a minute later, until one finds nothing.

    Args:
        of: A hash of the user's id.
        user_id: The user; None once it has ended.
        tombstone: The id that takes the user's place; None once it has ended.
        by_user: True if the user asked for it, and no admin did. Then bans stay.
        starts_at: The time before which nothing is done.
        position: The store's position in the pass; None at its beginning.
        passes: The number of passes that have ended.
        found: The number of records that this pass has erased.
        waits_for: The rooms in which this pass found the user connected.
        erased: The number of records that all passes have erased.
        kept_bans: The rooms whose ban of the user stays.
        recordings: The recordings of times at which the user was in the room.
        version: The number of times that it was saved.
    """

    of: str
    user_id: str | None
    tombstone: str | None
    by_user: bool
    requested_at: datetime
    starts_at: datetime
    position: str | None = None
    passes: int = 0
    found: int = 0
    waits_for: frozenset[str] = frozenset()
    erased: int = 0
    kept_bans: frozenset[str] = frozenset()
    recordings: frozenset[Recording] = frozenset()
    finished_at: datetime | None = None
    version: int = 0

    def with_recordings(self, recordings: Iterable[Recording]) -> "Erasure":
        """Return it with these recordings besides those that are listed."""
        return replace(self, recordings=_some(recordings, self.recordings))

    def of_page(
        self,
        erased: int,
        *,
        waits_for: Iterable[str],
        kept_bans: Iterable[str],
    ) -> "Erasure":
        """Return it with what a page of records has brought."""
        is_first = self.position is None
        return replace(
            self,
            found=erased + (0 if is_first else self.found),
            waits_for=_some(waits_for, frozenset() if is_first else self.waits_for),
            erased=self.erased + erased,
            kept_bans=_some(kept_bans, self.kept_bans),
        )

    def saved(self, before: "Erasure") -> "Erasure":
        """Return it with the version after that of `before`."""
        return replace(self, version=before.version + 1)

    def after_pass(self, now: datetime) -> "Erasure":
        """Return it at the end of a pass: finished, or before another pass."""
        passed = replace(self, position=None, passes=self.passes + 1)
        is_clean = not self.found and not self.waits_for
        if is_clean or passed.passes >= MAX_PASSES:
            return replace(passed, user_id=None, tombstone=None, finished_at=now)
        after = LOOK_AGAIN_AFTER if self.found else AGAIN_AFTER
        return replace(passed, starts_at=now + after)


def hash_of_user(user_id: str) -> str:
    """Return the hash under which a user's erasure is kept."""
    return short_hash(f"erasure of {user_id}")


def _some(new: Iterable[_Listed], old: frozenset[_Listed]) -> frozenset[_Listed]:
    return old.union(islice(set(new) - old, max(0, MAX_LISTED - len(old))))
