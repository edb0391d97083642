"""The Experience Composers of all projects."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.renders.render import Render, RenderRequest
from stand_ins.opentok.rest_errors import ConflictError
from stand_ins.opentok.sessions.live_session import Session
from stand_ins.opentok.sessions.session_record import Change
from stand_ins.opentok.telephony.connected_record import ConnectedRecords
from stand_ins.opentok.tokens.client_tokens import ClientToken
from stand_ins.opentok.tokens.presented_tokens import connect_by_token

# OpenTok does not document this text.
_RELAYED = "Only routed sessions are allowed to initiate renders."


class Renders(ConnectedRecords[Render]):
    """Experience Composers.

    Args:
        stop_status: The status of the answer to a stop: 200 is documented, and the only one that
            OpenTok's SDKs accept; the real service has sent 204 too.
    """

    def __init__(self, lock: threading.RLock, announce: Callable[[Callback], None]) -> None:
        super().__init__(lock, announce, "Render not found")
        self.stop_status: int = HTTPStatus.OK

    def start(
        self, session: Session, wanted: RenderRequest, token: ClientToken, now: float
    ) -> dict[str, Any]:
        """Return the answer to a start; the page connects and publishes before the caller reads it.

        Raises:
            ConflictError: The session is relayed.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED)
            render = Render(session=session, created_at=now, wanted=wanted)
            self._records.add(render)
            starting = render.to_json()
            connection = connect_by_token(session, token, now)
            stream = session.publish(connection, wanted.stream_name, "custom", now)
            render.connection_id, render.stream_id = connection.connection_id, stream.stream_id
            self._change(render, Change("started", now))
            return starting

    def stop(self, key: str, render_id: str, now: float) -> None:
        """Stop a render; one that has ended stays as it is."""
        with self._lock:
            render = self._records.of_project(key, render_id)
            if render.running:
                self._change(render, Change("stopped", now, "Stop Requested"))
