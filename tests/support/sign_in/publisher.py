"""An identity provider that publishes its keys in a given shape, at the paths of that shape."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request, Response

from stand_ins.http.json_routes import json_response
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from tests.support.sign_in.shapes import Shape
from tests.support.sign_in.shared_keys import shared_keys


@dataclass(frozen=True)
class Publisher:
    """A running provider. `requests` lists the path and the User-Agent of each request."""

    identity: IdentityProvider
    shape: Shape
    settings: Mapping[str, str]
    requests: list[tuple[str, str]]

    def bearer(self, **changed: Any) -> str:
        """Return a token in the provider's shape, with these claims changed."""
        claims = {"aud": None, **self.shape.claims, **changed}
        sub = claims.pop("sub")
        return self.identity.bearer(sub, headers=self.shape.header, **claims)


@contextmanager
def published(shape: Shape, recipe: Mapping[str, str]) -> Iterator[Publisher]:
    """Run a provider of this shape on this machine, under the paths of the recipe's issuer."""
    requests: list[tuple[str, str]] = []
    apps: dict[str, Any] = {}

    @Request.application
    def provider(request: Request) -> Response:
        requests.append((request.path, request.headers["User-Agent"]))
        return Response.from_app(
            DispatcherMiddleware(Response(status=404), apps), request.environ, buffered=True
        )

    with HttpServer(provider) as server:
        path = urlsplit(recipe["AUTH_ISSUER"]).path
        identity = IdentityProvider(
            server.url + path, keys_url=server.url + shape.keys_path, keys=shared_keys()
        )
        apps[path.rstrip("/")] = identity.wsgi_app
        apps[shape.keys_path] = json_response(_keys(identity, shape))
        settings = {**recipe, "AUTH_ISSUER": identity.issuer}
        yield Publisher(identity, shape, settings, requests)


def _keys(identity: IdentityProvider, shape: Shape) -> dict[str, Any]:
    own = [
        {name: value for name, value in key.items() if name not in shape.unpublished}
        for key in identity.key_set()["keys"]
        if key["kty"] == "RSA"
    ]
    return {"keys": [*shape.beside, *own]}
