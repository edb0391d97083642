"""boto3 for a process that holds the AWS stand-in itself: no sockets, and few clients.

It replaces boto3's default session, which makes every `boto3.client(...)`, and makes the clients
that the app asks of a session of botocore's. Each client's endpoint, which signs, sends and repeats
calls, is replaced by one that calls the stand-in as a function. While a fault is planned, calls go
over the socket, because tests of faults are about dropped and late answers on a connection.
"""

import io
import os
from collections.abc import Mapping
from copy import copy
from functools import cache, partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.model import OperationModel
from botocore.session import Session

from stand_ins.aws.stand_in import AwsStandIn

_TARGET: Final = "X-Amz-Target"
_MOST_CLIENTS: Final = 8
_CREATE_CLIENT: Any = Session.create_client
_REGISTER_BUILTIN_HANDLERS: Any = Session._register_builtin_handlers  # type: ignore[attr-defined]  # noqa: SLF001
_SIGNED: Final = "AWS4-HMAC-SHA256 Credential=test/20260301/{}/aws/aws4_request"
"""The part of a signature from which moto reads the region."""


class InProcessAws(boto3.Session):
    """A source of clients; all apps with the same environment share a client.

    A caller that names an address, as tests do, gets a client of its own. A client is slow to make,
    because botocore reads a service's whole description. A client that may have met a fault is not
    shared again, because clients count their retries.
    """

    def __init__(self, stand_in: AwsStandIn, url: str) -> None:
        super().__init__()
        self._stand_in = stand_in
        self._url = url
        self._clients: dict[object, Any] = {}
        self._met_fault = False
        note: Any = self._note  # the type stubs know of no handler
        self.events.register("before-call", note)
        self.operations_of_the_app: set[tuple[str, str]] = set()
        """The service and the operation of each call of the app's until now."""

    def use(self, patch: pytest.MonkeyPatch) -> None:
        """Make all clients until the patch ends."""

        def create_client(session: Session, service: str, *args: Any, **options: Any) -> Any:
            config = options.get("config")
            if session is self._session or not _is_of_the_app(config):
                return _CREATE_CLIENT(session, service, *args, **options)
            return self.client(service, config=config)

        patch.setattr(boto3, "DEFAULT_SESSION", self)
        patch.setattr(Session, "create_client", create_client)
        # Each app makes a session, which would look into each of botocore's handlers.
        patch.setattr(Session, "_register_builtin_handlers", _copy_builtin_handlers)

    def client(self, service_name: Any, *args: Any, **options: Any) -> Any:
        config = options.get("config")
        if args or options.keys() != {"config"}:
            return self._new_client(service_name, *args, **options)
        key = repr((service_name, vars(config), _settings()))
        if self._met_fault or len(self._clients) == _MOST_CLIENTS:
            self._clients.clear()
            self._met_fault = False
        if key not in self._clients:
            self._clients[key] = self._new_client(service_name, **options)
        return self._clients[key]

    def _note(self, model: OperationModel, context: Any, **_: object) -> None:
        if _is_of_the_app(context["client_config"]):
            self.operations_of_the_app.add((model.service_model.service_name, model.name))

    def _new_client(self, service_name: Any, *args: Any, **options: Any) -> Any:
        client: Any = super().client(service_name, *args, **options)
        endpoint = client._endpoint  # noqa: SLF001  botocore has no other place for this
        endpoint.make_request = partial(self._make_request, endpoint, endpoint.make_request)
        return client

    def _make_request(
        self, endpoint: Any, over_socket: Any, model: Any, request: dict[str, Any]
    ) -> Any:
        """Return the stand-in's answer to a call, and what botocore reads in it."""
        self._met_fault |= self._stand_in.has_faults
        if (
            self._stand_in.has_faults
            or _TARGET not in request["headers"]
            or not request["url"].startswith(self._url)
        ):
            return over_socket(model, request)
        status = ""
        headers: Any = HeadersDict()  # the type stubs want the one of urllib3

        def start_response(line: str, listed: list[tuple[str, str]], *_: object) -> Any:
            nonlocal status
            status = line
            headers.update(listed)

        body = b"".join(self._stand_in.wsgi_app(_environ(request), start_response))
        raw: Any = io.BytesIO()  # it has been read
        answer = AWSResponse(request["url"], int(status.split(maxsplit=1)[0]), headers, raw)
        return answer, _parsed(endpoint, model, answer, body)


def _parsed(endpoint: Any, model: Any, answer: AWSResponse, body: bytes) -> dict[str, Any]:
    """Return what botocore's own parser reads in an answer."""
    parts = {"headers": answer.headers, "status_code": answer.status_code, "body": body}
    parser = endpoint._response_parser_factory.create_parser(  # noqa: SLF001  as botocore does
        model.service_model.resolved_protocol
    )
    parsed: dict[str, Any] = parser.parse(parts, model.output_shape)
    if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        endpoint._add_modeled_error_fields(parts, parsed, model, parser)  # noqa: SLF001  as above
    return parsed


def use_sockets(patch: pytest.MonkeyPatch) -> None:
    """Have clients made as outside tests until the patch ends."""
    patch.setattr(boto3, "DEFAULT_SESSION", None)
    patch.setattr(Session, "create_client", _CREATE_CLIENT)


@cache
def _builtin_handlers() -> Any:
    """Return the handlers that each session has, as one session registers them."""
    session: Any = Session(include_builtin_handlers=False)
    _REGISTER_BUILTIN_HANDLERS(session, session._events)  # noqa: SLF001  as a session does itself
    return session._original_handler  # noqa: SLF001


def _copy_builtin_handlers(session: Any, _: object) -> None:
    vars(session._original_handler).update(vars(copy(_builtin_handlers())))  # noqa: SLF001


def _is_of_the_app(config: Any) -> bool:
    return str(getattr(config, "user_agent", "")).startswith("Roomkey/")


def _settings() -> list[tuple[str, str]]:
    """Return the environment as botocore sees it, without the variable that Chalice extends."""
    return [
        each
        for each in os.environ.items()
        if each[0].startswith("AWS_") and each[0] != "AWS_EXECUTION_ENV"
    ]


def _environ(request: Mapping[str, Any]) -> WSGIEnvironment:
    parts = urlsplit(request["url"])
    content: bytes = request["body"]  # JSON, if a header names the operation
    signed = _SIGNED.format(request["context"]["client_region"])
    headers = request["headers"] | {"Authorization": signed}
    environ: WSGIEnvironment = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
    }
    return environ | {
        "REQUEST_METHOD": request["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path or "/",
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "CONTENT_TYPE": environ.pop("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(content),
    }
