"""A WebSocket whose frames leave in the order in which they were made."""

import threading
from typing import Any

from simple_websocket import Server
from wsproto.frame_protocol import CloseReason


class OrderedFrames(Server):  # type: ignore[misc]  # simple_websocket has no types
    """A server's WebSocket that sends nothing after the answer to the client's close.

    A thread of simple_websocket answers a close, even between the making and the sending of a
    message by another thread. Browsers report a message that comes after the close.
    """

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401
        self._frames = threading.Lock()
        super().__init__(*given, **named)

    def send(self, data: str) -> None:
        with self._frames:
            super().send(data)

    def close(self, reason: CloseReason | None = None, message: str | None = None) -> None:
        with self._frames:
            super().close(reason, message)

    def _handle_events(self) -> bool:
        with self._frames:
            went_on: bool = super()._handle_events()
            return went_on
