"""The signature of a callback, as Vonage signs all its webhooks."""

import hashlib
import uuid

import jwt

# The callbacks of a Vonage application also name the account, by a key that no project has.
_ACCOUNT_KEY = "a1b2c3d4"


def signed(body: bytes, secret: str, key: str, now: float) -> str:
    """Return the bearer token for this body; it never expires, so receivers must check `iat`."""
    owner = (
        {"api_key": key} if key.isdecimal() else {"api_key": _ACCOUNT_KEY, "application_id": key}
    )
    claims = {
        "iat": int(now),
        "jti": str(uuid.uuid4()),
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        **owner,
    }
    return jwt.encode(claims, secret, algorithm="HS256")
