"""Tokens and keys in the shapes of the identity providers that `docs/sign-in.md` describes.

Each shape follows the provider's own documentation, which the page links.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SUB: Final = "7f1c0e6a-2d0f-4f0e-9a53-0d5b6f6f2a11"


@dataclass(frozen=True)
class Shape:
    """A provider's way to publish keys and to sign tokens.

    Args:
        recipe: The heading of its recipe on the page.
        keys_path: The path of its keys, which the discovery document names.
        claims: The claims of its token beside `iss`, `iat` and `exp`.
        admin: The claims that make the user an admin by the recipe.
        wrong_audience: The claims of a token that the same provider made for something else.
        header: Header parameters beside `alg` and `kid`.
        unpublished: The members that its published keys lack.
        beside: Further keys that it publishes.
        user_id: The user's id in Roomkey.
        name: The user's name in Roomkey.
    """

    recipe: str
    keys_path: str
    claims: Mapping[str, Any]
    admin: Mapping[str, Any]
    wrong_audience: Mapping[str, Any]
    header: Mapping[str, Any] = field(default_factory=lambda: {"typ": "JWT"})
    unpublished: frozenset[str] = frozenset()
    beside: tuple[Mapping[str, Any], ...] = ()
    user_id: str = SUB
    name: str | None = None


_NO_TYPE: Final[Mapping[str, Any]] = {"typ": None}
_KEYCLOAKS_OTHER_KEY: Final = {
    "kid": "for-encryption",
    "kty": "RSA",
    "alg": "RSA-OAEP",
    "use": "enc",
    "n": "AQAB",
    "e": "AQAB",
}

SHAPES: Final = (
    Shape(
        "Amazon Cognito",
        "/eu-west-1_Ab12Cd34E/.well-known/jwks.json",
        {
            "sub": SUB,
            "client_id": "CLIENT_ID",
            "token_use": "access",
            "scope": "openid profile",
            "username": SUB,
            "origin_jti": "5b9f50a3",
            "event_id": "64f513be",
            "auth_time": 1_780_000_000,
            "version": 2,
            "jti": "aaaa1111",
        },
        {"cognito:groups": ["roomkey:admin"]},
        {"client_id": "another-client"},
        header=_NO_TYPE,
    ),
    Shape(
        "Auth0",
        "/.well-known/jwks.json",
        {
            "sub": "auth0|6071d2f1",
            "aud": ["https://calls.example.com", "https://tenant.example/userinfo"],
            "azp": "my_client_id",
            "scope": "openid profile",
            "permissions": [],
        },
        {"permissions": ["roomkey:admin"]},
        {"aud": "my_client_id"},
        user_id="auth0|6071d2f1",
    ),
    Shape(
        "Firebase",
        "/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
        {
            "aud": "PROJECT_ID",
            "sub": "kLq3pT9vRzM0bQ1w",
            "user_id": "kLq3pT9vRzM0bQ1w",
            "auth_time": 1_780_000_000,
            "name": "Alice Ames",
            "email": "alice@example.com",
            "email_verified": True,
            "firebase": {
                "identities": {"email": ["alice@example.com"]},
                "sign_in_provider": "password",
            },
        },
        {"roomkeyAdmin": True},
        {"aud": "another-project"},
        user_id="kLq3pT9vRzM0bQ1w",
        name="Alice Ames",
    ),
    Shape(
        "Microsoft Entra, version 2",
        "/TENANT_ID/discovery/v2.0/keys",
        {
            "aud": "CLIENT_ID",
            "sub": SUB,
            "azp": "7a1c-client",
            "azpacr": "0",
            "name": "Alice Ames",
            "oid": "690222be",
            "preferred_username": "alice@example.com",
            "scp": "calls",
            "tid": "TENANT_ID",
            "uti": "fqiBqXLPj0eQa82S",
            "ver": "2.0",
            "nbf": 1_780_000_000,
        },
        {"roles": ["roomkey:admin"]},
        {"aud": "00000003-0000-0000-c000-000000000000"},
        unpublished=frozenset({"alg"}),
        name="Alice Ames",
    ),
    Shape(
        "Microsoft Entra, version 1",
        "/common/discovery/keys",
        {
            "aud": "api://CLIENT_ID",
            "sub": SUB,
            "acr": "1",
            "amr": ["pwd"],
            "appid": "7a1c-client",
            "appidacr": "0",
            "name": "Alice Ames",
            "oid": "690222be",
            "scp": "calls",
            "tid": "TENANT_ID",
            "unique_name": "alice@example.com",
            "upn": "alice@example.com",
            "ver": "1.0",
            "nbf": 1_780_000_000,
        },
        {"roles": ["roomkey:admin"]},
        {"aud": "https://graph.microsoft.com"},
        unpublished=frozenset({"alg"}),
        name="Alice Ames",
    ),
    Shape(
        "Keycloak",
        "/realms/REALM/protocol/openid-connect/certs",
        {
            "aud": ["roomkey", "account"],
            "sub": SUB,
            "typ": "Bearer",
            "azp": "web-app",
            "sid": "4c0a3a8a",
            "acr": "1",
            "scope": "openid profile email",
            "realm_access": {"roles": ["offline_access", "default-roles-realm"]},
            "resource_access": {"account": {"roles": ["view-profile"]}},
            "name": "Alice Ames",
            "preferred_username": "alice",
        },
        {"realm_access": {"roles": ["offline_access", "roomkey:admin"]}},
        {"aud": "account"},
        beside=(_KEYCLOAKS_OTHER_KEY,),
        name="Alice Ames",
    ),
    Shape(
        "Okta",
        "/oauth2/default/v1/keys",
        {
            "ver": 1,
            "jti": "AT.MNAoEQ",
            "aud": "api://default",
            "cid": "0oa1client",
            "uid": "00u1user",
            "scp": ["openid", "profile"],
            "auth_time": 1_780_000_000,
            "sub": "alice@example.com",
        },
        {"groups": ["Everyone", "Roomkey admins"]},
        {"aud": "https://tenant.okta.com"},
        header=_NO_TYPE,
        user_id="alice@example.com",
    ),
    Shape(
        "Google",
        "/oauth2/v3/certs",
        {
            "azp": "CLIENT_ID.apps.googleusercontent.com",
            "aud": "CLIENT_ID.apps.googleusercontent.com",
            "sub": "10769150350006150715",
            "hd": "example.com",
            "email": "alice@example.com",
            "email_verified": True,
            "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
            "name": "Alice Ames",
            "picture": "https://lh3.googleusercontent.com/a",
        },
        {"sub": "11000000000000000001"},
        {"aud": "ANOTHER.apps.googleusercontent.com"},
        user_id="10769150350006150715",
        name="Alice Ames",
    ),
)
