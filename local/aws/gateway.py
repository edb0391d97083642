"""API Gateway on this machine: Chalice's development server with repairs.

Chalice's own server drops connections and misreports requests that API Gateway handles.
"""

import functools
import json
import os
import traceback
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

import msgspec
from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LocalDevServer,
    LocalGateway,
    LocalGatewayException,
)
from werkzeug.wrappers import Response

from chalicelib.api.http.responses import problem_response
from chalicelib.errors import NoSuchRoute
from chalicelib.settings import cors_origin
from local.aws.schedules import EVERY_SECONDS, run_schedules
from stand_ins.http.keep_alive import KeepAliveRequestHandler, KeepAliveServer
from stand_ins.http.request_body import UnreadableBodyError, read_body

Fallback = Callable[[str, str, Mapping[str, str], bytes | None], Response | None]
"""A function of a method, a path, headers and a body; it returns an answer or None."""


def _no_fallback(*_: object) -> None:
    return None


class LocalGatewayServer(LocalDevServer):
    """Chalice's development server, on a listener that accepts 50 callers at once.

    Args:
        fallback: Answers requests whose path the app does not have; returns None if it does not
            have the path either.
        schedule_seconds: The seconds from one run of each scheduled function to the next.
    """

    def __init__(
        self,
        app_object: Chalice,
        config: Config,
        host: str,
        port: int,
        *,
        fallback: Fallback = _no_fallback,
        schedule_seconds: float = EVERY_SECONDS,
    ) -> None:
        handler = functools.partial(_RequestHandler, fallback=fallback)
        super().__init__(app_object, config, host, port, handler, _listener)
        run_schedules(app_object, schedule_seconds)


def _listener(address: tuple[str, int], handler: Any) -> Any:  # noqa: ANN401 - as Chalice has it
    return KeepAliveServer(address, handler)


class _NoSuchRoute(LocalGatewayException):
    """The answer of a deployed stage for a path that the app does not have.

    API Gateway refuses such a request in the service's format. Chalice's own refusal is in another
    format, and shows the caller's bearer token.
    """

    CODE = HTTPStatus.NOT_FOUND.value

    def __init__(self) -> None:
        missing = NoSuchRoute("There is no such route: GET /openapi.json tells which there are.")
        answer = problem_response(missing, str(uuid.uuid4()))
        origin = {"Access-Control-Allow-Origin": cors_origin(os.environ)}
        super().__init__({**answer.headers, **origin}, msgspec.json.encode(answer.content))


class _Gateway(LocalGateway):
    def __init__(self, app_object: Chalice, config: Config, fallback: Fallback) -> None:
        super().__init__(app_object, config)
        self._fallback = fallback

    def handle_request(
        self, method: str, path: str, headers: dict[str, Any], body: bytes | None
    ) -> dict[str, Any]:
        try:
            return super().handle_request(method, path, headers, body)
        except _NoSuchRoute:
            answer = self._fallback(method, path, headers, body)
            if answer is None:
                raise
            answer.headers.pop("Content-Length", None)  # The handler sets it.
            return {
                "statusCode": answer.status_code,
                "headers": dict(answer.headers),
                "multiValueHeaders": {},
                "body": answer.get_data(),
            }

    def _generate_lambda_event(
        self, method: str, path: str, headers: dict[str, Any], body: bytes | None
    ) -> dict[str, Any]:
        try:
            event = super()._generate_lambda_event(method, path, headers, body)
        except ValueError as error:
            raise _NoSuchRoute from error
        # API Gateway decodes path parameters, and Chalice's local server does not.
        parameters = event["pathParameters"]
        return event | {"pathParameters": {name: unquote(parameters[name]) for name in parameters}}


class _RequestHandler(KeepAliveRequestHandler, ChaliceRequestHandler):
    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        app_object: Chalice,
        config: Config,
        fallback: Fallback,
    ) -> None:
        self.local_gateway = _Gateway(app_object, config, fallback)
        # The grandparent's constructor: Chalice's own would set its own gateway here first.
        BaseHTTPRequestHandler.__init__(self, *args)

    def _generic_handle(self) -> None:
        try:
            super()._generic_handle()
        except UnreadableBodyError as error:
            # Chalice raises on a malformed Content-Length, and reads a chunked body as an empty
            # one.
            self.close_connection = True
            self._send_message(error.status, str(error))
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - what the app lets out ends a Lambda, not its gateway
            traceback.print_exc()
            self._headers_buffer: list[bytes] = []
            self._send_message(HTTPStatus.BAD_GATEWAY, "Internal server error")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle  # noqa: N815

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the language has it
        """Handle every other method too, as API Gateway does; Python's server knows few methods."""
        if name.startswith("do_"):
            return self._generic_handle
        raise AttributeError(name)

    def _parse_payload(self) -> tuple[dict[str, Any], bytes | None]:
        """Return all headers and the body; Chalice keeps only the first of repeated headers."""
        return self.joined_headers(), read_body(self.headers, self.rfile) or None

    def _send_message(self, status: int, message: str) -> None:
        """Send an answer of the gateway's own, in API Gateway's format."""
        self._send_http_response(status, {}, json.dumps({"message": message}))

    def _send_http_response_with_body(
        self, code: int, headers: dict[str, Any], body: str | bytes
    ) -> None:
        if self.command != "HEAD":
            super()._send_http_response_with_body(code, headers, body)
            return
        # The client would take a body after the answer to HEAD for the start of the next answer.
        length = len(body if isinstance(body, bytes) else body.encode())
        self.send_response(code)
        self._send_headers({**headers, "Content-Length": str(length)})
