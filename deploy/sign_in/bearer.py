"""The judgment of one bearer token, step by step. No part of the token itself is printed."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jwt
from jwt.types import Options

from chalicelib.adapters.oidc import (
    ALGORITHMS,
    FOREIGN_PREFIX,
    LAST_SECOND,
    LEEWAY_SECONDS,
    IssuerKeys,
    TokenVerifier,
    has_media_type_of_access,
    is_for_access,
    is_for_audience,
)
from chalicelib.core.model.issuer import Issuer
from chalicelib.core.model.user import ERASED_PREFIX, GUEST_PREFIX
from chalicelib.errors import RoomkeyError
from deploy.errors import DeployError

_JWT_PARTS: Final = 3
_JWE_PARTS: Final = 5
_UNVERIFIED: Final[Options] = {"verify_signature": False}
_ONLY_THE_SIGNATURE: Final[Options] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_A_FRESH_ONE: Final = "Get a fresh token from the provider, then run this again."
_SEE_THE_RECIPE: Final = "The recipe in docs/sign-in.md says which token to send."


class BearerJudgment:
    """A judgment by the checks that a request meets, in words for the operator.

    Args:
        issuers: The stage's issuers.
        keys: The keys of each issuer, by its address.
        say: Prints a line for each step that the token passes.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        keys: Mapping[str, IssuerKeys],
        say: Callable[[str], None],
    ) -> None:
        self._issuers = {each.url: each for each in issuers}
        self._keys = keys
        self._say = say

    def judge(self, bearer: str) -> None:
        """Print each step that the token passes, and at last which user it is.

        Raises:
            DeployError: The service would refuse the token; the text says why.
        """
        scheme, _, rest = bearer.strip().partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else bearer.strip()
        header = _header(token)
        claims = _claims(token)
        issuer = self._issuer(claims)
        self._check_signature(token, header, issuer)
        self._check_times(claims)
        self._check_purpose(claims, issuer)
        self._check_subject(claims, issuer)
        self._show_user(token, issuer)

    def _issuer(self, claims: Mapping[str, Any]) -> Issuer:
        named = claims.get("iss")
        if isinstance(named, str) and named in self._issuers:
            self._say(f"its issuer is {named}")
            return self._issuers[named]
        ours = " or ".join(self._issuers)
        slash = isinstance(named, str) and any(
            each.rstrip("/") == named.rstrip("/") for each in self._issuers
        )
        hint = " They differ by the slash at the end, which counts." if slash else ""
        raise _refused(
            f"its issuer is {named!r}, and AUTH_ISSUER is {ours}.{hint}",
            "If the token is the right one, set AUTH_ISSUER to its issuer.",
        )

    def _check_signature(self, token: str, header: Mapping[str, Any], issuer: Issuer) -> None:
        try:
            key = self._keys[issuer.url].get_signing_key(header["kid"])
        except jwt.PyJWKClientError as error:
            raise _refused(
                f"none of the issuer's keys has its key id, {header['kid']!r}.",
                "It is of another tenant, or older than the issuer's keys. " + _A_FRESH_ONE,
            ) from error
        try:
            jwt.decode(token, key, algorithms=ALGORITHMS, options=_ONLY_THE_SIGNATURE)
        except jwt.PyJWTError as error:
            raise _refused(
                f"the signature is not by the issuer's key {header['kid']!r}.",
                "Copy the whole token. One for Microsoft Graph never passes. " + _SEE_THE_RECIPE,
            ) from error
        self._say("the issuer signed it")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = time.time()
        expires, begins, issued = (_seconds(claims.get(name)) for name in ("exp", "nbf", "iat"))
        if expires is None:
            raise _refused("it has no time of expiry (`exp`).", _SEE_THE_RECIPE)
        if expires <= now - LEEWAY_SECONDS:
            raise _refused(f"it expired {_duration(now - expires)} ago.", _A_FRESH_ONE)
        if begins is not None and begins > now + LEEWAY_SECONDS:
            raise _refused(
                f"it begins in {_duration(begins - now)} (`nbf`).",
                "Set this machine's clock, or the provider's.",
            )
        if issued is not None and issued > now + LEEWAY_SECONDS:
            raise _refused(
                f"it is from {_duration(issued - now)} ahead of this machine's clock (`iat`).",
                "Set this machine's clock, or the provider's.",
            )
        self._say(f"it expires in {_duration(expires - now)}")

    def _check_purpose(self, claims: Mapping[str, Any], issuer: Issuer) -> None:
        if not is_for_access(claims):
            raise _refused(
                "it is no access token and no ID token, but a refresh or logout token.",
                _SEE_THE_RECIPE,
            )
        if not is_for_audience(claims, issuer):
            claim = "client_id" if claims.get("token_use") == "access" else "aud"
            raise _refused(
                f"its audience (`{claim}`) is {claims.get(claim)!r}, and AUTH_AUDIENCE is "
                f"{', '.join(sorted(issuer.audiences))}.",
                "Send the token that is for this service, or add the audience to AUTH_AUDIENCE. "
                + _SEE_THE_RECIPE,
            )
        self._say("its audience is one of AUTH_AUDIENCE")

    def _check_subject(self, claims: Mapping[str, Any], issuer: Issuer) -> None:
        prefix, meaning = _reserved(claims.get("sub"), issuer)
        if prefix:
            raise _refused(
                f"its `sub` begins with {prefix}, which {meaning}.",
                "Have the provider put another id into `sub`.",
            )

    def _show_user(self, token: str, issuer: Issuer) -> None:
        """Ask the service's own verifier, whose word counts."""
        try:
            user = TokenVerifier([issuer], lambda each: self._keys[each.url]).user(
                f"Bearer {token}"
            )
        except RoomkeyError as error:
            raise _refused(
                f"its claims are not as they must be ({error.note}). `sub` must be one line of "
                "1 to 255 bytes, and times must be numbers.",
                _SEE_THE_RECIPE,
            ) from error
        self._say(f"it is accepted: the user {user.id!r}, with the name {user.name!r}")
        claim = ".".join(issuer.admin_claim or ()) or "scope, permissions or cognito:groups"
        self._say(
            f"the user is an admin: {issuer.admin_value!r} is in {claim}"
            if user.admin
            else f"the user is no admin: {issuer.admin_value!r} is not in {claim}"
        )


