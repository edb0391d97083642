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

# Its text is not documented.
_RELAYED = "Only routed sessions are allowed to initiate renders."


class Renders(ConnectedRecords[Render]):
    """Experience Composers, and how their stop is answered.

    Args:
        stop_status: 200 as documented, the only one OpenTok's SDKs take; 204 was recorded too.
    """

    def __init__(self, lock: threading.RLock, announce: Callable[[Callback], None]) -> None:
        super().__init__(lock, announce, "Render not found")
        self.stop_status: int = HTTPStatus.OK

    def start(
        self, session: Session, wanted: RenderRequest, token: ClientToken, now: float
    ) -> dict[str, Any]:
        """The answer to its start; by the time it is read, the page has connected and publishes.

        Raises:
            ConflictError: the session is relayed.
        """
        with self._lock:
            if session.options.relayed:
                raise ConflictError(_RELAYED)
            render = Render(session=session, created_at=now, wanted=wanted)
            self._records.add(render)
            starting = render.shown()
            connection = connect_by_token(session, token, now)
            stream = session.publish(connection, wanted.stream_name, "custom", now)
            render.connection_id, render.stream_id = connection.connection_id, stream.stream_id
            self._change(render, Change("started", now))
            return starting

    def stop(self, key: str, render_id: str, now: float) -> None:
        """Fine where it has ended already."""
        with self._lock:
            render = self._records.of_project(key, render_id)
            if render.running:
                self._change(render, Change("stopped", now, "Stop Requested"))
