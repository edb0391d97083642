"""`/sim/tokens`: the next client tokens count as expired, so that nobody has to wait for it."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_request


class ExpiryRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The number of next client tokens that count as expired; 0 takes the plan back."""

    expired: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class ExpiryPlan:
    """The number of client tokens that are still to count as expired. Safe under threads.

    Args:
        clock: Seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left = 0

    def plan(self, times: int) -> None:
        with self._lock:
            self._left = times

    def judged_at(self) -> float:
        """Return the time at which the next token is judged: now, or after every expiry."""
        with self._lock:
            if not self._left:
                return self._clock()
            self._left -= 1
            return float("inf")


def expiry_routes(plan: ExpiryPlan) -> Blueprint:
    routes = Blueprint("tokens", __name__, url_prefix="/sim/tokens")

    @routes.post("")
    def plan_expiry() -> Response:
        plan.plan(json_request(ExpiryRequest).expired)
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes
