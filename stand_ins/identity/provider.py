"""An OIDC identity provider: it publishes its keys and signs bearer tokens."""

import time
from collections.abc import Mapping
from typing import Annotated, Any
from wsgiref.types import WSGIApplication

import jwt
import msgspec
from flask import Flask
from werkzeug.wrappers import Response

from stand_ins.http.faults import FaultPlan, FaultyApp
from stand_ins.http.json_routes import json_request, json_response
from stand_ins.identity.signing_keys import SigningKey, new_signing_keys

ADMIN_SCOPE = "roomkey:admin"
_DAY = 86400


class TokenRequest(msgspec.Struct, forbid_unknown_fields=True):
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    name: str | None = None
    admin: bool = False


class IdentityProvider:
    """A signer of bearer tokens for one issuer; its app serves the keys and a `/token` route.

    Args:
        issuer: The `iss` of every token: the app's own URL if the keys are to be found there.
        audience: The `aud` of every token.
        keys_url: The keys' address in the discovery document; without it, the app's own, below the
            issuer.
        keys: The keys to begin with, by algorithm; without them, new ones.
        faults: The failures that the app meets; without them, an empty plan.
    """

    def __init__(
        self,
        issuer: str,
        audience: str = "roomkey-local",
        *,
        keys_url: str | None = None,
        keys: Mapping[str, SigningKey] | None = None,
        faults: FaultPlan | None = None,
    ) -> None:
        self.issuer = issuer
        self.audience = audience
        self.keys_url = keys_url or f"{issuer.removesuffix('/')}/.well-known/jwks.json"
        self.faults = FaultPlan() if faults is None else faults
        self.fetches = 0
        self.descriptions = 0
        self._keys = keys or new_signing_keys()
        self._app = FaultyApp(self._routes(), self.faults)

    @property
    def wsgi_app(self) -> WSGIApplication:
        return self._app

    def bearer(
        self,
        sub: str,
        *,
        name: str | None = None,
        admin: bool = False,
        lifetime_seconds: float = _DAY,
        algorithm: str = "RS256",
        headers: Mapping[str, Any] | None = None,
        **claims: Any,  # noqa: ANN401 - a test may claim anything
    ) -> str:
        """Return a signed JWT; `headers` and `claims` replace its values, None removes one."""
        scope = ADMIN_SCOPE if admin else None
        usual = self._usual_claims(lifetime_seconds) | {"sub": sub, "name": name, "scope": scope}
        key = self.signing_key(algorithm)
        return jwt.encode(
            _without_none(usual | claims),
            key.private_key,
            algorithm=algorithm,
            headers=_without_none({"kid": key.kid, **(headers or {})}),
        )

    def signing_key(self, algorithm: str = "RS256") -> SigningKey:
        """Return the key in use; tests forge bearer tokens with its public half."""
        return self._keys[algorithm]

    def rotate_key(self) -> None:
        """Sign with new keys from now on, and publish only the new keys."""
        self._keys = new_signing_keys()

    def key_set(self) -> dict[str, Any]:
        """Return the published keys."""
        return {"keys": [key.public_jwk() for key in self._keys.values()]}

    def _usual_claims(self, lifetime_seconds: float) -> dict[str, Any]:
        now = time.time()
        issued, expires = int(now), int(now + lifetime_seconds)
        return {"iss": self.issuer, "aud": self.audience, "iat": issued, "exp": expires}

    def _routes(self) -> Flask:
        app = Flask(__name__)

        @app.get("/.well-known/jwks.json")
        def publish_keys() -> Response:
            self.fetches += 1
            return json_response(self.key_set())

        @app.get("/.well-known/openid-configuration")
        def describe() -> Response:
            self.descriptions += 1
            return json_response({"issuer": self.issuer, "jwks_uri": self.keys_url})

        @app.post("/token")
        def sign_in() -> Response:
            wanted = json_request(TokenRequest)
            # The shorter of the two signatures: the bearer token is to fit into a QR code.
            bearer = self.bearer(
                wanted.sub, name=wanted.name, admin=wanted.admin, algorithm="ES256"
            )
            return json_response({"token": bearer})

        return app


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
