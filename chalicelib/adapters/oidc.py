"""Verification of access tokens from the app's identity provider."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import jwt
from jwt import PyJWK, PyJWKClient, PyJWKSet
from jwt.exceptions import InvalidSubjectError
from jwt.utils import base64url_decode

from chalicelib.core.model.issuer import Issuer
from chalicelib.core.model.user import ERASED_PREFIX, GUEST_PREFIX, User
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import is_user_id, usable_text
from chalicelib.errors import IdentityUnavailable, Unauthenticated

ALGORITHMS: Final = ["RS256", "ES256"]
LEEWAY_SECONDS: Final = 30
FETCH_SECONDS: Final = 2.0
UNKNOWN_KEY_REFETCH_SECONDS: Final = 60.0
FAILED_FETCH_PAUSE_SECONDS: Final = 5.0
KEYS_FRESH_SECONDS: Final = 3600.0
KEYS_USABLE_SECONDS: Final = 86400.0
MAX_NAME_CHARACTERS: Final = 200
LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, since 1970: `datetime` goes no further."""
_ACCESS_HEADERS: Final = frozenset({"jwt", "at+jwt"})
"""The header `typ` of access and ID tokens, if they have one. A logout token has `logout+jwt`."""
_ACCESS_CLAIMS: Final = frozenset({"bearer", "id"})
"""The claim `typ` of Keycloak's access and ID tokens. Its refresh tokens have others."""
FOREIGN_PREFIX: Final = re.compile("[2-9]~")
"""The beginning of ids of other issuers' users, which no `sub` of the first issuer may have."""


class KeysUnavailable(jwt.PyJWTError):
    """The issuer's keys are not available at the moment."""


class IssuerKeys(PyJWKClient):
    """The issuer's public keys, cached for an hour.

    Beyond PyJWT's client, this class finds the keys' address by discovery, and fetches it anew with
    the keys. It limits a whole fetch to 2 s and each document to 256 KiB, and pauses for 5 s after
    a failed fetch. While the issuer is unavailable, keys that are at most a day old stay in use.
    """

    def __init__(self, issuer: Issuer) -> None:
        super().__init__(
            issuer.keys_url or issuer.url,
            timeout=FETCH_SECONDS,
            lifespan=KEYS_FRESH_SECONDS,
            cooldown_duration=UNKNOWN_KEY_REFETCH_SECONDS,
        )
        self.issuer = issuer
        self._keys_url = issuer.keys_url
        self._discovered_at = 0.0
        self.pause_ends = 0.0
        self._fetched_at = 0.0
        self._keys: PyJWKSet | None = None

    def fetch_data(self) -> Any:  # noqa: ANN401  as PyJWT declares it
        from chalicelib.adapters import issuer_documents  # noqa: PLC0415  most requests need none

        now = time.monotonic()
        if now < self.pause_ends:
            raise self._unavailable("the last fetch failed a moment ago")
        if now - self._discovered_at > KEYS_FRESH_SECONDS:
            self._keys_url = self.issuer.keys_url
        deadline = Deadline(self.timeout)
        try:
            if self._keys_url is None:
                found = issuer_documents.discovered_keys_url(self.issuer.url, deadline)
                self._keys_url, self._discovered_at = found, now
            content = issuer_documents.fetch_document(self._keys_url, deadline)
            keys = PyJWKSet.from_dict(self._as_jwk_set_payload(content))
        except issuer_documents.UNUSABLE as error:
            self._keys_url = self.issuer.keys_url
            self.pause_ends = time.monotonic() + FAILED_FETCH_PAUSE_SECONDS
            raise self._unavailable(str(error) and f"{type(error).__name__}: {error}") from error
        self._fetched_at = self._last_successful_fetch = time.monotonic()
        return keys

    def get_jwk_set(self, refresh: bool = False) -> PyJWKSet:
        try:
            self._keys = super().get_jwk_set(refresh)
        except KeysUnavailable:
            stale = time.monotonic() - self._fetched_at > KEYS_USABLE_SECONDS
            if refresh or self._keys is None or stale:
                raise
        return self._keys

    def get_signing_keys(self, refresh: bool = False) -> list[PyJWK]:
        try:
            return super().get_signing_keys(refresh)
        except jwt.PyJWKClientError as error:  # no published key has an id and is for signing
            raise self._unavailable(str(error)) from error

    def _unavailable(self, cause: str) -> KeysUnavailable:
        return KeysUnavailable(f"keys of {self.issuer.url}: {cause or 'no answer in time'}")


