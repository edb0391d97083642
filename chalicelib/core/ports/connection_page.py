from dataclasses import dataclass, replace
from typing import Self

from chalicelib.core.model.connection import Connection


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
