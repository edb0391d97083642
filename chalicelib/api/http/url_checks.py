"""Addresses that callers give for OpenTok to connect to: only their form is checked here."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from chalicelib.errors import FieldProblem, InvalidField

LONGEST_ADDRESS: Final = 2048
SHORTEST_ADDRESS: Final = 15
"""OpenTok's own limits, where it states any."""
RTMP: Final = ("rtmp", "rtmps")
WEB: Final = ("https",)
WEB_SOCKET: Final = ("wss",)

_PRINTABLE: Final = re.compile(r"[!-~]+")
_SIP: Final = re.compile(r"sips?:[!-~]+", re.IGNORECASE)


def check_address(
    field: str, text: str, schemes: Collection[str], *, may_log_in: bool = False
) -> None:
    """Pass if the text is an absolute address of one of these schemes.

    Args:
        field: What the caller calls it.
        text: What they gave.
        schemes: In small letters.
        may_log_in: Whether it may hold a user's name and password.

    Raises:
        InvalidField: It is none.
    """
    try:
        parts = urlsplit(text)
        scheme, host, logs_in = parts.scheme, parts.hostname, "@" in parts.netloc
        beyond = parts.path + parts.query + parts.fragment
        parts.port  # noqa: B018  raises where it is none
    except ValueError:
        scheme, host, logs_in, beyond = "", None, False, ""
    if scheme not in schemes or not host or not _PRINTABLE.fullmatch(text):
        raise _wrong(field, f"must be an address that begins with {' or '.join(_shown(schemes))}")
    if logs_in and not may_log_in:
        raise _wrong(field, "must be without a user's name and password")
    if may_log_in and "@" in beyond:
        # Of a password that holds /, the end would pass for a path, which is shown.
        raise _wrong(
            field, "must have no @ after its host: / in a password is %2F, other @ are %40"
        )


def check_sip_address(field: str, text: str) -> None:
    """Raises: InvalidField: It is no SIP address."""
    if not _SIP.fullmatch(text):
        raise _wrong(field, "must be an address that begins with sip: or sips:")


def _shown(schemes: Collection[str]) -> list[str]:
    return [f"{scheme}://" for scheme in schemes]


def _wrong(field: str, reason: str) -> InvalidField:
    return InvalidField(FieldProblem(field, reason))
