"""An app's server that does nothing but receive callbacks."""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

import jwt

from stand_ins.http.server import HttpServer
from stand_ins.http.wsgi_connection import delay


@dataclass(frozen=True)
class Received:
    """One request, unparsed."""

    path: str
    content_type: str
    authorization: str
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def event(self) -> str:
        return str(self.content["event"])

    @property
    def token(self) -> str:
        return self.authorization.removeprefix("Bearer ")

    def verified_claims(self, secret: str) -> Mapping[str, Any]:
        """Return the signature's claims after a check of the signature and of the body's hash."""
        assert self.authorization.startswith("Bearer ")
        claims: dict[str, Any] = jwt.decode(
            self.token,
            secret,
            ["HS256"],
            issuer="Vonage",
            options={"require": ["iat", "jti", "iss", "payload_hash"]},
        )
        assert claims["payload_hash"] == hashlib.sha256(self.body).hexdigest()
        return claims


class CallbackReceiver:
    """A receiver that keeps all requests; it answers with `statuses` in turn, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.answers_after_seconds = 0.0
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._server = HttpServer(self._receive)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"{self._server.url}/callbacks/session"

    @property
    def received(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    @property
    def events(self) -> list[str]:
        return [each.event for each in self.received]

    @property
    def connection_ids(self) -> list[str]:
        """Return the ids in connection events, in order of arrival."""
        return [each.content["connection"]["id"] for each in self.received]

    def _receive(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            self._received.append(
                Received(
                    environ["PATH_INFO"],
                    environ["CONTENT_TYPE"],
                    environ.get("HTTP_AUTHORIZATION", ""),
                    environ["wsgi.input"].read(),
                )
            )
            status = HTTPStatus(self.statuses.pop(0)) if self.statuses else HTTPStatus.OK
        delay(environ, self.answers_after_seconds)
        start_response(f"{status.value} {status.phrase}", [("Content-Length", "0")])
        return [b""]
