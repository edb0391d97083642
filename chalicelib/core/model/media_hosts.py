"""Hosts that OpenTok may be sent to: those on the operator's list, and no private address.

URLs that parsers may read in several ways are refused, so that OpenTok cannot read another host
than the one that is checked here. Names are not looked up: docs/security.md says what that means.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Final, Self

from chalicelib.errors import FieldProblem, InvalidField

USUAL_PORTS: Final = {
    "https": (443,),
    "wss": (443,),
    "rtmp": (1935,),
    "rtmps": (443,),
    "sip": (5060, 5061),
    "sips": (5061,),
}
"""The ports of each scheme that a list's entry without a port allows. The first is the default."""
NOT_PUBLIC: Final = "must have a public host, written in full: a domain name or an IP address"
NOT_LISTED: Final = "must have a host that the operator's setting MEDIA_HOSTS names"

# Patterns are texts, which `re` compiles at their first use: a join's cold start needs none.
_ANY: Final = "*"
_LONGEST_NAME: Final = 253
_HIGHEST_PORT: Final = 65535
_HOST: Final = r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5})?)?"
_URL: Final = (
    rf"(?P<scheme>https|wss|rtmps?)://(?:[\w.~!$&'()*+,;=:%-]+@)?{_HOST}(?:[/?#][!-\[\]-~]*)?"
)
_SIP: Final = (
    rf"(?P<scheme>sips?):(?:[\w.~!$&'()*+,=:%-]+@)?{_HOST}"
    r"(?P<parameters>(?:;[\w.~!$&'()*+,=:/\[\]-]+)*)"
)
_ENTRY: Final = r"(?P<host>\*|[^:\[\]]+|\[[^\[\]]+\])(?::(?P<port>\*|[0-9]{1,5}))?"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TOP_LEVEL: Final = r"[a-z][a-z0-9-]*[a-z0-9]"
"""The form of a last label. A name that ends otherwise may be read as an IPv4 address."""
_DOTTED: Final = r"[0-9]+(?:\.[0-9]+){3}"
_OTHER_DOTS: Final = frozenset("\u3002\uff0e\uff61")

