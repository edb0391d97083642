"""Roomkey's functions on AWS Lambda: where everything is put together."""

import os
from collections.abc import Callable, Mapping

from chalice import Chalice
from chalice.app import CloudWatchEvent

from chalicelib.api.callbacks.media_callbacks import media_callback_routes
from chalicelib.api.callbacks.session_callbacks import callback_routes
from chalicelib.api.callbacks.sip_callbacks import sip_callback_routes
from chalicelib.api.health import health_routes
from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.http.router import Router, request_deadline
from chalicelib.api.media.archive_control_routes import recording_routes
from chalicelib.api.media.archive_routes import archive_routes
from chalicelib.api.media.broadcast_routes import broadcast_control_routes, broadcast_routes
from chalicelib.api.media.caption_routes import caption_routes
from chalicelib.api.media.render_routes import render_routes
from chalicelib.api.media.telephony_routes import connected_audio_routes
from chalicelib.api.openapi_route import reference_routes
from chalicelib.api.rooms.connection_routes import presence_routes
from chalicelib.api.rooms.moderation_routes import moderation_routes
from chalicelib.api.rooms.room_routes import room_routes
from chalicelib.api.rooms.token_routes import token_routes
from chalicelib.api.schedules import Schedules
from chalicelib.composition import Services
from chalicelib.core.support.deadline import Deadline
from chalicelib.settings import cors_origin, log_level


def build_app(
    environment: Mapping[str, str], new_deadline: Callable[[], Deadline] = request_deadline
) -> Chalice:
    """A new app of its own, with the settings found in `environment`.

    Args:
        environment: The settings.
        new_deadline: Gives each request its deadline.
    """
    services = Services(environment)
    log = RequestLog(log_level(environment))
    edge = Router(services, log, cors_origin(environment), new_deadline)
    built = Chalice(app_name="roomkey", configure_logs=False)
    built.register_middleware(edge.error_middleware, "http")
    for routes in (
        health_routes,
        reference_routes,
        room_routes,
        token_routes,
        presence_routes,
        moderation_routes,
        archive_routes,
        recording_routes,
        broadcast_routes,
        broadcast_control_routes,
        caption_routes,
        connected_audio_routes,
        render_routes,
        callback_routes,
        media_callback_routes,
        sip_callback_routes,
    ):
        built.register_blueprint(routes(edge))
    _register_schedules(built, Schedules(services, log))
    if "AWS_LAMBDA_RUNTIME_API" in environment:
        # While a Lambda starts its processor runs at full speed, and no caller waits yet.
        services.preload()
        log.preload()
    return built


def _register_schedules(built: Chalice, schedules: Schedules) -> None:
    """The functions that run by themselves.

    They are registered in this module and not in a blueprint: Chalice would deploy those under the
    blueprint's module, and this one would never be imported.
    """

    @built.schedule("rate(1 minute)")
    def enforce_closing_times(event: CloudWatchEvent) -> None:
        schedules.run(
            "enforce_closing_times",
            event,
            lambda cases, until: cases.enforce_closing_times.run(until),
        )

    @built.schedule("rate(1 minute)")
    def reconcile_sessions(event: CloudWatchEvent) -> None:
        schedules.run(
            "reconcile_sessions", event, lambda cases, until: cases.reconcile_sessions.run(until)
        )

    @built.schedule("rate(1 minute)")
    def delete_expired_archives(event: CloudWatchEvent) -> None:
        schedules.run(
            "delete_expired_archives",
            event,
            lambda cases, until: cases.delete_expired_archives.run(until),
        )


app = build_app(os.environ)
# Lambda finds each function by its own name in this module.
enforce_closing_times = app.handler_map["enforce_closing_times"]
reconcile_sessions = app.handler_map["reconcile_sessions"]
delete_expired_archives = app.handler_map["delete_expired_archives"]
