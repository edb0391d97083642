"""Verification of access tokens from the app's identity provider."""

import json
import time
import urllib.request
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError

import jwt
from jwt import PyJWK, PyJWKClient, PyJWKSet
from jwt.exceptions import InvalidSubjectError

from chalicelib.core.model.user import GUEST_PREFIX, User
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import is_user_id, is_valid_unicode
from chalicelib.errors import IdentityUnavailable, NotConfigured, Unauthenticated

ALGORITHMS: Final = ["RS256", "ES256"]
LEEWAY_SECONDS: Final = 30
FETCH_SECONDS: Final = 2.0
UNKNOWN_KEY_REFETCH_SECONDS: Final = 60.0
FAILED_FETCH_PAUSE_SECONDS: Final = 5.0
KEYS_FRESH_SECONDS: Final = 3600.0
KEYS_USABLE_SECONDS: Final = 86400.0
MAX_KEYS_BYTES: Final = 256 << 10
ADMIN: Final = "roomkey:admin"
MAX_NAME_CHARACTERS: Final = 200
_CHUNK_BYTES: Final = 1 << 14
_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, since 1970: `datetime` goes no further."""
_ACCESS_HEADERS: Final = frozenset({"jwt", "at+jwt"})
"""The header `typ` of access and ID tokens, if they have one. A logout token has `logout+jwt`."""
_ACCESS_CLAIMS: Final = frozenset({"bearer", "id"})
"""The claim `typ` of Keycloak's access and ID tokens. Its refresh tokens have others."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirection of the issuer's, which is an error."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def _download(url: str, deadline: Deadline) -> bytes:
    """Return the body at an http address. It has at most 256 KiB."""
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(url, timeout=FETCH_SECONDS) as response:
            body = bytearray()
            while chunk := response.read1(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_KEYS_BYTES or not deadline.remaining():
                    raise ValueError("the answer is too long or too slow")
            return bytes(body)
    except HTTPError as error:
        error.close()
        raise


class _KeysUnavailable(jwt.PyJWTError):
    """The issuer's keys are not available at the moment."""


class IssuerKeys(PyJWKClient):
    """The issuer's public keys, cached for an hour.

    Beyond PyJWT's client, this class limits a whole fetch to 2 s and 256 KiB, and pauses for 5 s
    after a failed fetch. While the issuer is unavailable, keys that are at most a day old stay in
    use.
    """

    def __init__(self, url: str) -> None:
        super().__init__(
            url,
            timeout=FETCH_SECONDS,
            lifespan=KEYS_FRESH_SECONDS,
            cooldown_duration=UNKNOWN_KEY_REFETCH_SECONDS,
        )
        self._pause_ends = 0.0
        self._fetched_at = 0.0
        self._keys: PyJWKSet | None = None

    def fetch_data(self) -> Any:  # noqa: ANN401  as PyJWT declares it
        if time.monotonic() < self._pause_ends:
            raise _KeysUnavailable("the last fetch failed a moment ago")
        deadline = Deadline(FETCH_SECONDS)
        try:
            content = json.loads(deadline.run(lambda: _download(self.uri, deadline)))
            keys = PyJWKSet.from_dict(self._as_jwk_set_payload(content))
        except (jwt.PyJWTError, HTTPException, ValueError, OSError, RecursionError) as error:
            self._pause_ends = time.monotonic() + FAILED_FETCH_PAUSE_SECONDS
            raise _KeysUnavailable(f"{type(error).__name__}: {error}") from error
        self._fetched_at = self._last_successful_fetch = time.monotonic()
        return keys

    def get_jwk_set(self, refresh: bool = False) -> PyJWKSet:
        try:
            self._keys = super().get_jwk_set(refresh)
        except _KeysUnavailable:
            stale = time.monotonic() - self._fetched_at > KEYS_USABLE_SECONDS
            if refresh or self._keys is None or stale:
                raise
        return self._keys

    def get_signing_keys(self, refresh: bool = False) -> list[PyJWK]:
        try:
            return super().get_signing_keys(refresh)
        except jwt.PyJWKClientError as error:  # no published key has an id and is for signing
            raise _KeysUnavailable(str(error)) from error


class TokenVerifier:
    """The verifier of access tokens.

    Args:
        issuer: The only accepted `iss`.
        audiences: The accepted values of `aud`, or of `client_id` in Cognito's access tokens.
        jwks_url: The address of the issuer's keys.

    Raises:
        NotConfigured: The address of the keys is not an http address.
    """

    def __init__(self, issuer: str, audiences: Collection[str], jwks_url: str) -> None:
        self._issuer = issuer
        self._audiences = frozenset(audiences)
        try:
            self._keys = IssuerKeys(jwks_url)
        except jwt.PyJWTError as error:
            raise NotConfigured(f"AUTH_ISSUER or AUTH_JWKS_URL: {error}") from error

    def user(self, authorization: str | None) -> User:
        """Return the caller from the value of the Authorization header.

        Raises:
            Unauthenticated: The header holds no access token, or an invalid one.
            IdentityUnavailable: The issuer's keys are not available at the moment.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("Send your identity provider's token as `Authorization: Bearer`.")
        try:
            return _user(self._claims(token.strip()))
        except _KeysUnavailable as error:
            raise IdentityUnavailable(
                "The identity provider's keys are not available at the moment; try again.",
                note=f"keys of {self._issuer}: {error}",
                retry_after=5,
            ) from error
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired; sign in again.") from error
        except (jwt.PyJWTError, ValueError, OverflowError, TypeError, RecursionError) as error:
            raise Unauthenticated(
                "The access token is not valid for this service.", note=type(error).__name__
            ) from error

    def _claims(self, token: str) -> Mapping[str, Any]:
        header = jwt.get_unverified_header(token)
        if "kid" not in header:
            raise jwt.InvalidTokenError("has no kid")
        if not _has_media_type_of_access(header.get("typ")):
            raise jwt.InvalidTokenError("is no access token")
        key: PyJWK = self._keys.get_signing_key(header["kid"])
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={
                "require": ["exp", "iss", "sub"],
                "verify_aud": False,
                "enforce_minimum_key_length": True,  # 2,048 bits for RSA
            },
        )
        if not _is_for_access(claims):
            raise jwt.InvalidTokenError("is no access token")
        # Cognito's access tokens have `client_id` instead of `aud`.
        is_cognito_access = claims.get("token_use") == "access"
        audience = claims.get("client_id" if is_cognito_access else "aud")
        given = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(each, str) and each in self._audiences for each in given):
            raise jwt.InvalidAudienceError("wrong audience")
        return claims


def _has_media_type_of_access(typ: object) -> bool:
    """Return True for the header `typ` of an access or ID token, and for none at all.

    It is a media type, so `application/` may be left out, and upper case counts as lower case.
    """
    if typ is None:
        return True
    return isinstance(typ, str) and typ.lower().removeprefix("application/") in _ACCESS_HEADERS


def _is_for_access(claims: Mapping[str, Any]) -> bool:
    """Return False for a refresh token of Keycloak's, and for every logout token.

    The claim `events` marks a logout token, and any other notice of an event, without a `typ` too.
    """
    typ = claims.get("typ", "Bearer")
    return isinstance(typ, str) and typ.lower() in _ACCESS_CLAIMS and "events" not in claims


def _user(claims: Mapping[str, Any]) -> User:
    user_id = claims["sub"]
    if not isinstance(user_id, str) or not is_user_id(user_id):
        raise InvalidSubjectError("no user id")
    if user_id.startswith(GUEST_PREFIX):
        raise InvalidSubjectError("a guest's id")
    name = _text(claims.get("name"))
    # PyJWT has checked that `exp` converts to an integer.
    end = datetime.fromtimestamp(min(int(claims["exp"]), _LAST_SECOND), UTC)
    return User(user_id, name[:MAX_NAME_CHARACTERS] if name else None, _is_admin(claims), end)


def _text(value: object) -> str | None:
    """Return the value if it is a string, not empty, and can be encoded as UTF-8."""
    return value if isinstance(value, str) and value and is_valid_unicode(value) else None


def _is_admin(claims: Mapping[str, Any]) -> bool:
    scope = claims.get("scope")
    granted = scope.split() if isinstance(scope, str) else []
    for name in ("permissions", "cognito:groups"):
        listed = claims.get(name)
        granted += listed if isinstance(listed, list) else []
    return ADMIN in granted
