"""The three ports of the stack, and a check that they are free."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

HOST = "127.0.0.1"
_DEFAULT = 8000
_HIGHEST = 65_533  # two more follow


class StartError(Exception):
    """The stack cannot start; the text says why, and how to help."""


@dataclass(frozen=True)
class Ports:
    """`PORT` for the app, the next one for OpenTok and identity, the one after for AWS."""

    app: int

    @property
    def opentok(self) -> int:
        return self.app + 1

    @property
    def aws(self) -> int:
        return self.app + 2

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
        """Return the address of the stand-in for OpenTok.js."""
        return f"{self.opentok_url}/client/opentok.js"

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws}"

    @property
    def make_arguments(self) -> str:
        """Return the arguments with which `make` finds this stack."""
        return "" if self.app == _DEFAULT else f" PORT={self.app}"

    def check_free(self) -> None:
        """Raise StartError if any of the three is taken."""
        for port in (self.app, self.opentok, self.aws):
            _check_free(port, self)


def ports_of(environ: Mapping[str, str]) -> Ports:
    """Return the ports that `PORT` asks for.

    Raises:
        StartError: `PORT` is no port number with room for two more.
    """
    port = environ.get("PORT") or str(_DEFAULT)
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _HIGHEST):
        raise StartError(f"PORT must be a number from 1 to {_HIGHEST}, not {port!r}.")
    return Ports(int(port))


def _check_free(port: int, ports: Ports) -> None:
    with socket.socket() as probe:
        # Connections of a stack that has just ended must not make its ports look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = 9000 if ports.app != 9000 else 9100  # noqa: PLR2004 - any round number
            raise StartError(
                f"Port {port} cannot be used ({error.strerror}).\n"
                f"Roomkey needs {ports.app}, {ports.opentok} and {ports.aws}. Stop the program "
                f"that uses the port, or choose other ports: make run PORT={other}"
            ) from error
