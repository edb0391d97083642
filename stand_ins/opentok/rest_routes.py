"""OpenTok's own routes."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from stand_ins.opentok.answers import error_answer, session_answer
from stand_ins.opentok.authentication import authenticate
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import RestError
from stand_ins.opentok.sessions.session_options import BadOptionError, parse_session_options
from stand_ins.opentok.sessions.sessions import Sessions

_FORM = "application/x-www-form-urlencoded"


def rest_routes(
    sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = Blueprint("rest", __name__)

    @routes.post("/session/create")
    def create_session() -> Response:
        now = clock()
        key = authenticate(request.headers, known, now)
        options = parse_session_options(_form())
        session = sessions.create(key, options, now)
        return session_answer(session.session_id, key, now=now, accept=_accept())

    return routes


def answer_errors(app: Flask) -> None:
    """Give every error of any route OpenTok's format."""

    @app.errorhandler(RestError)
    def refused(error: RestError) -> Response:
        return error_answer(error.status, str(error), accept=_accept(), code=error.code)

    @app.errorhandler(BadOptionError)
    def bad_option(error: BadOptionError) -> Response:
        return error_answer(HTTPStatus.BAD_REQUEST, str(error), accept=_accept())

    @app.errorhandler(HTTPException)
    def no_such_route(error: HTTPException) -> Response:
        status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        return error_answer(status, error.name, accept=_accept())


def _form() -> dict[str, str]:
    """Return the request's form.

    After a call with JSON, Vonage's Python SDK goes on to call its forms JSON.

    Raises:
        RestError: The body is no form.
    """
    body = request.get_data(as_text=True)
    mislabelled = request.mimetype == "application/json" and not body.startswith("{")
    if body and request.mimetype != _FORM and not mislabelled:
        raise RestError("Unsupported Media Type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return dict(parse_qsl(body, keep_blank_values=True))


def _accept() -> str:
    return request.headers.get("Accept", "")
