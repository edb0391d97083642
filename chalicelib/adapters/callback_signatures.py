"""Whether a callback is the platform's: signed as Vonage signs all its webhooks."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from chalicelib.core.ports.credentials import CallbackSecrets
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import CallbackUnsigned, NotConfigured, Unauthenticated

OLDEST: Final = timedelta(hours=25)
"""The platform repeats a callback, under its first signature, for 24 hours."""
LEEWAY: Final = timedelta(minutes=5)


class JwtCallbackVerifier:
    """Checks signatures, and the secret path of projects whose callbacks have none.

    Args:
        secrets: What each kind of callback is signed with.
        path_secret: The secret in the path of unsigned callbacks; None takes none of them.
        clock: Now.
    """

    def __init__(
        self, secrets: CallbackSecrets, path_secret: str | None, clock: Callable[[], datetime]
    ) -> None:
        self._secrets = secrets
        self._path_secret = path_secret
        self._clock = clock

    def check(self, kind: str, authorization: str | None, body: bytes, deadline: Deadline) -> None:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise CallbackUnsigned("This callback is not signed; send it again.", retry_after=5)
        accepted = self._secrets.of_callbacks(kind, deadline)
        claims = next(filter(None, (_claims(token.strip(), each) for each in accepted)), None)
        if claims is None:
            raise _refused("no secret of ours signed it")
        if not self._is_recent(claims["iat"]):
            raise _refused("too old, or of the future")
        signed = claims["payload_hash"]
        told = hashlib.sha256(body).hexdigest()
        if not isinstance(signed, str) or not hmac.compare_digest(
            signed.lower().encode(errors="replace"), told.encode()
        ):
            raise _refused("another body was signed")

    def path(self, kind: str, deadline: Deadline) -> str | None:
        try:
            self._secrets.of_callbacks(kind, deadline)
        except NotConfigured:
            secret = self._path_secret
            return None if secret is None else f"/callbacks/{kind}/{secret}"
        return f"/callbacks/{kind}"

    def check_path(self, secret: str) -> None:
        accepted = self._path_secret
        if accepted is None or not hmac.compare_digest(
            secret.encode(errors="replace"), accepted.encode()
        ):
            raise _refused("not the secret path of unsigned callbacks")

    def _is_recent(self, issued: object) -> bool:
        if not isinstance(issued, int | float):
            return False
        now = self._clock().timestamp()
        return now - OLDEST.total_seconds() <= issued <= now + LEEWAY.total_seconds()


def _claims(token: str, secret: str) -> Mapping[str, Any] | None:
    """What the token says, if this secret signed it."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={
                "require": ["iat", "payload_hash"],
                "verify_iat": False,  # checked by our own clock, and for its age
                "verify_aud": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims


def _refused(note: str) -> Unauthenticated:
    return Unauthenticated("This callback's signature is not good.", note=note)
