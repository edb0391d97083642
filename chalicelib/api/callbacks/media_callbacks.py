"""OpenTok's callbacks about archives, broadcasts, captions and renders."""

from functools import partial
from http import HTTPStatus
from typing import Final

from chalicelib.api.callbacks.registration import check_project, register_callback
from chalicelib.api.http.decoding import CallbackContext
from chalicelib.api.http.operations import PROVIDER_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.model.media import Feature, MediaKind
from chalicelib.core.model.media_report import MediaReport
from chalicelib.core.support.formats import parse_json_object, utc_now
from chalicelib.core.support.metrics import increment

KINDS: Final = {
    MediaKind.ARCHIVE: Feature.RECORDING,
    MediaKind.BROADCAST: Feature.BROADCASTS,
    MediaKind.CAPTIONS: Feature.CAPTIONS,
    MediaKind.RENDER: Feature.RENDERS,
}
"""The kinds that OpenTok reports as objects with an id, a session and a status."""

routes: Final = Routes(tag="callbacks")


def on_media_report(kind: MediaKind, context: CallbackContext, body: bytes) -> Response:
    report = MediaReport.parse(kind, parse_json_object(body), utc_now())
    if report is None:
        increment("CallbacksNotUnderstood")
        return Response(HTTPStatus.OK)
    check_project(context, report.owners)
    increment(f"Callback{kind.capitalize()}")
    context.use_cases.media().media_tracker.on_callback(report, context.deadline)
    return Response(HTTPStatus.OK)


for _kind, _feature in KINDS.items():
    register_callback(
        routes,
        _kind,
        partial(on_media_report, _kind),
        subject=f"{_kind} events",
        raises=PROVIDER_ERRORS,
        feature=_feature,
    )
