"""The messages to clients, kept until their connections end, so that a lost socket loses none."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_KEPT = 2000


@dataclass
class Outbox:
    """The numbered messages to one client, and the socket that sends them, if there is one.

    Args:
        secret: A client shows it when it resumes.
        detached_at: The time at which the socket was lost; None while there is one.
        unreachable_until: The time until which no socket is accepted, in seconds of the clock.
        handled: The number of the newest request that was handled.
    """

    connection_id: str
    session_id: str
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    detached_at: float | None = None
    unreachable_until: float = 0.0
    handled: int = 0
    _messages: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list, repr=False)
    _number: int = 0
    _socket: object | None = None
    _closed: bool = False
    _news: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def put(self, message: Mapping[str, Any]) -> None:
        with self._news:
            self._number += 1
            self._messages.append((self._number, message))
            del self._messages[:-_KEPT]
            self._news.notify_all()

    def close(self) -> None:
        """Let the socket end once it has sent what is here."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def attach(self, socket: object) -> None:
        """Send by this socket from now on; an earlier socket gets nothing more."""
        with self._news:
            self._socket = socket
            self.detached_at = None
            self._news.notify_all()

    def detach(self, socket: object, now: float) -> None:
        """Note that this socket is lost, unless another one has taken its place."""
        with self._news:
            if self._socket is socket:
                self._socket = None
                self.detached_at = now
                self._news.notify_all()

    def lose(self, now: float, until: float) -> None:
        """Lose the socket now, and accept no other one until then."""
        with self._news:
            self._socket = None
            self.detached_at = now
            self.unreachable_until = until
            self._news.notify_all()

    def next(self, socket: object, after: int) -> tuple[int, Mapping[str, Any]] | None:
        """Wait for the next message after this number; None if the socket has none to send."""
        with self._news:
            while self._socket is socket:
                for number, message in self._messages:
                    if number > after:
                        return number, message
                if self._closed:
                    return None
                self._news.wait()
            return None


class Outboxes:
    """The outboxes of all clients that came by the socket. The sessions' lock guards it."""

    def __init__(self) -> None:
        self._by_connection: dict[str, Outbox] = {}

    def open(self, connection_id: str, session_id: str, now: float) -> Outbox:
        outbox = Outbox(connection_id, session_id, detached_at=now)
        self._by_connection[connection_id] = outbox
        return outbox

    def get(self, connection_id: str) -> Outbox | None:
        return self._by_connection.get(connection_id)

    def put(self, connection_id: str, message: Mapping[str, Any]) -> None:
        """Tell a client; clients that tests play have no outbox."""
        if connection_id in self._by_connection:
            self._by_connection[connection_id].put(message)

    def close(self, connection_id: str) -> None:
        if connection_id in self._by_connection:
            self._by_connection.pop(connection_id).close()

    def detached_before(self, time: float) -> list[Outbox]:
        """Return the outboxes of clients whose socket was lost at this time or before."""
        return [
            each
            for each in self._by_connection.values()
            if each.detached_at is not None and each.detached_at <= time
        ]
