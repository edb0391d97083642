"""The ports of the stack, and a check that they are free."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

HOST = "127.0.0.1"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - the user has asked for it, and is warned
_DEFAULT = 8000
_HIGHEST = 65_532  # three more follow


class StartError(Exception):
    """The stack cannot start; the text says why, and how to help."""


@dataclass(frozen=True)
class Ports:
    """`PORT` for the app, the next one for OpenTok and identity, the one after for AWS.

    On a network a fourth one serves the app and the client library by TLS.

    Args:
        network: This machine's address on the network that the app, OpenTok and identity listen
            on; None if they listen on this machine alone.
    """

    app: int
    network: str | None = None

    @property
    def opentok(self) -> int:
        return self.app + 1

    @property
    def aws(self) -> int:
        return self.app + 2

    @property
    def tls(self) -> int:
        return self.app + 3

    @property
    def last(self) -> int:
        return self.aws if self.network is None else self.tls

    @property
    def host(self) -> str:
        """Return the address to listen on, for all but AWS."""
        return HOST if self.network is None else EVERY_ADDRESS

    @property
    def app_url(self) -> str:
        return f"http://{HOST}:{self.app}"

    @property
    def opentok_url(self) -> str:
        return f"http://{HOST}:{self.opentok}"

    @property
    def page_url(self) -> str:
        """Return the address of the web page."""
        return self.opentok_url

    @property
    def identity_url(self) -> str:
        return f"{self.opentok_url}/identity"

    @property
    def client_library_url(self) -> str:
        """Return the address of the stand-in for OpenTok.js, the call page's own on a network."""
        return f"{self.tls_url or self.opentok_url}/client/opentok.js"

    @property
    def tls_url(self) -> str | None:
        """Return the address that phones open, or None where there is no network."""
        return None if self.network is None else f"https://{self.network}:{self.tls}"

    @property
    def call_url(self) -> str:
        """Return the address of the call page, from which browsers give cameras to it."""
        return f"{self.tls_url or self.app_url}/call"

    @property
    def app_url_for_others(self) -> str:
        """Return the app's address for a browser or a program on any machine that reaches it."""
        return f"http://{self.network or HOST}:{self.app}"

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws}"

    @property
    def make_arguments(self) -> str:
        """Return the arguments with which `make` finds this stack."""
        return "" if self.app == _DEFAULT else f" PORT={self.app}"

    def check_free(self) -> None:
        """Raise StartError if any of them is taken."""
        for port in range(self.app, self.last + 1):
            _check_free(HOST if port == self.aws else self.host, port, self)


def ports_of(environ: Mapping[str, str]) -> Ports:
    """Return the ports that `PORT` asks for.

    Raises:
        StartError: `PORT` is no port number with room for three more.
    """
    port = environ.get("PORT") or str(_DEFAULT)
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _HIGHEST):
        raise StartError(f"PORT must be a number from 1 to {_HIGHEST}, not {port!r}.")
    return Ports(int(port))


def _check_free(host: str, port: int, ports: Ports) -> None:
    with socket.socket() as probe:
        # Connections of a stack that has just ended must not make its ports look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = 9000 if ports.app != 9000 else 9100  # noqa: PLR2004 - any round number
            raise StartError(
                f"Port {port} cannot be used ({error.strerror}).\n"
                f"Roomkey needs {ports.app} to {ports.last}. Stop the program that uses the port, "
                f"or choose other ports: make run PORT={other}"
            ) from error
