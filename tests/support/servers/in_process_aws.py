"""boto3 for a process that holds the AWS stand-in itself: no sockets, and few clients.

It replaces boto3's default session, which makes every `boto3.client(...)`. Each client's endpoint,
which signs, sends and repeats calls, is replaced by one that calls the stand-in as a function.
While a fault is planned, calls go over the socket, because tests of faults are about dropped and
late answers on a connection.
"""

import io
import os
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from wsgiref.types import WSGIEnvironment

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict

from stand_ins.aws.stand_in import AwsStandIn

_TARGET: Final = "X-Amz-Target"
_MOST_CLIENTS: Final = 8
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
