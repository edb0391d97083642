"""The REST routes by which a project registers its callbacks."""

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.callbacks.project_routes import json_body, project_routes
from stand_ins.opentok.callbacks.registrations import TOPICS, Registrations, is_deliverable
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import RestError

_LONGEST_BODY = 8096


class RegistrationRequest(msgspec.Struct):
    group: str
    event: str
    url: str


def registration_routes(
    registrations: Registrations, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("registrations", known, clock)

    @routes.post("/callback")
    def register(key: str) -> Response:
        wanted = json_body(RegistrationRequest)
        _check(wanted)
        added = registrations.add(key, (wanted.group, wanted.event), wanted.url, clock())
        return json_response(added.to_json())

    @routes.get("/callback")
    def list_registrations(key: str) -> Response:
        return json_response([each.to_json() for each in registrations.of_project(key)])

    @routes.delete("/callback/<registration_id>")
    def unregister(key: str, registration_id: str) -> Response:
        registrations.remove(key, registration_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes


def _check(wanted: RegistrationRequest) -> None:
    if wanted.event not in TOPICS.get(wanted.group, ()):
        raise RestError("Invalid group or event", HTTPStatus.BAD_REQUEST)
    if len(wanted.url) > _LONGEST_BODY or not is_deliverable(wanted.url):
        raise RestError("Invalid url", HTTPStatus.BAD_REQUEST)
