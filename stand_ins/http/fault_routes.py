"""`POST /sim/faults`: planned faults for tests that run in another process."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.faults import Fault, FaultPlan
from stand_ins.http.json_routes import json_request

_LONGEST_DELAY_MS = 600_000


class FaultRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A fault and its number of calls; `times` 0 cancels the faults of the path."""

    path: str
    times: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_DELAY_MS)] = 0
    body: str | None = None
    drip: bool = False
    drop: bool = False

    def __post_init__(self) -> None:
        if self.body is not None and self.status is None:
            raise ValueError("a body needs a status")
        harmless = self.status is None and not (self.delay_ms or self.drip or self.drop)
        if self.times and harmless:
            raise ValueError("a fault needs a status, delayMs, drip or drop")


def fault_routes(plan: FaultPlan) -> Blueprint:
    routes = Blueprint("faults", __name__, url_prefix="/sim/faults")

    @routes.post("")
    def plan_faults() -> Response:
        wanted = json_request(FaultRequest)
        if wanted.times:
            plan.add(_fault(wanted), wanted.times)
        else:
            plan.clear(wanted.path)
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes


def _fault(wanted: FaultRequest) -> Fault:
    return Fault(wanted.path, wanted.status, wanted.delay_ms, wanted.body, wanted.drip, wanted.drop)
