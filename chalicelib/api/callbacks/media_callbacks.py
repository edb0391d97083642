"""What OpenTok tells of archives and their like: signed, and answered with 200 once it is kept."""

from functools import partial
from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib.api.callbacks.session_callbacks import check_owners, register_callback
from chalicelib.api.http.context import Told
from chalicelib.api.http.operations import PROVIDER_ERRORS
from chalicelib.api.http.responses import Answer
from chalicelib.api.http.router import Router
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.parsing import parse_json_object
from chalicelib.core.support.timestamps import utc_now

KINDS: Final = tuple(MediaKind)
"""Those that OpenTok tells of in objects which name themselves, their session and their status."""


def media_callback_routes(edge: Router) -> Blueprint:
    routes = Blueprint(__name__)
    for kind in KINDS:
        register_callback(
            edge,
            routes,
            kind,
            news=f"news of any {kind}",
            problems=PROVIDER_ERRORS,
            followed=partial(_followed, kind),
        )
    return routes


def _followed(kind: MediaKind, told: Told, body: bytes) -> Answer:
    report = MediaReport.parse(kind, parse_json_object(body), utc_now())
    if report is None:
        increment("CallbacksNotUnderstood")
        return Answer(HTTPStatus.OK)
    check_owners(told, report.owners)
    increment(f"Callback{kind.capitalize()}")
    told.use_cases.media().follow.on_callback(report, told.deadline)
    return Answer(HTTPStatus.OK)
