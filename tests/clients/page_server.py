"""A server of the web guide's page, which passes requests below /sim to the OpenTok stand-in."""

from http import HTTPStatus

import requests
from flask import Flask, request
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response


class PageServer:
    """A WSGI app with the page, its script, and the paths that the stub of OpenTok's library calls.

    Args:
        html: The page's text.
        script: The bundled script that the page loads as `page.ts`.
        opentok_url: The address of the OpenTok stand-in.
    """

    def __init__(self, html: str, script: str, opentok_url: str) -> None:
        self._refusals: list[str] = []
        self._opentok_url = opentok_url
        self.wsgi_app = Flask("page")
        self.wsgi_app.add_url_rule(
            "/", "page", lambda: Response(html, content_type="text/html; charset=utf-8")
        )
        self.wsgi_app.add_url_rule(
            "/page.ts", "script", lambda: Response(script, content_type="text/javascript")
        )
        methods = ["GET", "POST", "DELETE"]
        self.wsgi_app.add_url_rule("/sim/<path:path>", "sim", self._sim, methods=methods)

    def refuse_next_token(self, reason: str) -> None:
        """Refuse the next connection as OpenTok does after a token has expired."""
        self._refusals.append(reason)

    def _sim(self, path: str) -> Response:
        if path == "connections" and self._refusals:
            return json_response({"reason": self._refusals.pop()}, HTTPStatus.FORBIDDEN)
        answer = requests.request(
            request.method,
            f"{self._opentok_url}/sim/{path}",
            params=request.query_string,
            data=request.get_data(),
            timeout=30,
        )
        return Response(answer.content, answer.status_code, content_type="application/json")