class TokenVerifier:
    """The verifier of access tokens.

    Args:
        issuers: The issuers whose tokens are accepted, at least one.
        keys_of: Returns an issuer's keys, which fetch nothing yet.
    """

    def __init__(
        self, issuers: Sequence[Issuer], keys_of: Callable[[Issuer], IssuerKeys] = IssuerKeys
    ) -> None:
        self._keys = {each.url: keys_of(each) for each in issuers}

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
            return self._verified(token.strip())
        except KeysUnavailable as error:
            raise IdentityUnavailable(
                "The identity provider's keys are not available at the moment; try again.",
                note=str(error),
                retry_after=5,
            ) from error
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired; sign in again.") from error
        except (jwt.PyJWTError, ValueError, OverflowError, TypeError, RecursionError) as error:
            raise Unauthenticated(
                "The access token is not valid for this service.", note=type(error).__name__
            ) from error

    def prepare(self) -> None:
        """Fetch the keys that the first caller would wait for. A failure changes nothing."""
        keys = next(iter(self._keys.values()))  # most stages have one
        with suppress(KeysUnavailable):
            keys.get_jwk_set()
        keys.pause_ends = 0.0  # after a failure, the next caller fetches at once

    def _verified(self, token: str) -> User:
        # From the first segment alone, because `jwt.decode` decodes and checks all three below.
        header = json.loads(base64url_decode(token.partition(".")[0]))
        if not isinstance(header, dict) or not isinstance(header.get("kid"), str):
            raise jwt.InvalidTokenError("has no kid")
        if not has_media_type_of_access(header.get("typ")):
            raise jwt.InvalidTokenError("is no access token")
        keys = self._keys_for(token)
        issuer = keys.issuer
        claims = jwt.decode(
            token,
            keys.get_signing_key(header["kid"]),
            algorithms=ALGORITHMS,
            issuer=issuer.url,
            leeway=LEEWAY_SECONDS,
            options={
                "require": ["exp", "iss", "sub"],
                "verify_aud": False,
                "enforce_minimum_key_length": True,  # 2,048 bits for RSA
            },
        )
        if not is_for_access(claims):
            raise jwt.InvalidTokenError("is no access token")
        if not is_for_audience(claims, issuer):
            raise jwt.InvalidAudienceError("wrong audience")
        return _user(claims, issuer)

    def _keys_for(self, token: str) -> IssuerKeys:
        """Return the keys of the issuer that a token names. They alone can prove that it did."""
        if len(self._keys) == 1:
            return next(iter(self._keys.values()))
        named = jwt.decode(token, options={"verify_signature": False}).get("iss")
        if not isinstance(named, str) or named not in self._keys:
            raise jwt.InvalidIssuerError("is of another issuer")
        return self._keys[named]


def has_media_type_of_access(typ: object) -> bool:
    """Return True for the header `typ` of an access or ID token, and for none at all.

    It is a media type, so `application/` may be left out, and upper case counts as lower case.
    """
    written = isinstance(typ, str) and typ.lower().removeprefix("application/")
    return typ is None or written in _ACCESS_HEADERS


def is_for_access(claims: Mapping[str, Any]) -> bool:
    """Return False for a refresh token of Keycloak's, and for every logout token.

    The claim `events` marks a logout token, and any other notice of an event, without a `typ` too.
    """
    typ = claims.get("typ", "Bearer")
    return isinstance(typ, str) and typ.lower() in _ACCESS_CLAIMS and "events" not in claims


def is_for_audience(claims: Mapping[str, Any], issuer: Issuer) -> bool:
    # Cognito's access tokens have `client_id` instead of `aud`.
    audience = claims.get("client_id" if claims.get("token_use") == "access" else "aud")
    given = audience if isinstance(audience, list) else [audience]
    return any(isinstance(each, str) and each in issuer.audiences for each in given)


def _user(claims: Mapping[str, Any], issuer: Issuer) -> User:
    sub = claims["sub"]
    if not isinstance(sub, str) or not sub or not is_user_id(issuer.user_prefix + sub):
        raise InvalidSubjectError("no user id")
    if (issuer.user_prefix + sub).startswith((GUEST_PREFIX, ERASED_PREFIX)):
        raise InvalidSubjectError("a guest's or an erased user's id")
    if not issuer.user_prefix and FOREIGN_PREFIX.match(sub):
        raise InvalidSubjectError("a user id of another issuer")
    name = (usable_text(claims.get("name")) or "")[:MAX_NAME_CHARACTERS] or None
    # PyJWT has checked that `exp` converts to an integer.
    end = datetime.fromtimestamp(min(int(claims["exp"]), LAST_SECOND), UTC)
    return User(issuer.user_prefix + sub, name, _is_admin(claims, issuer), end)


def _is_admin(claims: Mapping[str, Any], issuer: Issuer) -> bool:
    if issuer.admin_claim is not None:
        value: object = claims
        for name in issuer.admin_claim:
            value = value.get(name) if isinstance(value, Mapping) else None
        # An id is no list of words, and some providers let users choose one with blanks.
        return _grants(value, issuer.admin_value, in_words=issuer.admin_claim != ("sub",))
    scope = claims.get("scope")
    granted = scope.split() if isinstance(scope, str) else []
    for name in ("permissions", "cognito:groups"):
        listed = claims.get(name)
        granted += listed if isinstance(listed, list) else []
    return issuer.admin_value in granted


def _grants(value: object, wanted: str, *, in_words: bool) -> bool:
    """Return True for the value itself, for a list with it, and for a text with it as a word."""
    if isinstance(value, str):
        return value == wanted or (in_words and wanted in value.split())
    if isinstance(value, list):
        return wanted in value
    return value is True and wanted == "true"
