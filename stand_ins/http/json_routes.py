"""JSON requests and answers of the routes that only the stand-ins have."""

from http import HTTPStatus
from typing import TypeVar

import msgspec
from flask import abort, request
from werkzeug.wrappers import Response

_Wanted = TypeVar("_Wanted")


def json_request(wanted: type[_Wanted]) -> _Wanted:
    """Return the request's body as this type, or answer 400 with the reason."""
    try:
        return msgspec.json.decode(request.get_data(), type=wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        abort(json_response({"reason": str(error)}, HTTPStatus.BAD_REQUEST))


def json_response(content: object, status: int = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(content), status, content_type="application/json")