_LOCAL_NAMES: Final = (
    *("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home"),
    *("lan", "arpa", "metadata.goog", "metadata.tencentyun.com"),
)
"""Names that, with all names below them, mean the machine itself, its network or its cloud."""
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
_NO_HOSTS: Final = tuple(
    ip_network(text)
    for text in (
        # Azure's metadata service, Oracle's, and relays that carry IPv4 addresses in IPv6 ones.
        *("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "2002::/16", "2001::/23"),
        *("2001:db8::/32", "3fff::/20"),
    )
)
"""Special networks within the public ranges, whatever this version of Python knows of them."""
_ISATAP: Final = 0x5EFE
_OTHER_ADDRESS: Final = "maddr"
"""The parameter by which a SIP URL sends the call to another address than its host's."""


@dataclass(frozen=True, slots=True)
class Target:
    """The host and the port of a URL, in one spelling.

    Args:
        host: A domain name in small letters, or an IP address.
        ports: The ports that the URL may mean. Without one in the URL, the scheme's usual ones.
        is_usual: True if all of these ports are usual for the scheme.
    """

    host: str
    ports: tuple[int, ...]
    is_usual: bool


@dataclass(frozen=True, slots=True)
class ListedHost:
    """An entry of the list.

    Args:
        host: A host as in `Target`; `*.` and a name for all names below it; `*` for any host.
        port: The only port; `*` for any; None for the usual ports of the URL's scheme.
    """

    host: str
    port: int | str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an entry, or raise the ValueError of `MediaHosts.parse`."""
        entry = re.fullmatch(_ENTRY, text)
        if entry is None:
            raise ValueError(text)
        host, port = entry["host"], entry["port"]
        below = "*." if host.startswith("*.") else ""
        try:
            named = _ANY if host == _ANY else public_host(host.removeprefix(below))
            only_port = port if port in (None, _ANY) else _port(port)
        except ValueError:
            raise ValueError(text) from None
        if below and _is_address(named):
            raise ValueError(text)
        return cls(below + named, only_port)

    def allows(self, target: Target) -> bool:
        """Return True if the entry names the target's host and port."""
        if self.host.startswith("*."):
            named = target.host.endswith(self.host[1:])
        else:
            named = self.host in (_ANY, target.host)
        if self.port is None:
            return named and target.is_usual
        return named and (self.port == _ANY or self.port in target.ports[:1])


@dataclass(frozen=True, slots=True)
class MediaHosts:
    """The operator's list of hosts that OpenTok may be sent to. An empty one allows none."""

    listed: tuple[ListedHost, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Parse the entries of a list.

        Raises:
            ValueError: An entry is malformed, or names a host that is never allowed. The error's
                text is the entry.
        """
        return cls(tuple(ListedHost.parse(each) for each in entries))

    def check(self, field: str, url: str) -> None:
        """Check the host of a URL that a caller gives for OpenTok to call.

        Args:
            field: The caller's name for the URL.
            url: A URL with the scheme https, wss, rtmp, rtmps, sip or sips.

        Raises:
            InvalidField: The host is not on the list, is not public, or is not written plainly.
        """
        try:
            target = target_of(url)
        except ValueError:
            raise InvalidField(FieldProblem(field, NOT_PUBLIC)) from None
        if not any(each.allows(target) for each in self.listed):
            raise InvalidField(FieldProblem(field, NOT_LISTED))


def target_of(url: str) -> Target:
    """Return the host and port of a URL.

    Raises:
        ValueError: The host is not public, or the URL has a part that may lead elsewhere.
    """
    flags = re.ASCII | re.IGNORECASE
    parts = re.fullmatch(_URL, url, flags) or re.fullmatch(_SIP, url, flags)
    if parts is None:
        raise ValueError
    parameters = parts.groupdict().get("parameters", "").lower().split(";")
    if any(each.partition("=")[0] == _OTHER_ADDRESS for each in parameters):
        raise ValueError
    usual = USUAL_PORTS[parts["scheme"].lower()]
    ports = usual if parts["port"] is None else (_port(parts["port"]),)
    return Target(public_host(parts["host"]), ports, set(ports) <= set(usual))


def public_host(text: str) -> str:
    """Return a public domain name or IP address in its one spelling.

    Raises:
        ValueError: It is private, local or special, or is written in an unusual way.
    """
    if text.startswith("["):
        return _public_address(IPv6Address(text[1:-1]))
    name = text.lower().removesuffix(".")
    if re.fullmatch(_DOTTED, name):
        return _public_address(IPv4Address(name))
    labels = name.split(".")
    well_formed = all(re.fullmatch(_LABEL, each) and not _is_disguised(each) for each in labels)
    if len(name) > _LONGEST_NAME or not well_formed or not re.fullmatch(_TOP_LEVEL, labels[-1]):
        raise ValueError
    if len(labels) == 1 or any(f".{name}".endswith(f".{each}") for each in _LOCAL_NAMES):
        raise ValueError
    return name


def _public_address(address: IPv4Address | IPv6Address) -> str:
    is_public = address.is_global and not address.is_multicast and not address.is_reserved
    if isinstance(address, IPv6Address):
        within = address in _PUBLIC_IPV6 and int(address) >> 32 & 0xFFFF != _ISATAP
        is_public = within and not address.is_multicast
    if not is_public or any(address in each for each in _NO_HOSTS):
        raise ValueError
    return str(address)


def _is_address(host: str) -> bool:
    return ":" in host or re.fullmatch(_DOTTED, host) is not None


def _is_disguised(label: str) -> bool:
    """Return True if a label in punycode means digits, letters or dots of ASCII."""
    if not label.startswith("xn--"):
        return False
    try:
        decoded = label.removeprefix("xn--").encode().decode("punycode")
    except (ValueError, OverflowError):
        return True
    plain = unicodedata.normalize("NFKC", decoded)
    return plain != decoded or decoded.isascii() or not _OTHER_DOTS.isdisjoint(decoded)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= _HIGHEST_PORT:
        raise ValueError
    return port
