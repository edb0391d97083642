"""POST requests that `abort` can break off, so that no hanging receiver delays a stop."""

import http.client
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 10.0


class Poster:
    """A sender of one request at a time, each on a connection of its own, without a proxy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._aborted = False
        self._socket: socket.socket | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        """Return the answer's status, or None if ten seconds pass in silence."""
        parts = urlsplit(url)
        connect = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection = connect(str(parts.hostname), parts.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.connect()
            self._hold(connection.sock)
            connection.request("POST", target, body, dict(headers))
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException, ValueError):  # ValueError: a bad host name
            return None
        finally:
            self._hold(None)
            connection.close()
        return answer.status

    def abort(self) -> None:
        """Break off the request under way, and refuse all further requests."""
        with self._lock:
            self._aborted = True
            if self._socket is not None:
                with suppress(OSError):  # the receiver has ended the connection
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _hold(self, connected: socket.socket | None) -> None:
        with self._lock:
            self._socket = connected
            if self._aborted and connected is not None:
                raise ConnectionAbortedError
