"""boto3 for a process that holds the AWS stand-in itself: no sockets, and few clients.

It replaces boto3's default session, which makes every `boto3.client(...)`, and makes the clients
that the app asks of a session of botocore's. Before botocore opens a connection, it asks its
"before-send" handlers for an answer. Here such a handler calls the stand-in as a function. While a
fault is planned, calls go over the socket, because tests of faults are about dropped and late
answers on a connection.
"""

import io
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.model import OperationModel
from botocore.session import Session

from stand_ins.aws.stand_in import AwsStandIn

_TARGET = "X-Amz-Target"
_MOST_CLIENTS = 8
_CREATE_CLIENT: Any = Session.create_client


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
        answer: Any = self._answer  # the type stubs know of no handler that answers
        self.events.register("before-send", answer)
        note: Any = self._note
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

    def client(self, service_name: Any, *args: Any, **options: Any) -> Any:
        config = options.get("config")
        if args or options.keys() != {"config"}:
            return super().client(service_name, *args, **options)
        key = repr((service_name, vars(config), _settings()))
        if self._met_fault or len(self._clients) == _MOST_CLIENTS:
            self._clients.clear()
            self._met_fault = False
        if key not in self._clients:
            self._clients[key] = super().client(service_name, **options)
        return self._clients[key]

    def _note(self, model: OperationModel, context: Any, **_: object) -> None:
        if _is_of_the_app(context["client_config"]):
            self.operations_of_the_app.add((model.service_model.service_name, model.name))

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Answer a call of the stand-in; None leaves it to the socket."""
        self._met_fault |= self._stand_in.has_faults
        if (
            self._stand_in.has_faults
            or _TARGET not in request.headers
            or not request.url.startswith(self._url)
        ):
            return None
        status = ""
        headers: Any = HeadersDict()  # the type stubs want the one of urllib3

        def start_response(line: str, listed: list[tuple[str, str]], *_: object) -> Any:
            nonlocal status
            status = line
            headers.update(listed)

        body = b"".join(self._stand_in.wsgi_app(_environ(request), start_response))
        return AWSResponse(request.url, int(status.split(maxsplit=1)[0]), headers, _Body(body))


def use_sockets(patch: pytest.MonkeyPatch) -> None:
    """Have clients made as outside tests until the patch ends."""
    patch.setattr(boto3, "DEFAULT_SESSION", None)
    patch.setattr(Session, "create_client", _CREATE_CLIENT)


def _is_of_the_app(config: Any) -> bool:
    return str(getattr(config, "user_agent", "")).startswith("Roomkey/")


def _settings() -> list[tuple[str, str]]:
    """Return the environment as botocore sees it, without the variable that Chalice extends."""
    return [
        each
        for each in os.environ.items()
        if each[0].startswith("AWS_") and each[0] != "AWS_EXECUTION_ENV"
    ]


class _Body(io.BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _environ(request: AWSPreparedRequest) -> WSGIEnvironment:
    parts = urlsplit(request.url)
    body: Any = request.body or b""  # never a file if a header names the operation
    content = body.encode() if isinstance(body, str) else bytes(body)
    environ: WSGIEnvironment = {
        f"HTTP_{name.upper().replace('-', '_')}": _text(value)
        for name, value in request.headers.items()
    }
    return environ | {
        "REQUEST_METHOD": request.method,
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


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
