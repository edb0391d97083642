from dataclasses import dataclass, replace
from typing import Self

from chalicelib.core.model.connection import Connection
from chalicelib.core.support.formats import short_hash


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """A page of a list of connections.

    Args:
        places: The place of each connection in the list.
        others: True if the list may go on.
    """

    connections: tuple[Connection, ...]
    places: tuple[str, ...]
    others: bool

    @property
    def next_cursor(self) -> str | None:
        """The place after which the next page starts; None on the last page."""
        return self.places[-1] if self.others else None

    def first(self, limit: int) -> Self:
        """Return the page's first connections as a page."""
        if len(self.connections) <= limit:
            return self
        return replace(
            self, connections=self.connections[:limit], places=self.places[:limit], others=True
        )


@dataclass(frozen=True, slots=True)
class EndedConnection:
    """A connection whose end was recorded, as it was on record before.

    Args:
        was_connected: True if it was an admitted user's connection, which had not ended.
        user_id: The user on record, if any. OpenTok's report of an end may not say whose it is.
    """

    was_connected: bool
    user_id: str | None


def place_of(user_id: str | None, connection_id: str, *, refused: bool) -> str:
    """Return a connection's place in the list of its session.

    The list is sorted by user. A user's admitted connections come before refused ones.
    """
    return f"{place_of_user(user_id, refused=refused)}{connection_id}"


def place_of_user(user_id: str | None, *, refused: bool) -> str:
    """Return the beginning of the places of a user's admitted or refused connections."""
    return f"{short_hash(user_id or '')}{'r' if refused else 'a'}"
