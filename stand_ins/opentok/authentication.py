"""The checks of a REST call's credentials: OpenTok's auth header and Vonage's bearer token."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import jwt
from jwt.types import Options
from werkzeug.datastructures import Headers

from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import RestError

_LONGEST_LIFETIME = 300
_NO_AUTHENTICATION = "No suitable authentication found"
# The stand-in makes these checks in place of PyJWT, because it has its own clock and answers.
SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class RefusedError(RestError):
    """The credentials are unknown, or the caller lacks the permission."""

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(message, status)


def authenticate(headers: Headers, known: KnownCredentials, now: float) -> str:
    """Return the API key or application id that a call is made for.

    OpenTok and Vonage are two hosts; here one port plays both. A stand-in that knows no
    application is the OpenTok host. To that host, a bearer token is no authentication.

    Raises:
        RefusedError: The service would refuse the call: 403 on OpenTok, 401 on Vonage.
    """
    opentok_jwt = headers.get("X-OPENTOK-AUTH")
    if opentok_jwt is not None:
        return _project_of(opentok_jwt, known, now)
    scheme, _, bearer = headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and known.applications:
        return _application_of(bearer, known, now)
    raise RefusedError(_NO_AUTHENTICATION)


def authenticate_account(headers: Headers, known: KnownCredentials, now: float) -> str:
    """Return the key of the account that makes a call, which OpenTok's JWT names.

    Raises:
        RefusedError: The service would refuse the call.
    """
    opentok_jwt = headers.get("X-OPENTOK-AUTH")
    if opentok_jwt is None:
        raise RefusedError(_NO_AUTHENTICATION)
    return _issuer_of(opentok_jwt, "account", known.accounts, now)


def _project_of(token: str, known: KnownCredentials, now: float) -> str:
    return _issuer_of(token, "project", known.projects, now)


def _issuer_of(token: str, kind: str, secrets: Mapping[str, str], now: float) -> str:
    claims = unverified_claims(token)
    if claims is None:
        raise RefusedError("Invalid token format")
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer.isdecimal():
        raise RefusedError("Invalid issuer format")
    if issuer not in secrets:
        raise RefusedError("Issuer not found")
    try:
        jwt.decode(token, secrets[issuer], algorithms=["HS256"], options=SIGNATURE_ONLY)
    except jwt.InvalidTokenError as error:
        raise RefusedError("Invalid signature") from error
    # An account's token names the key of the account, never that of a project.
    if claims.get("ist") != kind:
        raise RefusedError("Invalid token format")
    _check_times(claims, now)
    return issuer


def _check_times(claims: dict[str, Any], now: float) -> None:
    """Check `iat` and `exp`; only the text about `iat` is known from the real service."""
    expires, issued = claims.get("exp"), claims.get("iat", 0)
    if not isinstance(expires, int | float) or not isinstance(issued, int | float):
        raise RefusedError("Invalid token format")
    if issued > now:
        raise RefusedError("issued time cannot be greater than current time")
    if not now < expires <= now + _LONGEST_LIFETIME:
        raise RefusedError("Invalid token format")


def _application_of(token: str, known: KnownCredentials, now: float) -> str:
    application_id = (unverified_claims(token) or {}).get("application_id")
    try:
        claims = jwt.decode(
            token,
            known.applications[str(application_id)],
            algorithms=["RS256"],
            options={**SIGNATURE_ONLY, "require": ["exp", "iat", "jti"]},
        )
    except (jwt.InvalidTokenError, KeyError) as error:
        raise RefusedError("Unauthorized", HTTPStatus.UNAUTHORIZED) from error
    # Measured on the real host: it refuses a bearer token that carries a client's acl.
    expires = claims["exp"]
    if not isinstance(expires, int | float) or expires <= now or "acl" in claims:
        raise RefusedError("Unauthorized", HTTPStatus.UNAUTHORIZED)
    return str(application_id)


def unverified_claims(token: str) -> dict[str, Any] | None:
    """Return the claims of a JWT without any check, or None if the text is no JWT."""
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    return claims
