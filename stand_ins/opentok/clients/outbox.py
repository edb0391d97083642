"""The messages to clients, kept until their connections end, so that a lost socket loses none."""

import secrets
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

_KEPT_BYTES = 2 * 1024 * 1024


@dataclass
class Outbox:
    """The numbered messages to one client, and the socket that sends them, if there is one.

    It keeps the newest 2 MiB of messages. A client that missed more than these cannot resume.

    Args:
        secret: A client shows it when it resumes.
        detached_at: The time at which the socket was lost; None while there is one.
        closed_at: The time at which the connection ended; None until then.
        unreachable_until: The time until which no socket is accepted, in seconds of the clock.
        handled: The number of the newest request that was handled.
    """

    connection_id: str
    session_id: str
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    detached_at: float | None = None
    closed_at: float | None = None
    unreachable_until: float = 0.0
    handled: int = 0
    _messages: deque[str] = field(default_factory=deque, repr=False)
    _bytes: int = 0
    _number: int = 0
    _socket: object | None = None
    _news: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def put(self, message: Mapping[str, Any]) -> None:
        with self._news:
            self._number += 1
            text = msgspec.json.encode({**message, "number": self._number}).decode()
            self._messages.append(text)
            self._bytes += len(text)
            while self._bytes > _KEPT_BYTES and len(self._messages) > 1:
                self._bytes -= len(self._messages.popleft())
            self._news.notify_all()

    def close(self, now: float) -> None:
        """Let the socket end once it has sent what is here."""
        with self._news:
            self.closed_at = now
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

    def keeps_all_after(self, number: int) -> bool:
        """Return True if every message after this number is still here."""
        with self._news:
            return number >= self._number - len(self._messages)

    def next(self, socket: object, after: int) -> tuple[int, str] | None:
        """Wait for the message after this number; None if the socket has none to send."""
        with self._news:
            while self._socket is socket and self.keeps_all_after(after):
                if after < self._number:
                    return after + 1, self._messages[after - self._number]
                if self.closed_at is not None:
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

    def close(self, connection_id: str, now: float) -> None:
        """Take no more messages; a client whose socket is lost can still come for the last ones."""
        if connection_id in self._by_connection:
            self._by_connection[connection_id].close(now)

    def forget_closed_before(self, time: float) -> None:
        """Drop the outboxes whose connections ended at this time or before."""
        self._by_connection = {
            each.connection_id: each
            for each in self._by_connection.values()
            if each.closed_at is None or each.closed_at > time
        }

    def detached_before(self, time: float) -> list[Outbox]:
        """Return the outboxes of clients whose socket was lost at this time or before."""
        return [
            each
            for each in self._by_connection.values()
            if each.detached_at is not None and each.detached_at <= time
        ]
