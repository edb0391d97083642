"""Roomkey's functions on AWS Lambda: the app, its routes and its scheduled functions."""

import gc
import os

_IN_LAMBDA = "AWS_LAMBDA_RUNTIME_API" in os.environ
if _IN_LAMBDA:
    # All that a cold start makes stays, so the garbage collector would look at it in vain.
    gc.disable()
    from chalicelib.precompiled import use_precompiled

    use_precompiled()

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice import Chalice
from chalice.app import CloudWatchEvent

from chalicelib.api import admin_route, health, openapi_route, usage_route, user_data_routes
from chalicelib.api.call_page import call_routes
from chalicelib.api.callbacks import media_callbacks, session_callbacks, sip_callbacks
from chalicelib.api.http.request_log import RequestLog
from chalicelib.api.http.router import Router, request_deadline
from chalicelib.api.http.routes import Routes
from chalicelib.api.media import (
    archive_control_routes,
    archive_routes,
    broadcast_routes,
    caption_routes,
    render_routes,
    telephony_routes,
)
from chalicelib.api.rooms import (
    attendance_routes,
    connection_routes,
    invitation_routes,
    moderation_routes,
    participant_routes,
    room_routes,
    token_routes,
    waiting_routes,
)
from chalicelib.api.rotation_steps import RotationSteps
from chalicelib.api.schedules import Schedules, run_deadline
from chalicelib.composition.services import Services
from chalicelib.core.ports.check_workers import CheckBatch
from chalicelib.core.support.deadline import Deadline
from chalicelib.invitation_settings import serves_call_page
from chalicelib.media_settings import features_off
from chalicelib.privacy_settings import audit_addresses
from chalicelib.rotation_settings import rotates
from chalicelib.settings import cors_origin, log_level

ROUTES: Final[tuple[Routes, ...]] = (
    health.routes,
    openapi_route.routes,
    usage_route.routes,
    admin_route.routes,
    user_data_routes.routes,
    room_routes.routes,
    token_routes.routes,
    waiting_routes.routes,
    connection_routes.routes,
    participant_routes.routes,
    attendance_routes.routes,
    moderation_routes.routes,
    invitation_routes.routes,
    archive_routes.routes,
    archive_control_routes.routes,
    broadcast_routes.routes,
    caption_routes.routes,
    telephony_routes.routes,
    telephony_routes.audio_connector_routes,
    render_routes.routes,
    session_callbacks.routes,
    media_callbacks.routes,
    sip_callbacks.routes,
)
"""All routes of the API, in the order of its reference."""
PAGES: Final[tuple[Routes, ...]] = (call_routes.routes,)
"""The routes of pages for browsers, which are no part of the API's reference.

Only a stage with `CALL_PAGE=on` has them. Chalice gives API Gateway no others either.
"""
_API: Final = "app.app"
"""Chalice's name for the function that answers the API. Lambda sets it as `_HANDLER`."""
ERASING_SECONDS: Final = 20.0
"""The time that erasures of users take of a run at most, so that time is left for archives."""


def build_app(
    environment: Mapping[str, str],
    new_deadline: Callable[[], Deadline] = request_deadline,
    new_run_deadline: Callable[[object], Deadline] = run_deadline,
    new_services: Callable[[Mapping[str, str]], Services] = Services,
) -> Chalice:
    """Return a new app.

    Args:
        environment: The settings.
        new_deadline: Returns the deadline of a request.
        new_run_deadline: Returns the deadline of a run that Lambda's context describes.
        new_services: Returns the service for these settings.
    """
    services = new_services(environment)
    log = RequestLog(log_level(environment), with_addresses=audit_addresses(environment))
    router = Router(
        services.use_cases,
        log,
        cors_origin(environment),
        new_deadline,
        features_off=features_off(environment),
    )
    built = Chalice(app_name="roomkey", configure_logs=False)
    built.register_middleware(router.error_middleware, "http")
    for routes in (*ROUTES, *(PAGES if serves_call_page(environment) else ())):
        router.mount(built, routes)
    _register_schedules(built, Schedules(services.use_cases, log, new_run_deadline))
    if rotates(environment):
        _register_rotation(
            built, RotationSteps(services.rotation, log, environment.get("OPENTOK_SECRET_ID", ""))
        )
    if "AWS_LAMBDA_RUNTIME_API" in environment:
        # While a Lambda starts its processor runs at full speed, and no caller waits yet.
        services.preload()
        is_api = environment.get("_HANDLER") == _API
        finish = services.prefetch() if is_api else None
        log.preload()
        if finish is not None:
            finish()
    return built


def _register_schedules(built: Chalice, schedules: Schedules) -> None:
    """Register the scheduled functions, and the workers that one of them starts.

    They are registered in this module: Chalice would deploy those of another module under that
    module's name, and Lambda would never import this one.
    """

    @built.schedule("rate(1 minute)")
    def enforce_closing_times(event: CloudWatchEvent) -> None:
        schedules.run(
            "enforce_closing_times",
            event.context,
            lambda cases, until: cases.enforce_closing_times.run(until),
        )

    @built.schedule("rate(1 minute)")
    def reconcile_sessions(event: CloudWatchEvent) -> None:
        schedules.run(
            "reconcile_sessions",
            event.context,
            lambda cases, until: cases.reconcile_sessions.run(until),
        )

    @built.lambda_function("check_sessions")
    def check_sessions(event: Mapping[str, Any], context: object) -> None:
        schedules.run(
            "check_sessions",
            context,
            lambda cases, until: cases.check_sessions.run(CheckBatch.from_event(event), until),
        )

    @built.schedule("rate(1 minute)")
    def delete_expired_archives(event: CloudWatchEvent) -> None:
        # Both delete what is no longer to be kept. Most runs have nobody to erase.
        schedules.run(
            "erase_users",
            event.context,
            lambda cases, until: cases.erase_users.run(until.capped(ERASING_SECONDS)),
        )
        schedules.run(
            "delete_expired_archives",
            event.context,
            lambda cases, until: cases.delete_expired_archives.run(until),
        )

    @built.schedule("rate(1 minute)")
    def refill_session_pool(event: CloudWatchEvent) -> None:
        schedules.run(
            "refill_session_pool",
            event.context,
            lambda cases, until: cases.refill_session_pool.run(until),
        )


def _register_rotation(built: Chalice, steps: RotationSteps) -> None:
    """Register the function that Secrets Manager calls. Only a stage that rotates has it."""

    @built.lambda_function("rotate_credentials")
    def rotate_credentials(event: Mapping[str, Any], context: object) -> None:
        steps.run(event, context)


app = build_app(os.environ)
# Lambda finds each function by its own name in this module.
enforce_closing_times = app.handler_map["enforce_closing_times"]
reconcile_sessions = app.handler_map["reconcile_sessions"]
check_sessions = app.handler_map["check_sessions"]
delete_expired_archives = app.handler_map["delete_expired_archives"]
refill_session_pool = app.handler_map["refill_session_pool"]
rotate_credentials = app.handler_map.get("rotate_credentials")

if _IN_LAMBDA:
    gc.freeze()  # Later collections pass over what is loaded now.
    gc.enable()
