"""One TLS address for the app and for what its call page loads.

Browsers give cameras to secure origins alone, and a secure page may load nothing from insecure
ones. So the call page, the client library and its WebSocket share this address.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

_HEAD_END = b"\r\n\r\n"
_PATIENCE_SECONDS = 60.0
_CHUNK = 65_536

PortOf = Callable[[str], int]
"""A function of a request's path; it returns the port on this machine that answers."""


class TlsRelay:
    """A server that passes each request on to a port of this machine, from `start` to `stop`.

    Each connection has one request, so that the next one may go to another port. A WebSocket keeps
    its connection.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 takes any free port.
    """

    def __init__(self, context: ssl.SSLContext, host: str, port: int, port_of: PortOf) -> None:
        self._context = context
        self._address = (host, port)
        self._port_of = port_of
        self._listening: Future[int] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start listening.

        Raises:
            OSError: The port is taken.
        """
        self._thread.start()
        self._listening.result()

    def stop(self) -> None:
        """Free the port and end every connection; do nothing if the relay has not started."""
        if self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop = None

    @property
    def port(self) -> int:
        return self._listening.result()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        host, port = self._address
        try:
            server = await asyncio.start_server(self._relay, host, port, ssl=self._context)
        except OSError as error:
            self._listening.set_exception(error)
            return
        self._loop = asyncio.get_running_loop()
        self._listening.set_result(server.sockets[0].getsockname()[1])
        await self._end.wait()
        # asyncio.run ends the connections, by cancelling their tasks.
        server.close()

    async def _relay(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        # Only the end of the relay cancels this task, and asyncio would log that as an error.
        ends = (OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError)
        with suppress(*ends, _NoRequestError):
            try:
                await self._relay_request(client, to_client)
            finally:
                to_client.transport.abort()

    async def _relay_request(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            head = await client.readuntil(_HEAD_END)
        switches = b"\r\nupgrade:" in head.lower()
        app, to_app = await asyncio.open_connection("127.0.0.1", self._port_of(_path_in(head)))
        try:
            to_app.write(head if switches else _last(head))
            sending = asyncio.create_task(_pump(client, to_app))
            answering = asyncio.create_task(_answer(app, to_client, last=not switches))
            # A client that is gone ends its request, and its WebSocket.
            await asyncio.wait((sending, answering), return_when=asyncio.FIRST_COMPLETED)
            for task in (sending, answering):
                task.cancel()
            await asyncio.gather(sending, answering, return_exceptions=True)
        finally:
            to_app.transport.abort()


class _NoRequestError(Exception):
    """The client has sent something else than an HTTP request."""


def _path_in(head: bytes) -> str:
    parts = head.split(b"\r\n", 1)[0].split(b" ")
    if len(parts) != 3:  # noqa: PLR2004 - method, path and version
        raise _NoRequestError
    return parts[1].decode("latin-1")


def _last(head: bytes) -> bytes:
    """Return the head of a request or an answer that says that no other one follows."""
    lines = head.removesuffix(_HEAD_END).split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*kept, b"Connection: close"]) + _HEAD_END


async def _answer(
    app: asyncio.StreamReader, to_client: asyncio.StreamWriter, *, last: bool
) -> None:
    head = await app.readuntil(_HEAD_END)
    while head.startswith(b"HTTP/1.1 100 "):
        to_client.write(head)
        head = await app.readuntil(_HEAD_END)
    to_client.write(_last(head) if last else head)
    await _pump(app, to_client)
    to_client.close()
    await to_client.wait_closed()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass bytes on until the source ends, or the target is lost."""
    with suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
