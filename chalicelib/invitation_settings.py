"""The operator's settings of invitations and the call page."""

import re
from collections.abc import Mapping
from typing import Final

from chalicelib.core.rooms.invitations.invitation_rule import CODE_PLACE, InvitationRule

INVITATION_URL_PATTERN: Final = re.compile(
    rf"[a-z][a-z0-9+.-]*://[^\s#{{}}]*#[^\s#{{}}]*{re.escape(CODE_PLACE)}[^\s#{{}}]*"
)
"""An address with the code in its fragment, which no browser sends to a server."""


def serves_call_page(environment: Mapping[str, str]) -> bool:
    """Return True if the app serves the call page. Then its routes are public."""
    return environment.get("CALL_PAGE") == "on"


def read_invitations(environment: Mapping[str, str], problems: list[str]) -> InvitationRule:
    """Return the choices about invitations, and add what is wrong to the problems."""
    switch = environment.get("INVITATIONS") or "on"
    if switch not in ("on", "off"):
        problems.append("INVITATIONS must be on or off")
    url = environment.get("INVITATION_URL") or None
    if url is not None and not INVITATION_URL_PATTERN.fullmatch(url):
        problems.append(f"INVITATION_URL must be an address with {CODE_PLACE} after its #")
    if (environment.get("CALL_PAGE") or "off") not in ("on", "off"):
        problems.append("CALL_PAGE must be on or off")
    return InvitationRule(
        enabled=switch == "on", url=url, opens_call_page=serves_call_page(environment)
    )
