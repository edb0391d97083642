"""The sessions that were created here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.clients.outbox import Outboxes
from stand_ins.opentok.rest_errors import AbsentError, RestError
from stand_ins.opentok.sessions.live_session import Session, SessionObserver
from stand_ins.opentok.sessions.session_ids import is_session_id, new_session_id
from stand_ins.opentok.sessions.session_options import SessionOptions

_ABSENT = "Session not found"


class Sessions:
    """The sessions in memory. Safe under threads: one caller at a time borrows a session.

    Callbacks are announced while the session is borrowed, so their order is that of the changes.

    Args:
        lock: Held while a session is borrowed, and shared with the records of sessions.
        outboxes: Take what clients are told.
    """

    def __init__(
        self, announce: Callable[[Callback], None], lock: threading.RLock, outboxes: Outboxes
    ) -> None:
        self._announce = announce
        self._outboxes = outboxes
        self._observers: list[SessionObserver] = []
        self._lock = lock
        self._sessions: dict[str, Session] = {}

    def add_observer(self, observer: SessionObserver) -> None:
        """Report every change of connections or streams to this observer too."""
        self._observers.append(observer)

    def create(self, key: str, options: SessionOptions, now: float) -> Session:
        session_id = new_session_id(
            key, location=options.location, relayed=options.relayed, now=now
        )
        session = Session(session_id, key, options, self._announce, self._observers, self._outboxes)
        with self._lock:
            self._sessions[session_id] = session
        return session

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all sessions from changing."""
        with self._lock:
            yield

    @contextmanager
    def lent(self, session_id: str) -> Iterator[Session]:
        """Lend a session, or raise AbsentError if it was never created."""
        with self._lock:
            if session_id not in self._sessions:
                raise AbsentError(_ABSENT)
            yield self._sessions[session_id]

    @contextmanager
    def lent_unentered(self, session_id: str, key: str) -> Iterator[Session]:
        """Lend a project's session, even if nobody has connected to it yet.

        Raises:
            RestError: 400 for a malformed session id, 404 for another project's session.
        """
        if not is_session_id(session_id):
            raise RestError("Invalid session ID", HTTPStatus.BAD_REQUEST)
        with self.lent(session_id) as session:
            if session.key != key:
                raise AbsentError(_ABSENT)
            yield session

    @contextmanager
    def lent_to_project(self, session_id: str, key: str) -> Iterator[Session]:
        """Lend a project's session, or raise AbsentError if nobody ever connected to it."""
        with self.lent(session_id) as session:
            if session.key != key or not session.ever_connected:
                raise AbsentError(_ABSENT)
            yield session

    @contextmanager
    def lent_with_connection(self, connection_id: str) -> Iterator[Session]:
        """Lend the session of this connection, or raise AbsentError if there is none."""
        with self._lock:
            for session in self._sessions.values():
                if connection_id in session.connections:
                    yield session
                    return
            raise AbsentError("Connection not found")

    @contextmanager
    def lent_with_stream(self, stream_id: str) -> Iterator[Session]:
        """Lend the session of this stream, or raise AbsentError if there is none."""
        with self._lock:
            for session in self._sessions.values():
                if stream_id in session.streams:
                    yield session
                    return
            raise AbsentError("Stream not found")
