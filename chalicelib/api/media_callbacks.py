"""What OpenTok tells of archives and their like: signed, and answered with 200 once it is kept."""

from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.answers import Answer
from chalicelib.api.callbacks import check_owners
from chalicelib.api.calls import Told
from chalicelib.api.edge import Edge
from chalicelib.api.operations import OF_PROVIDER, PLATFORM_BY_PATH, Operation
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
        _register(routes, edge, kind)
    return routes


def _register(routes: Blueprint, edge: Edge, kind: MediaKind) -> None:
    operation = Operation(
        summary=f"Take OpenTok's news of any {kind}",
        description="OpenTok repeats for 24 hours what is not answered with 200.",
        answers={HTTPStatus.OK: None},
        problems=(errors.SessionUnknown, *OF_PROVIDER),
    )

    def signed(told: Told) -> Answer:
        body = told.raw_body()
        told.use_cases.signatures.check(kind, told.authorization(), body, told.deadline)
        return _followed(told, kind, body)

    def unsigned(told: Told, secret: str) -> Answer:
        told.use_cases.signatures.check_path(secret)
        return _followed(told, kind, told.raw_body())

    path = f"/callbacks/{kind}"
    signed.__name__, unsigned.__name__ = f"{kind}_event", f"unsigned_{kind}_event"
    edge.told_by_platform(routes, "POST", path, operation)(signed)
    by_path = f"{path}/{{secret}}"
    edge.told_by_platform(routes, "POST", by_path, operation, PLATFORM_BY_PATH)(unsigned)


def _followed(told: Told, kind: MediaKind, body: bytes) -> Answer:
    report = MediaReport.of(kind, told_content(body), utc_now())
    if report is None:
        count("CallbacksNotUnderstood")
        return Answer(HTTPStatus.OK)
    check_owners(told, report.owners)
    count(f"Callback{kind.capitalize()}")
    told.use_cases.media().follow.told(report, told.deadline)
    return Answer(HTTPStatus.OK)
