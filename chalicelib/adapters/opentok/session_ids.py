"""What a session's id tells: behind two characters, base64 of fields joined by tildes."""

import base64
from datetime import datetime
from typing import Final

from chalicelib.core.support.timestamps import from_epoch_milliseconds

_TIME_FIELD: Final = 3


def started_at(session_id: str) -> datetime | None:
    """When the session was made; None for an id of another shape than today's."""
    try:
        encoded = session_id[2:]
        content = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
        return from_epoch_milliseconds(int(content.split("~")[_TIME_FIELD]))
    except (ValueError, LookupError, OverflowError):
        return None
