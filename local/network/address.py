"""The choice of the network that the stack listens on."""

import ipaddress
import socket
from collections.abc import Mapping

from local.ports import EVERY_ADDRESS, StartError

# No packet goes there: the system only chooses the address that it would send from. The address is
# one of those that are kept for documentation (RFC 5737).
_SOMEWHERE = ("203.0.113.1", 9)


def network_address(environ: Mapping[str, str]) -> str | None:
    """Return this machine's address on the network that `HOST` asks for, or None for no network.

    `HOST=0.0.0.0` finds the address. Any other address of this machine is taken as it is. Some
    shells export the machine's name as HOST, so a name asks for nothing.

    Raises:
        StartError: This machine has no such address, or the address is one of IPv6.
    """
    try:
        wanted = ipaddress.ip_address(environ.get("HOST") or "127.0.0.1")
    except ValueError:
        return None
    if wanted.is_loopback:
        return None
    if wanted.version != 4:  # noqa: PLR2004 - IPv4
        raise StartError(f"HOST must be an IPv4 address, such as {EVERY_ADDRESS}, not {wanted}.")
    return _found() if wanted.is_unspecified else _checked(str(wanted))


def _found() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_SOMEWHERE)
        except OSError as error:
            raise StartError(
                f"HOST={EVERY_ADDRESS}: this machine is on no network ({error.strerror}). Name "
                "its address: HOST=192.168.1.2 make run"
            ) from error
        address: str = probe.getsockname()[0]
        return address


def _checked(address: str) -> str:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            raise StartError(f"HOST: {address} is no address of this machine.") from error
    return address
