"""The sessions that were created here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local.opentok.callback import Callback
from local.opentok.live_session import Session
from local.opentok.rest_errors import AbsentError
from local.opentok.session_ids import new_session_id
from local.opentok.session_options import SessionOptions

_ABSENT = "Session not found"


class Sessions:
    """In memory, safe under threads: a session is lent to one caller at a time.

    Callbacks are announced while it is lent, so their order is that of what happened.
    """

    def __init__(self, announce: Callable[[Callback], None]) -> None:
        self._announce = announce
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def create(self, key: str, options: SessionOptions, now: float) -> Session:
        session_id = new_session_id(
            key, location=options.location, relayed=options.relayed, now=now
        )
        session = Session(session_id, key, options, self._announce)
        with self._lock:
            self._sessions[session_id] = session
        return session

    @contextmanager
    def lent(self, session_id: str) -> Iterator[Session]:
        """Raise AbsentError if it was never created."""
        with self._lock:
            if session_id not in self._sessions:
                raise AbsentError(_ABSENT)
            yield self._sessions[session_id]

    @contextmanager
    def lent_to_project(self, session_id: str, key: str) -> Iterator[Session]:
        """Raise AbsentError if it is another project's, or nobody ever connected to it."""
        with self.lent(session_id) as session:
            if session.key != key or not session.ever_connected:
                raise AbsentError(_ABSENT)
            yield session

    @contextmanager
    def lent_with_connection(self, connection_id: str) -> Iterator[Session]:
        """Raise AbsentError if no session has this connection."""
        with self._lock:
            for session in self._sessions.values():
                if connection_id in session.connections:
                    yield session
                    return
            raise AbsentError("Connection not found")

    @contextmanager
    def lent_with_stream(self, stream_id: str) -> Iterator[Session]:
        """Raise AbsentError if no session has this stream."""
        with self._lock:
            for session in self._sessions.values():
                if stream_id in session.streams:
                    yield session
                    return
            raise AbsentError("Stream not found")
