"""A client's token, checked as OpenTok does when the client connects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from stand_ins.opentok.authentication import SIGNATURE_ONLY, unverified_claims
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.tokens.legacy_tokens import LEGACY_PREFIX, verified_legacy_fields
from stand_ins.opentok.tokens.token_errors import TokenRefusedError

PUBLISHING_ROLES = frozenset({"publisher", "publisheronly", "moderator"})
ROLES = PUBLISHING_ROLES | {"subscriber"}
_LONGEST_LIFETIME = 30 * 24 * 3600
_LONGEST_DATA = 1000
_LONGEST_LAYOUT_CLASSES = 1000


@dataclass(frozen=True)
class ClientToken:
    """The rights in a valid token, and the key of its project or application."""

    key: str
    session_id: str
    role: str
    data: str
    layout_classes: tuple[str, ...]


def verify_client_token(token: str, known: KnownCredentials, now: float) -> ClientToken:
    """Return the token's content after checks of signature, expiry, role, scope and lengths.

    Raises:
        TokenRefusedError: A check fails; the text is the reason for the client.
    """
    if token.startswith(LEGACY_PREFIX):
        key, claims = verified_legacy_fields(token, known)
    else:
        key, claims = _verified_jwt(token, known)
    _check_expiry(claims, now)
    if claims.get("role") not in ROLES:
        raise TokenRefusedError("Invalid role")
    classes = _limited(claims, "initial_layout_class_list", _LONGEST_LAYOUT_CLASSES)
    data = _limited(claims, "connection_data", _LONGEST_DATA)
    session_id = str(claims.get("session_id", ""))
    return ClientToken(key, session_id, claims["role"], data, tuple(classes.split()))


def _verified_jwt(token: str, known: KnownCredentials) -> tuple[str, dict[str, Any]]:
    unverified = unverified_claims(token)
    if unverified is None:
        raise TokenRefusedError("Invalid token format")
    if "application_id" in unverified:
        key, keys, algorithm = str(unverified["application_id"]), known.applications, "RS256"
    else:
        key, keys, algorithm = str(unverified.get("iss")), known.projects, "HS256"
    if key not in keys:
        raise TokenRefusedError("Issuer not found")
    try:
        claims: dict[str, Any] = jwt.decode(
            token, keys[key], algorithms=[algorithm], options=SIGNATURE_ONLY
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefusedError("Invalid signature") from error
    if algorithm == "RS256":
        _check_application_claims(claims)
    elif claims.get("ist") != "project":
        raise TokenRefusedError("Invalid token format")
    if claims.get("scope") != "session.connect":
        raise TokenRefusedError("Invalid scope")
    return key, claims


def _check_application_claims(claims: Mapping[str, Any]) -> None:
    """Check Vonage's common claims; the Python SDKs spell `sub` in full, the others do not."""
    acl = claims.get("acl")
    paths = acl.get("paths") if isinstance(acl, dict) else None
    if not isinstance(paths, dict) or "/session/**" not in paths:
        raise TokenRefusedError("Invalid acl")
    if "video" not in (claims.get("sub"), claims.get("subject")):
        raise TokenRefusedError("Invalid subject")


def _check_expiry(claims: Mapping[str, Any], now: float) -> None:
    expires = claims.get("exp")
    if not isinstance(expires, int | float):
        raise TokenRefusedError("Invalid token format")
    if expires <= now:
        raise TokenRefusedError("Token has expired")
    if expires > now + _LONGEST_LIFETIME:
        raise TokenRefusedError("Token lives longer than 30 days")


def _limited(claims: Mapping[str, Any], claim: str, longest: int) -> str:
    value = claims.get(claim, "")
    if not isinstance(value, str) or len(value) > longest:
        raise TokenRefusedError(f"Invalid {claim}")
    return value
