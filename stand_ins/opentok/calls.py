"""A record of the calls to OpenTok, for tests to count."""

import io
import json
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


@dataclass
class Call:
    """One call, with its body as form or as JSON; its status is None unless it is answered."""

    method: str
    path: str
    form: dict[str, str]
    json: Any = None
    status: int | None = None


class CallRecorder:
    """A WSGI app that keeps a record of every call whose path is not under `unrecorded`."""

    def __init__(self, wsgi_app: WSGIApplication, *, unrecorded: tuple[str, ...]) -> None:
        self._wsgi_app = wsgi_app
        self._unrecorded = unrecorded
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(self._unrecorded):
            return self._wsgi_app(environ, start_response)
        call = _call(environ)
        with self._lock:
            self._calls.append(call)

        def note_status(
            status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None, /
        ) -> Any:  # noqa: ANN401 - WSGI's write function
            call.status = int(status.split(maxsplit=1)[0])
            return start_response(status, headers, exc_info)

        return self._wsgi_app(environ, note_status)


def _call(environ: WSGIEnvironment) -> Call:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    call = Call(environ["REQUEST_METHOD"], environ["PATH_INFO"], form={})
    if environ["CONTENT_TYPE"].startswith("application/x-www-form-urlencoded"):
        call.form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    elif environ["CONTENT_TYPE"].startswith("application/json"):
        with suppress(ValueError, RecursionError):
            call.json = json.loads(body)
    return call
