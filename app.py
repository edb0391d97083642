"""Roomkey's functions on AWS Lambda: where everything is put together."""

import os
from collections.abc import Mapping

from chalice import Chalice

from chalicelib.api.edge import Edge
from chalicelib.api.health import health_routes
from chalicelib.api.request_log import RequestLog
from chalicelib.api.rooms import room_routes
from chalicelib.api.tokens import token_routes
from chalicelib.services import Services
from chalicelib.settings import cors_origin, log_level


def build_app(environment: Mapping[str, str]) -> Chalice:
    """A new app of its own, with the settings found in `environment`."""
    services = Services(environment)
    log = RequestLog(log_level(environment))
    edge = Edge(services, log, cors_origin(environment))
    built = Chalice(app_name="roomkey", configure_logs=False)
    built.register_middleware(edge.own_answers, "http")
    for routes in (health_routes, room_routes, token_routes):
        built.register_blueprint(routes(edge))
    if "AWS_LAMBDA_RUNTIME_API" in environment:
        # While a Lambda starts its processor runs at full speed, and no caller waits yet.
        services.preload()
        log.preload()
    return built


app = build_app(os.environ)
