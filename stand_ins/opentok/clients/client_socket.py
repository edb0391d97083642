"""The WebSocket of the client library, as a WSGI app."""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec
from simple_websocket import ConnectionClosed
from wsproto.frame_protocol import CloseReason

from stand_ins.http.wsgi_connection import ConnectionDroppedError
from stand_ins.opentok.clients.client import Client, ClientGate, ClientRefusedError
from stand_ins.opentok.clients.client_requests import Greeting, Request, Resume
from stand_ins.opentok.clients.ordered_frames import OrderedFrames
from stand_ins.opentok.clients.outbox import Outbox
from stand_ins.opentok.sessions.sessions import Sessions

CLIENT_PATHS = "/client/"
"""The beginning of the addresses that clients' pages use."""
SOCKET_PATH = f"{CLIENT_PATHS}socket"
_GREETING_SECONDS = 10.0
_PING_SECONDS = 5.0
_LONGEST_MESSAGE = 256 * 1024
_GREETING = msgspec.json.Decoder(Greeting)
_REQUEST = msgspec.json.Decoder(Request)


class ClientSocket:
    """A WSGI app that serves one client per connection, until the client or its session ends it."""

    def __init__(
        self, gate: ClientGate, sessions: Sessions, clock: Callable[[], float] = time.time
    ) -> None:
        self._gate = gate
        self._sessions = sessions
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
        socket = OrderedFrames.accept(
            environ, ping_interval=_PING_SECONDS, max_message_size=_LONGEST_MESSAGE
        )
        with suppress(ConnectionClosed, OSError):
            self._serve(socket)
        # The socket has been used for another protocol than HTTP: there is nothing to answer.
        raise ConnectionDroppedError

    def _serve(self, socket: OrderedFrames) -> None:
        text = socket.receive(timeout=_GREETING_SECONDS)
        try:
            greeting = _GREETING.decode(text or "")
            outbox, received = self._admitted(greeting)
        except (msgspec.DecodeError, ClientRefusedError) as error:
            refusal = (
                error
                if isinstance(error, ClientRefusedError)
                else ClientRefusedError("OT_INVALID_PARAMETER", str(error))
            )
            socket.send(_text({"type": "refused", "error": refusal.to_json()}))
            socket.close()
            return
        if isinstance(greeting, Resume):
            socket.send(_text({"type": "resumed"}))
        outbox.attach(socket)
        sender = threading.Thread(target=_send, args=(socket, outbox, received), daemon=True)
        sender.start()
        client = Client(self._sessions, outbox)
        try:
            self._receive(socket, client)
        except ConnectionClosed as closed:
            if closed.reason == CloseReason.GOING_AWAY:
                client.leave(self._clock())
        finally:
            outbox.detach(socket, self._clock())
            sender.join()

    def _admitted(self, greeting: Greeting) -> tuple[Outbox, int]:
        if isinstance(greeting, Resume):
            outbox = self._gate.resume(greeting)
            if self._clock() < outbox.unreachable_until:
                raise ConnectionDroppedError
            return outbox, greeting.received
        return self._gate.connect(greeting, self._clock()), 0

    def _receive(self, socket: OrderedFrames, client: Client) -> None:
        while True:
            text = socket.receive()
            try:
                request = _REQUEST.decode(text or "")
            except msgspec.DecodeError as error:
                socket.close(CloseReason.INVALID_FRAME_PAYLOAD_DATA, str(error)[:100])
                return
            client.handle(request, self._clock())


def _send(socket: OrderedFrames, outbox: Outbox, received: int) -> None:
    with suppress(ConnectionClosed, OSError):
        while (found := outbox.next(socket, received)) is not None:
            received, message = found
            socket.send(message)
        socket.close()


def _text(message: object) -> str:
    return msgspec.json.encode(message).decode()
