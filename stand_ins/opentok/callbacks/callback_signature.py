"""The signature of a callback, as Vonage signs all its webhooks."""

import hashlib
import uuid

import jwt

# A Vonage application's callbacks name the account too, by a key that is none of a project's.
_ACCOUNT_KEY = "a1b2c3d4"


def signed(body: bytes, secret: str, key: str, now: float) -> str:
    """The bearer for this body. It never expires: the receiver must look at `iat`."""
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
