"""A small internet for a deployment, behind a proxy on this machine.

The deployment and its tools use their usual addresses, over TLS. Names that the rehearsal stands
in for lead to servers in this process. All other names, such as pip's, lead to the real servers.
"""

import os
import re
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

import certifi

from stand_ins.http.keep_alive import KeepAliveRequestHandler, KeepAliveServer
from tests.rehearsal.certificates import Authority

_CHUNK: Final = 1 << 16
_LOOK_SECONDS: Final = 0.2
_FOR_ALL_NAMES: Final = ("CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")
_FOR_STAND_INS: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""Clients of stand-ins alone, which need not parse the certificates of everybody."""


class Server(Protocol):
    """A stand-in that has been started."""

    @property
    def url(self) -> str:
        """Return the server's address."""


class Internet:
    """A proxy that shows stand-ins under real names.

    Args:
        stand_ins: The servers by pattern of their names; the first pattern that matches counts.
        folder: A folder for certificates.
    """

    def __init__(self, stand_ins: Mapping[str, Server], folder: Path) -> None:
        self._stand_ins = {re.compile(pattern): server for pattern, server in stand_ins.items()}
        self._authority = Authority(folder)
        self._own = folder / "own.pem"
        self._own.write_bytes(self._authority.pem)
        self._bundle = folder / "trusted.pem"
        trusted = os.environ.get("SSL_CERT_FILE") or certifi.where()
        self._bundle.write_bytes(Path(trusted).read_bytes() + b"\n" + self._authority.pem)
        self._server = _ProxyServer(self)

    def __enter__(self) -> Self:
        self._server.serve_in_background()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that make a process use this proxy."""
        host, port = self._server.server_address[:2]
        url = f"http://{host!s}:{port}"
        proxied = {"HTTPS_PROXY": url, "https_proxy": url}
        direct = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        all_names = dict.fromkeys(_FOR_ALL_NAMES, str(self._bundle))
        stand_ins = dict.fromkeys(_FOR_STAND_INS, str(self._own))
        return proxied | direct | all_names | stand_ins

    def server_behind(self, host: str) -> Server | None:
        return next((each for name, each in self._stand_ins.items() if name.fullmatch(host)), None)

    def tls_for(self, host: str) -> ssl.SSLContext:
        return self._authority.tls_for(host)


class _ProxyServer(KeepAliveServer):
    def __init__(self, internet: Internet) -> None:
        self.internet = internet
        super().__init__(("127.0.0.1", 0), _ProxyHandler)

    def serve_in_background(self) -> None:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _ProxyHandler(KeepAliveRequestHandler):
    server: _ProxyServer

    def do_CONNECT(self) -> None:  # noqa: N802 - as the base looks it up
        host, _, port = self.path.partition(":")
        self.close_connection = True
        stand_in = self.server.internet.server_behind(host)
        address = (host, int(port)) if stand_in is None else _address(stand_in)
        with suppress(OSError), socket.create_connection(address, timeout=30) as far:
            # A request's body, in a packet of its own, would wait for the headers' acknowledgement.
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.send_response(HTTPStatus.OK, "Connection established")
            self.end_headers()
            self.wfile.flush()
            near: socket.socket = self.connection
            if stand_in is not None:
                near = self.server.internet.tls_for(host).wrap_socket(near, server_side=True)
            _pass_on(near, far, self.server.closing)
            if stand_in is not None:
                near.close()


def _address(server: Server) -> tuple[str, int]:
    parts = urlsplit(server.url)
    return parts.hostname or "", parts.port or 0


def _pass_on(near: socket.socket, far: socket.socket, closing: threading.Event) -> None:
    """Carry bytes both ways until one side or this server has ended."""
    while not closing.is_set():
        pending = isinstance(near, ssl.SSLSocket) and near.pending()
        readable = [near] if pending else select.select([near, far], [], [], _LOOK_SECONDS)[0]
        for source in readable:
            data = source.recv(_CHUNK)
            if not data:
                return
            (far if source is near else near).sendall(data)
