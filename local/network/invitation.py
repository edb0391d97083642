"""An invitation for phones on the network: addresses, QR codes, and what to know about both."""

import json
from dataclasses import dataclass

from local.network.qr_code import qr_code, qr_image
from local.ports import Ports
from local.providers.issuer import Issuer
from local.providers.provider import Provider

USER = "phone"
ROOM = "standup"
_WHAT_PHONES_ASK = (
    "A phone warns that the connection is not private: the certificate was made for this run. "
    "Go on with Advanced, Proceed (Android), or Show Details, visit this website (iPhone)."
)


@dataclass(frozen=True)
class PageInvitation:
    """The part of the first page for phones.

    Args:
        address: An address that signs a user in, and opens the call page.
        image: The address as a QR code, in an address of its own.
    """

    address: str
    image: str
    what_phones_ask: str = _WHAT_PHONES_ASK


def page_invitation(ports: Ports, issuer: Issuer) -> PageInvitation | None:
    """Return None where there is no network, or nobody to sign in."""
    if ports.network is None or issuer.own:
        return None
    address = _call_address(ports)
    return PageInvitation(address, qr_image(address))


def invitation(ports: Ports, provider: Provider, bearer: str | None) -> str:
    """Return the text for a terminal, with QR codes if there is a bearer token for the phone."""
    return f"""\
On your phone, in the same network:

  call page {ports.call_url}
  app       {ports.app_url_for_others}

{_WHAT_PHONES_ASK}
{"" if bearer is None else _codes(ports, bearer)}
WARNING: {_warning(provider, bearer)}"""


def _warning(provider: Provider, bearer: str | None) -> str:
    if bearer is None:
        return "anybody on this network reaches Roomkey now. It still asks for a bearer token."
    cost = " Calls are at your cost." if provider.real else ""
    return f"anybody on this network can now get bearer tokens here, those of admins too.{cost}"


def _codes(ports: Ports, bearer: str) -> str:
    """Return a QR code for the call page, and one for an app."""
    content = {"api": ports.app_url_for_others, "room": ROOM, "bearer": bearer}
    as_json = json.dumps(content, separators=(",", ":"))
    return f"""
The call page, as {USER}: {_call_address(ports)}

{qr_code(_call_address(ports))}
For an app of yours, as JSON: address of the API, room, and a bearer token for a day
{as_json}

{qr_code(as_json)}"""


def _call_address(ports: Ports) -> str:
    # The bearer token would make the QR code too large for a terminal.
    return f"{ports.tls_url}/page/call?user={USER}"
