"""The addresses of OpenTok.js, and the hosts to which it connects.

Sources: the script addresses are those of the platform's own samples. The hosts are those of
Firefox Hello's policy, which used OpenTok (`loop.CSP` in firefox.js), and of Vonage's. Vonage's
opentok-rtc allows inline styles, without which the library's videos are misplaced.
"""

from typing import Final
from urllib.parse import urlsplit

from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.ports.video_platform import LibraryAddress
from chalicelib.core.support.deadline import Deadline

_DOMAINS: Final = ("opentok.com", "tokbox.com", "vonage.com")
_HOSTS: Final = tuple(
    f"{scheme}://*.{domain}" for domain in _DOMAINS for scheme in ("https", "wss")
)
_OPENTOK: Final = LibraryAddress(
    "https://static.opentok.com/v2/js/opentok.min.js", _HOSTS, inline_styles=True
)
_VONAGE: Final = LibraryAddress(
    "https://unpkg.com/@vonage/client-sdk-video@2.35.2/dist/js/opentok.min.js",
    _HOSTS,
    inline_styles=True,
)


class OpenTokClientLibrary:
    """The client library for the kind of the current credentials.

    Args:
        sdk_clients: The source of SDK clients with current credentials.
        url: The address of another library, which connects to its own host alone.
    """

    def __init__(self, sdk_clients: SdkClients, url: str | None) -> None:
        self._sdk_clients = sdk_clients
        self._own = None if url is None else LibraryAddress(url, _hosts_of(url))

    def address(self, deadline: Deadline) -> LibraryAddress:
        if self._own is not None:
            return self._own
        credentials = self._sdk_clients.current(deadline).credentials
        return _OPENTOK if isinstance(credentials, OpenTokCredentials) else _VONAGE


def _hosts_of(url: str) -> tuple[str, ...]:
    address = urlsplit(url)
    socket = "wss" if address.scheme == "https" else "ws"
    return (f"{address.scheme}://{address.netloc}", f"{socket}://{address.netloc}")
