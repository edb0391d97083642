"""`/sim/archives/{id}` and the like: tests read the records, and change their status."""

from http import HTTPStatus

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_request, json_response
from stand_ins.opentok.platform import KINDS_OF_RECORDS, Platform
from stand_ins.opentok.rest_errors import AbsentError

_KINDS = ", ".join(KINDS_OF_RECORDS)


class MoveRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The new status of a record; without a reason its old reason stays."""

    status: str
    reason: str = ""


def record_sim_routes(platform: Platform) -> Blueprint:
    routes = Blueprint("record_sim", __name__, url_prefix=f"/sim/<any({_KINDS}):kind>/<record_id>")

    @routes.get("")
    def inspect(kind: str, record_id: str) -> Response:
        return json_response(platform.inspect(kind, record_id))

    @routes.post("")
    def move(kind: str, record_id: str) -> Response:
        wanted = json_request(MoveRequest)
        return json_response(platform.move(kind, record_id, wanted.status, wanted.reason))

    @routes.errorhandler(AbsentError)
    def absent(error: AbsentError) -> Response:
        return json_response({"reason": str(error)}, error.status)

    @routes.errorhandler(ValueError)
    def no_such_status(error: ValueError) -> Response:
        return json_response({"reason": str(error)}, HTTPStatus.BAD_REQUEST)

    return routes
