"""The order of a WebSocket's frames where both sides act at once."""

import socket
import threading

import pytest
from simple_websocket import ConnectionClosed

from stand_ins.opentok.clients.ordered_frames import OrderedFrames

HEADERS = {
    "HTTP_HOST": "test",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
}
CLOSE_BY_CLIENT = b"\x88\x80\0\0\0\0"
CLOSE_BY_SERVER = b"\x88\0"


class Interrupted:
    """The server's socket. The client closes while a message is on its way to the network.

    Args:
        own: The server's end.
        client: The client's end.
    """

    def __init__(self, own: socket.socket, client: socket.socket) -> None:
        self._own, self._client = own, client
        self._answered = threading.Event()
        self.sent: list[bytes] = []

    def send(self, frames: bytes) -> int:
        if frames == CLOSE_BY_SERVER:
            self._answered.set()
        elif self.sent:
            self._client.sendall(CLOSE_BY_CLIENT)
            self._answered.wait(timeout=0.2)
        self.sent.append(frames)
        return len(frames)

    def __getattr__(self, name: str) -> object:
        return getattr(self._own, name)


def test_no_message_leaves_after_the_answer_to_a_close() -> None:
    ends = socket.socketpair()
    with ends[0], ends[1]:
        interrupted = Interrupted(*ends)
        server = OrderedFrames.accept(HEADERS | {"werkzeug.socket": interrupted})

        server.send("a message")
        server.thread.join(timeout=5)
        with pytest.raises(ConnectionClosed):
            server.send("too late")

    assert interrupted.sent[1:] == [b"\x81\x09a message", CLOSE_BY_SERVER]
