"""The server that sample apps call in place of their own: their routes, and no others."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from local.sample_apps.learning_routes import archive_routes, session_routes, streaming_routes
from local.sample_apps.public_api import Json, PublicApi
from local.sample_apps.reference_routes import reference_routes
from local.sample_apps.refusal import Refusal
from local.sample_apps.rooms import LONGEST_SECONDS
from local.sample_apps.services import Services

_ROUTES: Final = (session_routes, archive_routes, streaming_routes, reference_routes)


class SampleApps:
    """A server that answers sample apps by calls to the public API.

    Args:
        api_url: The public API's address.
        identity_url: The address of the identity provider that the API trusts.
        recording: True if apps may record, broadcast, and caption without a client token.
        cors_origin: The origin that browsers may call from, or `*`.
        token_seconds: The lifetime of a client token.
    """

    def __init__(
        self,
        api_url: str,
        identity_url: str,
        *,
        recording: bool,
        cors_origin: str = "*",
        token_seconds: int = LONGEST_SECONDS,
    ) -> None:
        api = PublicApi(api_url, identity_url)
        services = Services(api, min(token_seconds, LONGEST_SECONDS), recording=recording)
        self.wsgi_app = _flask_app(services, cors_origin)

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response | None:
        """Return the answer to a request, or None if no sample app calls such a path.

        Header names are in lower case. Only Host is read.
        """
        host = Headers({"Host": headers.get("host", "localhost")})
        request = EnvironBuilder(path, method=method, headers=host, data=body or b"")
        environ = request.get_environ()
        try:
            self.wsgi_app.url_map.bind_to_environ(environ).match()
        except NotFound:
            return None
        except HTTPException:
            pass  # The app answers other methods.
        return Response.from_app(self.wsgi_app, environ)


def _flask_app(services: Services, cors_origin: str) -> Flask:
    app = Flask(__name__)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for routes in _ROUTES:
        app.register_blueprint(routes(services))

    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> tuple[Json, int, dict[str, str]]:
        retry = {} if refusal.retry_after is None else {"Retry-After": refusal.retry_after}
        return refusal.body(), refusal.status, retry

    @app.errorhandler(HTTPException)
    def refuse_otherwise(error: HTTPException) -> tuple[Json, int, dict[str, str]]:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        code = status.phrase.lower().replace(" ", "_")
        return refuse(Refusal.of(status, code, error.description or status.phrase))

    @app.after_request
    def let_browsers_read(answer: Response) -> Response:
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Access-Control-Allow-Origin"] = cors_origin
        answer.headers["Access-Control-Allow-Headers"] = "Authorization,Content-Type"
        answer.headers["Access-Control-Allow-Methods"] = "GET,POST,OPTIONS"
        answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
        return answer

    return app