def _header(token: str) -> Mapping[str, Any]:
    """Return the header of a token that may be a JWT for this service.

    Raises:
        DeployError: It is none.
    """
    parts = token.count(".") + 1
    if parts == _JWE_PARTS:
        raise _refused(
            "it is encrypted, so that only the provider can read it.",
            "Auth0 gives such a token to an app that asks without `audience`. " + _SEE_THE_RECIPE,
        )
    if parts != _JWT_PARTS:
        raise _refused(
            f"it is no JWT: it has {parts} parts between dots instead of 3.",
            "Google's access tokens, for example, are none. " + _SEE_THE_RECIPE,
        )
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _refused("it is no JWT, or not the whole one.", "Copy the whole token.") from error
    if header.get("alg") not in ALGORITHMS:
        raise _refused(
            f"it is signed with {header.get('alg')!r}, and not with {' or '.join(ALGORITHMS)}.",
            "Choose one of them in the provider's settings.",
        )
    if not isinstance(header.get("kid"), str):
        raise _refused("it names no key (`kid`).", _SEE_THE_RECIPE)
    if not has_media_type_of_access(header.get("typ")):
        raise _refused(
            f"its header says that it is a {header.get('typ')!r}, no access token and no ID token.",
            _SEE_THE_RECIPE,
        )
    return header


def _claims(token: str) -> Mapping[str, Any]:
    try:
        return jwt.decode(token, options=_UNVERIFIED)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise _refused("its second part holds no claims.", "Copy the whole token.") from error


def _reserved(sub: object, issuer: Issuer) -> tuple[str, str]:
    """Return a beginning of ids that no `sub` of this issuer may have, and its meaning.

    Both are empty for a `sub` that has none.
    """
    if not isinstance(sub, str) or issuer.user_prefix:
        return "", ""
    for prefix, meaning in (
        (GUEST_PREFIX, "is kept for guests"),
        (ERASED_PREFIX, "is kept for erased users"),
    ):
        if sub.startswith(prefix):
            return prefix, meaning
    foreign = FOREIGN_PREFIX.match(sub)
    return (foreign[0], "marks users of a further issuer") if foreign else ("", "")


def _seconds(value: object) -> float | None:
    """Return a time that can be counted with. The service also takes one beyond all calendars."""
    return float(max(0, min(value, LAST_SECOND))) if isinstance(value, int | float) else None


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _refused(why: str, remedy: str) -> DeployError:
    return DeployError(f"The bearer token would be refused: {why}", remedy)
