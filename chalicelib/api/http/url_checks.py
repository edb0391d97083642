"""Checks of the form of URLs that callers give for OpenTok to connect to."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from chalicelib.errors import FieldProblem, InvalidField

LONGEST_ADDRESS: Final = 2048
SHORTEST_ADDRESS: Final = 15
"""OpenTok's own limits, if it documents any."""
RTMP: Final = ("rtmp", "rtmps")
WEB: Final = ("https",)
WEB_SOCKET: Final = ("wss",)

_PRINTABLE: Final = re.compile(r"[!-\[\]-~]+")
"""The characters of a URL. Browsers read a backslash as a slash, and other parsers do not."""
_SIP: Final = re.compile(r"sips?:[!-~]+", re.IGNORECASE)


def check_address(
    field: str, text: str, schemes: Collection[str], *, may_log_in: bool = False
) -> None:
    """Refuse a text that is not an absolute URL with one of these schemes.

    Args:
        field: The caller's name for it.
        text: The text.
        schemes: The schemes, in small letters.
        may_log_in: Allow a user's name and password in it.

    Raises:
        InvalidField: The text is not such a URL, or contains a login that is not allowed.
    """
    try:
        parts = urlsplit(text)
        scheme, host, logs_in = parts.scheme, parts.hostname, "@" in parts.netloc
        beyond = parts.path + parts.query + parts.fragment
        parts.port  # noqa: B018  raises if the port is malformed
    except ValueError:
        scheme, host, logs_in, beyond = "", None, False, ""
    if scheme not in schemes or not host or not _PRINTABLE.fullmatch(text):
        raise _wrong(field, f"must be a URL that begins with {' or '.join(_prefixes(schemes))}")
    if logs_in and not may_log_in:
        raise _wrong(field, "must not contain a user name or a password")
    if may_log_in and "@" in beyond:
        # The rest of a password that contains / would be taken for a path, which is shown.
        raise _wrong(
            field,
            "must not contain @ after its host: write / in a password as %2F, and other @ as %40",
        )


def check_sip_address(field: str, text: str) -> None:
    """Refuse a text that is not a SIP address.

    Raises:
        InvalidField: The text is not a SIP address.
    """
    if not _SIP.fullmatch(text):
        raise _wrong(field, "must be a URL that begins with sip: or sips:")


def _prefixes(schemes: Collection[str]) -> list[str]:
    return [f"{scheme}://" for scheme in schemes]


def _wrong(field: str, reason: str) -> InvalidField:
    return InvalidField(FieldProblem(field, reason))
