"""OpenTok's routes under a project, which all check the project's credentials first."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from stand_ins.opentok.authentication import RefusedError, authenticate
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import RestError

_Wanted = TypeVar("_Wanted")


def project_routes(name: str, known: KnownCredentials, clock: Callable[[], float]) -> Blueprint:
    """Return a blueprint of paths with a project's `key`, for callers with its credentials."""
    routes = Blueprint(name, __name__, url_prefix="/v2/project/<key>")

    @routes.before_request
    def check_project() -> None:
        caller = authenticate(request.headers, known, clock())
        if caller != (request.view_args or {}).get("key"):
            raise RefusedError("Not authorized for this project")

    return routes


def json_body(wanted: type[_Wanted]) -> _Wanted:
    """Return the request's body as this type.

    Raises:
        RestError: The body is of another type.
    """
    if request.mimetype != "application/json":
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        raise RestError("Unsupported Media Type", status)
    try:
        return msgspec.json.decode(request.get_data(), type=wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RestError(f"Invalid request: {error}", HTTPStatus.BAD_REQUEST) from error


def no_content() -> Response:
    return Response(status=HTTPStatus.NO_CONTENT)


def empty_answer(status: int = HTTPStatus.OK) -> Response:
    """Return an answer with JSON's headers and an empty body, as several real routes send it."""
    return Response(status=status, content_type="application/json")
