from collections.abc import Sequence
from http import HTTPStatus
from importlib.resources import files
from urllib.parse import urlencode

from flask import Flask, abort, redirect, render_template, request, send_from_directory
from werkzeug.wrappers import Response

from local.bearer import fetch_bearer
from local.network.invitation import page_invitation
from local.page.guest_link import guest_link
from local.page.parts import Part
from local.page.rehearsals import GROUPS
from local.ports import Ports, StartError
from local.providers.issuer import Issuer
from local.providers.stand_in_credentials import StandInCredentials
from stand_ins.http.json_routes import json_response

CALL_PATH = "/page/call"
"""The path that signs a user in, and leads to the call page."""
_CALL = {"user": "alice", "room": "standup"}


def page_app(
    ports: Ports,
    parts: Sequence[Part],
    issuer: Issuer,
    *,
    credentials: StandInCredentials | None,
) -> Flask:
    """Return an app that serves the page, its files, and the checks of the parts.

    Args:
        ports: Where the parts listen.
        parts: The parts whose health the page shows.
        issuer: The issuer of bearer tokens; rehearsals need the stand-in's.
        credentials: What the OpenTok stand-in accepts; None if there is no such stand-in.
    """
    app = Flask(__name__)
    renderer = str(files("flask_swagger_ui") / "dist")
    by_key = {part.key: part for part in parts}

    @app.get("/")
    def show() -> str:
        return render_template(
            "index.html",
            ports=ports,
            parts=parts,
            issuer=issuer,
            phone=page_invitation(ports, issuer),
            credentials=credentials,
            rehearsals=() if credentials is None or issuer.own else GROUPS,
        )

    @app.get("/call")
    def open_call() -> Response:
        """Sign this user in, and open the call page as this user."""
        wanted = {name: request.args.get(name, usual) for name, usual in _CALL.items()}
        try:
            bearer = fetch_bearer(ports, wanted["user"])
        except StartError as error:
            return Response(str(error), HTTPStatus.CONFLICT)
        room = urlencode({"room": wanted["room"]})
        # Browsers send the part after `#` to no server.
        return redirect(f"{ports.call_url}?{room}#{urlencode({'bearer': bearer})}")

    @app.get("/guest")
    def open_as_guest() -> Response:
        """Have alice invite a guest, and open the link."""
        try:
            return redirect(guest_link(ports, _CALL["room"]))
        except StartError as error:
            return Response(str(error), HTTPStatus.CONFLICT)

    @app.get("/parts/<key>")
    def check(key: str) -> Response:
        part = by_key.get(key) or abort(404)
        return json_response(part.finding())

    @app.get("/private.key")
    def send_private_key() -> Response:
        key = (credentials or abort(404)).private_key
        return Response(key, content_type="application/x-pem-file")

    @app.get("/renderer/<path:name>")
    def send_renderer(name: str) -> Response:
        return send_from_directory(renderer, name)

    @app.after_request
    def restrict(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = _policy(ports)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return app


def _policy(ports: Ports) -> str:
    """Return the Content-Security-Policy: files from here, calls to the app, inline drawings."""
    return (
        "default-src 'self'; "
        f"connect-src 'self' {ports.app_url_for_others}; "
        "img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
