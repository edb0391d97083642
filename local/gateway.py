"""API Gateway on this machine: Chalice's development server with its flaws mended.

As it comes, it drops connections or misreports requests where API Gateway does neither.
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
from local.schedules import run_schedules
from stand_ins.http.keep_alive import KeepAliveRequestHandler, KeepAliveServer
from stand_ins.http.request_body import UnreadableBodyError, read_body

Otherwise = Callable[[str, str, Mapping[str, str], bytes | None], Response | None]
"""A method, a path, headers and a body in, an answer out."""


def _nothing_else(*_: object) -> None:
    return None


class MendedServer(LocalDevServer):
    """Chalice's development server, on a listener that 50 callers at once do not overrun.

    Args:
        otherwise: Answers requests whose path is none of the app's; None where it does not know
            the path either.
    """

    def __init__(
        self,
        app_object: Chalice,
        config: Config,
        host: str,
        port: int,
        otherwise: Otherwise = _nothing_else,
    ) -> None:
        handler = functools.partial(_RequestHandler, otherwise=otherwise)
        super().__init__(app_object, config, host, port, handler, _listener)
        run_schedules(app_object)


def _listener(address: tuple[str, int], handler: Any) -> Any:  # noqa: ANN401 - as Chalice has it
    return KeepAliveServer(address, handler)


class _NoSuchRoute(LocalGatewayException):
    """What a deployed stage answers, which has API Gateway's own refusal in the service's shape.

    Chalice gives that refusal as it comes, with the caller's bearer in it.
    """

    CODE = HTTPStatus.NOT_FOUND.value

    def __init__(self) -> None:
        missing = NoSuchRoute("There is no such route: GET /openapi.json tells which there are.")
        answer = problem_response(missing, str(uuid.uuid4()))
        origin = {"Access-Control-Allow-Origin": cors_origin(os.environ)}
        super().__init__({**answer.headers, **origin}, msgspec.json.encode(answer.content))


class _Gateway(LocalGateway):
    def __init__(self, app_object: Chalice, config: Config, otherwise: Otherwise) -> None:
        super().__init__(app_object, config)
        self._otherwise = otherwise

    def handle_request(
        self, method: str, path: str, headers: dict[str, Any], body: bytes | None
    ) -> dict[str, Any]:
        try:
            return super().handle_request(method, path, headers, body)
        except _NoSuchRoute:
            answer = self._otherwise(method, path, headers, body)
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
            return super()._generate_lambda_event(method, path, headers, body)
        except ValueError as error:
            raise _NoSuchRoute from error


class _RequestHandler(KeepAliveRequestHandler, ChaliceRequestHandler):
    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        app_object: Chalice,
        config: Config,
        otherwise: Otherwise,
    ) -> None:
        self.local_gateway = _Gateway(app_object, config, otherwise)
        # Not by way of Chalice's own, which would put its own gateway there first.
        BaseHTTPRequestHandler.__init__(self, *args)

    def _generic_handle(self) -> None:
        try:
            super()._generic_handle()
        except UnreadableBodyError as error:
            # Chalice lets a bad Content-Length raise, and takes a chunked body for none.
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
        """Every other method too: API Gateway has heard of all, Python's server has not."""
        if name.startswith("do_"):
            return self._generic_handle
        raise AttributeError(name)

    def _parse_payload(self) -> tuple[dict[str, Any], bytes | None]:
        """Every header and the body; Chalice's own keeps only the first of repeated headers."""
        return self.joined_headers(), read_body(self.headers, self.rfile) or None

    def _send_message(self, status: int, message: str) -> None:
        """An answer of the gateway's own, in its shape."""
        self._send_http_response(status, {}, json.dumps({"message": message}))

    def _send_http_response_with_body(
        self, code: int, headers: dict[str, Any], body: str | bytes
    ) -> None:
        if self.command != "HEAD":
            super()._send_http_response_with_body(code, headers, body)
            return
        # A body behind the answer to HEAD would be taken for the start of the next answer.
        length = len(body if isinstance(body, bytes) else body.encode())
        self.send_response(code)
        self._send_headers({**headers, "Content-Length": str(length)})
