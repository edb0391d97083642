"""The port for the pool: sessions made in advance, which new rooms take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class PoolBounds:
    """The bounds of the pool's size, in sessions.

    Args:
        least: The size of a pool from which few sessions are taken.
        most: The largest size; 0 switches the pool off and empties it.
    """

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """The facts that a refill leaves for the next one.

    Args:
        project: The project whose sessions are in use; None before the first refill.
        size: The size of that project's pool after the refill.
        taken: The number of sessions that rooms took in each of the last hours, by its beginning.
        abandoned: Other projects that may still have sessions in the pool.
    """

    project: str | None = None
    size: int = 0
    taken: Mapping[datetime, int] = field(default_factory=dict)
    abandoned: frozenset[str] = frozenset()


class SessionTaken(Exception):
    """A room was not created because its session is no longer in the pool."""


class SessionPool(Protocol):
    """A store of sessions that have no room yet, each of one project of OpenTok's.

    Lists may be a moment out of date. `RoomStore.create` takes a session out of the pool, and
    decides who gets it. Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def candidates(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return the ids of up to `limit` of the project's sessions, in random order."""

    def pooled(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return the ids of the project's sessions, up to `limit`."""

    def add_session(self, session_id: str, project: str, now: datetime, deadline: Deadline) -> None:
        """Add a session. If the session is known, even as a room's, nothing changes."""

    def drop_session(
        self, session_id: str, project: str, now: datetime, deadline: Deadline
    ) -> None:
        """Take the session out of the project's pool, if no room has taken it meanwhile."""

    def record(self, deadline: Deadline) -> PoolRecord:
        """Return the record of the last refill."""

    def save_record(self, record: PoolRecord, deadline: Deadline) -> None:
        """Replace the record of the last refill."""
