"""What OpenTok tells of archives and their like: signed, and answered with 200 once it is kept."""

from functools import partial
from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.callbacks import check_owners, register_callback
from chalicelib.api.calls import Told
from chalicelib.api.edge import Edge
from chalicelib.api.operations import OF_PROVIDER
from chalicelib.core.measurements import count
from chalicelib.core.media import MediaKind
from chalicelib.core.media_reports import MediaReport
from chalicelib.core.times import utc_now
from chalicelib.core.told import told_content

KINDS: Final = tuple(MediaKind)
"""Those that OpenTok tells of in objects which name themselves, their session and their status."""


def media_callback_routes(edge: Edge) -> Blueprint:
    routes = Blueprint(__name__)
    for kind in KINDS:
        register_callback(
            edge,
            routes,
            kind,
            news=f"news of any {kind}",
            problems=OF_PROVIDER,
            followed=partial(_followed, kind),
        )
    return routes


def _followed(kind: MediaKind, told: Told, body: bytes) -> Answer:
    report = MediaReport.of(kind, told_content(body), utc_now())
    if report is None:
        count("CallbacksNotUnderstood")
        return Answer(HTTPStatus.OK)
    check_owners(told, report.owners)
    count(f"Callback{kind.capitalize()}")
    told.use_cases.media().follow.told(report, told.deadline)
    return Answer(HTTPStatus.OK)
