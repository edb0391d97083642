"""A relay for callbacks: OpenTok's stand-in uses no proxy, so it cannot resolve made-up names."""

from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import requests
from werkzeug.wrappers import Request, Response

_PASSED_ON = ("Authorization", "Content-Type", "User-Agent")


class CallbackRelay:
    """A relay that passes each request on, unchanged, to the deployed service.

    Args:
        http: Makes a client that finds the deployed address.
    """

    def __init__(self, http: Callable[[], requests.Session]) -> None:
        self._http = http
        self.url = ""
        """The deployed service's address with a slash at the end; empty before the deployment."""
        self.statuses: list[int] = []
        """The service's answers."""

    def wsgi_app(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        headers = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
        with self._http() as http:
            answer = http.request(
                request.method,
                f"{self.url}{request.path[1:]}",
                data=request.get_data(),
                headers=headers,
                timeout=30,
            )
        self.statuses.append(answer.status_code)
        return Response(answer.content, answer.status_code)(environ, start)
