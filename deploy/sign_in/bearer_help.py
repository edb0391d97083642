"""`make bearer-help`: the way to a bearer token of an admin, by what the stage's settings say."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.core.model.issuer import Issuer


@dataclass(frozen=True, slots=True)
class _Provider:
    """A kind of identity provider.

    Args:
        recipe: The heading of its recipe in docs/sign-in.md.
        issuer: The form of its issuers.
        grant: The way to make a user an admin there; `{value}` is AUTH_ADMIN_VALUE.
        token: The way to a token.
    """

    recipe: str
    issuer: re.Pattern[str]
    grant: str
    token: str


_BY_THE_APP: Final = "Sign in to an app that calls this stage, and copy the token that it sends."
_PROVIDERS: Final = (
    _Provider(
        "Amazon Cognito",
        re.compile(r"https://cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<pool>[\w-]+)"),
        "Put the user into a group of that name: aws cognito-idp admin-add-user-to-group --region "
        "{region} --user-pool-id {pool} --group-name {quoted} --username NAME",
        _BY_THE_APP,
    ),
    _Provider(
        "Auth0",
        re.compile(r"https://[\w.-]+\.auth0\.com/"),
        "Give the user a role that has the permission {value} of the API.",
        "The page of the API, tab Test, shows a token of an app. For one of a user: " + _BY_THE_APP,
    ),
    _Provider(
        "Firebase",
        re.compile(r"https://securetoken\.google\.com/[\w-]+"),
        "Set the custom claim on your server: setCustomUserClaims(uid, …).",
        "In the app: await firebase.auth().currentUser.getIdToken(true)",
    ),
    _Provider(
        "Microsoft Entra, version 2",
        re.compile(r"https://login\.microsoftonline\.com/[\w.-]+/v2\.0"),
        "Assign the app role {value} to the user.",
        _BY_THE_APP,
    ),
    _Provider(
        "Microsoft Entra, version 1",
        re.compile(r"https://sts\.windows\.net/[\w-]+/"),
        "Assign the app role {value} to the user.",
        _BY_THE_APP,
    ),
    _Provider(
        "Keycloak",
        re.compile(r"https?://.+/realms/[^/]+"),
        "Give the user the realm role {value}.",
        _BY_THE_APP,
    ),
    _Provider(
        "Okta",
        re.compile(r"https://[\w.-]+\.okta(preview)?\.com(/.*)?"),
        "Add the user to the group {value}.",
        _BY_THE_APP,
    ),
    _Provider(
        "Google",
        re.compile(r"https://accounts\.google\.com"),
        "Google's tokens have no roles: name the one admin by their `sub` in AUTH_ADMIN_VALUE.",
        _BY_THE_APP,
    ),
)
_ANY: Final = _Provider(
    "",
    re.compile(""),
    "Have your provider give the user that value.",
    _BY_THE_APP,
)


def bearer_help(stage: str, issuers: tuple[Issuer, ...]) -> Iterator[str]:
    """Yield the steps to a bearer token of an admin, for each issuer of the stage.

    Args:
        stage: The stage's name, for the commands.
        issuers: The stage's issuers, the first one first.
    """
    for issuer in issuers:
        yield from _steps(issuer)
    yield f"Check the token: BEARER=… make sign-in-check STAGE={stage}"
    yield 'It must say "the user is an admin". Then send it as: Authorization: Bearer …'
    yield (
        "If you cannot change users there: AUTH_ADMIN_CLAIM=sub and AUTH_ADMIN_VALUE=YOUR_SUB make "
        "you the one admin of that issuer, after make deploy."
    )
    yield "An admin stays one until the token expires."


def _steps(issuer: Issuer) -> Iterator[str]:
    known = ((each, each.issuer.fullmatch(issuer.url)) for each in _PROVIDERS)
    provider, match = next(((each, found) for each, found in known if found), (_ANY, None))
    parts = {} if match is None else match.groupdict()
    claim = "scope, permissions or cognito:groups"
    if issuer.admin_claim is not None:
        claim = ".".join(issuer.admin_claim)
    yield f"{issuer.url}{f' ({provider.recipe})' if provider.recipe else ''}"
    yield f"  1. An admin has {issuer.admin_value} in the claim {claim}."
    value = issuer.admin_value
    grant = provider.grant.format(value=value, quoted=shlex.quote(value), **parts)
    yield f"  2. {grant}"
    audiences = " or ".join(sorted(issuer.audiences))
    yield f"  3. Get a token of that user for the audience {audiences}. {provider.token}"
    if provider.recipe:
        yield f"  More: docs/sign-in.md, {provider.recipe}."
