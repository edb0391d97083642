"""Session ids of exactly the format that OpenTok has used since 2024."""

import base64
import re
import secrets

_RANDOM_BYTES = 18
_SHAPE = re.compile(r"[12]_[A-Za-z0-9_-]{20,253}")


def new_session_id(key: str, *, location: str, relayed: bool, now: float) -> str:
    """Return an id that names its project or application; the SDKs check this before they sign."""
    random_part = base64.b64encode(secrets.token_bytes(_RANDOM_BYTES)).decode()
    flag = "P" if relayed else ""
    fields = f"1~{key}~{location}~{int(now * 1000)}~{random_part}~{flag}~~"
    # The leading 1 or 2 has no known meaning. One project gets both.
    prefix = secrets.choice("12")
    return f"{prefix}_{base64.urlsafe_b64encode(fields.encode()).decode().rstrip('=')}"


def is_session_id(text: str) -> bool:
    """Return True if the text has the format of a session id; the session need not exist."""
    return _SHAPE.fullmatch(text) is not None
