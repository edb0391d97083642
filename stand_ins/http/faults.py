"""Failures on demand: the next calls of a path fail as planned, in front of any app."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.wrappers import Response

from stand_ins.http.wsgi_connection import ConnectionDroppedError, delay

DRIP_SECONDS = 0.3


@dataclass(frozen=True)
class Fault:
    """A planned fault of calls whose path contains `path`.

    With a `status` the call is not performed; without a `status` it is, after the delay.
    `drip` sends the answer's body byte by byte. `drop` closes the connection instead of answering.
    """

    path: str
    status: int | None = None
    delay_ms: int = 0
    body: str | None = None
    drip: bool = False
    drop: bool = False

    def answer(self) -> Response:
        """Return the failing answer: the given body unchanged, or OpenTok's error triplet."""
        status = self.status or HTTPStatus.OK
        if self.body is None:
            message = HTTPStatus(status).phrase
            triplet = {"code": status, "message": message, "description": message}
            return Response(json.dumps(triplet), status, content_type="application/json")
        html = self.body.lstrip().startswith("<")
        return Response(self.body, status, content_type="text/html" if html else "application/json")


class FaultPlan:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, fault: Fault, times: int = 1) -> None:
        with self._lock:
            self._pending.extend([fault] * times)

    def clear(self, path: str = "") -> None:
        """Forget the faults of exactly this path, or all faults."""
        with self._lock:
            self._pending = [fault for fault in self._pending if path not in ("", fault.path)]

    def take(self, path: str) -> Fault | None:
        """Use up and return the fault for this call, or return None."""
        with self._lock:
            fault = next((fault for fault in self._pending if fault.path in path), None)
            if fault is not None:
                self._pending.remove(fault)
            return fault


class FaultyApp:
    """A WSGI app that applies the faults of a plan, except to paths under `spared`."""

    def __init__(
        self, wsgi_app: WSGIApplication, plan: FaultPlan, *, spared: str | None = None
    ) -> None:
        self._wsgi_app = wsgi_app
        self._plan = plan
        self._spared = spared

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        spared = self._spared is not None and path.startswith(self._spared)
        fault = None if spared else self._plan.take(path)
        if fault is None:
            return self._wsgi_app(environ, start_response)
        delay(environ, fault.delay_ms / 1000)
        answer = self._answer(fault, environ)
        if fault.drop:
            raise ConnectionDroppedError
        if fault.drip:
            answer.response = _dripping(answer.get_data(), environ)
        return answer(environ, start_response)

    def _answer(self, fault: Fault, environ: WSGIEnvironment) -> Response:
        if fault.status is not None:
            return fault.answer()
        return Response.from_app(self._wsgi_app, environ, buffered=True)


def _dripping(body: bytes, environ: WSGIEnvironment) -> Iterator[bytes]:
    yield b""  # the status line and headers go out before the body
    for byte in body:
        delay(environ, DRIP_SECONDS)
        yield bytes([byte])
