"""The sessions that were created here, and who is connected to them."""

import threading
import uuid
from dataclasses import dataclass

from local.opentok.session_ids import new_session_id
from local.opentok.session_options import SessionOptions


@dataclass(frozen=True)
class Session:
    """A session and the API key or application id that owns it."""

    session_id: str
    key: str
    options: SessionOptions


@dataclass(frozen=True)
class Connection:
    connection_id: str
    session_id: str
    role: str
    data: str


class Sessions:
    """In memory, safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._connections: dict[str, Connection] = {}

    def create(self, key: str, options: SessionOptions, now: float) -> Session:
        session_id = new_session_id(
            key, location=options.location, relayed=options.relayed, now=now
        )
        session = Session(session_id, key, options)
        with self._lock:
            self._sessions[session_id] = session
        return session

    def find(self, session_id: str) -> Session | None:
        with self._lock:
            return self._sessions.get(session_id)

    def connect(self, session_id: str, *, role: str, data: str) -> Connection:
        connection = Connection(str(uuid.uuid4()), session_id, role, data)
        with self._lock:
            self._connections[connection.connection_id] = connection
        return connection

    def disconnect(self, connection_id: str) -> bool:
        """Whether there was such a connection."""
        with self._lock:
            return self._connections.pop(connection_id, None) is not None

    def connections_of(self, session_id: str) -> list[Connection]:
        with self._lock:
            return [each for each in self._connections.values() if each.session_id == session_id]
