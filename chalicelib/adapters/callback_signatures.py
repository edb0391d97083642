"""Verification of callbacks: OpenTok signs them with a JWT, like all of Vonage's webhooks."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from chalicelib.core.ports.credentials import CallbackSecrets
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import CallbackUnsigned, NotConfigured, Unauthenticated

MAX_AGE: Final = timedelta(hours=25)
"""OpenTok redelivers a callback for 24 hours with its first signature."""
LEEWAY: Final = timedelta(minutes=5)


class JwtCallbackVerifier:
    """The verifier of signatures, and of the secret path that unsigned callbacks need.

    Args:
        secrets: The source of the signature secrets for each kind of callback.
        path_secret: The secret in the path of unsigned callbacks. None rejects unsigned callbacks.
        clock: Returns the current time.
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
            raise CallbackUnsigned("This callback is not signed; redeliver it.", retry_after=5)
        accepted = self._secrets.of_callbacks(kind, deadline)
        claims = next(filter(None, (_claims(token.strip(), each) for each in accepted)), None)
        if claims is None:
            raise _refused("signed with an unknown secret")
        if not self._is_recent(claims["iat"]):
            raise _refused("too old, or from the future")
        signed = claims["payload_hash"]
        actual = hashlib.sha256(body).hexdigest()
        if not isinstance(signed, str) or not hmac.compare_digest(
            signed.lower().encode(errors="replace"), actual.encode()
        ):
            raise _refused("the signature is for another body")

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
            raise _refused("wrong path secret for unsigned callbacks")

    def _is_recent(self, issued: object) -> bool:
        if not isinstance(issued, int | float):
            return False
        now = self._clock().timestamp()
        return now - MAX_AGE.total_seconds() <= issued <= now + LEEWAY.total_seconds()


def _claims(token: str, secret: str) -> Mapping[str, Any] | None:
    """Return the token's claims, or None if this secret did not sign it."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={
                "require": ["iat", "payload_hash"],
                "verify_iat": False,  # `_is_recent` checks it by the injected clock
                "verify_aud": False,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims


def _refused(note: str) -> Unauthenticated:
    return Unauthenticated("This callback's signature is not valid.", note=note)
