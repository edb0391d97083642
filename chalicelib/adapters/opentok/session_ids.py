"""Parsing of OpenTok's session ids: two characters, then fields joined by tildes, in base64."""

import base64
from datetime import datetime
from typing import Final

from chalicelib.core.support.timestamps import from_epoch_milliseconds

_TIME_FIELD: Final = 3


def started_at(session_id: str) -> datetime | None:
    """Return the time when OpenTok created the session. None for an id in an unknown format."""
    try:
        encoded = session_id[2:]
        content = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
        return from_epoch_milliseconds(int(content.split("~")[_TIME_FIELD]))
    except (ValueError, LookupError, OverflowError):
        return None
