"""`/sim/callbacks`: mishaps of the next callbacks, and the record of the callbacks so far."""

from http import HTTPStatus

from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_request, json_response
from stand_ins.opentok.callbacks.callback_plan import CallbackPlan
from stand_ins.opentok.callbacks.callbacks import Callbacks


def callback_routes(callbacks: Callbacks) -> Blueprint:
    routes = Blueprint("callbacks", __name__, url_prefix="/sim/callbacks")

    @routes.post("")
    def plan() -> Response:
        callbacks.plan(json_request(CallbackPlan))
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.get("")
    def show() -> Response:
        return json_response(callbacks.to_json())

    @routes.delete("")
    def clear() -> Response:
        callbacks.clear()
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes
