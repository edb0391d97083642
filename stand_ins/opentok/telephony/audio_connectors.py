"""Audio Connectors: connections that carry a session's audio to a WebSocket."""

import threading
import uuid

from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.participants import Connection


class AudioConnectors:
    """The connections of Audio Connectors, by the connector's id. Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}

    def add(self, connection: Connection) -> str:
        """Return the id of a new connector with this connection."""
        connector_id = str(uuid.uuid4())
        with self._lock:
            self._connections[connector_id] = connection
        return connector_id

    def find(self, connector_id: str) -> Connection:
        """Return a connector's connection, or raise AbsentError if there is no such connector."""
        with self._lock:
            if connector_id not in self._connections:
                raise AbsentError("Audio Connector not found")
            return self._connections[connector_id]
