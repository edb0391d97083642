"""Which operation of which AWS service an HTTP request is."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

import botocore.session

_SIGNED_FOR: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True)
class AwsCall:
    """A call as AWS's own log would have it; `parameters` are as they came over the wire."""

    service: str
    operation: str
    path: str
    parameters: dict[str, Any]

    @property
    def action(self) -> str:
        """As in a policy: `dynamodb:GetItem`."""
        return f"{self.service}:{self.operation}"


def call_of(environ: WSGIEnvironment, body: bytes) -> AwsCall:
    """The call that a signed request makes."""
    signed_for = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
    if signed_for is None:
        raise ValueError(f"unsigned: {environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    service, path = signed_for[1], environ["PATH_INFO"]
    bucket, in_host, _ = environ["HTTP_HOST"].partition(".s3.")
    if in_host:
        path = f"/{bucket}{path}"
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return AwsCall(service, target.partition(".")[2], path, json.loads(body or b"{}"))
    form = parse_qs(body.decode("latin-1")) if b"Action=" in body else {}
    if form:
        parameters = {name: values[0] for name, values in form.items()}
        return AwsCall(service, parameters["Action"], path, parameters)
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    operation = _rest_operation(service, environ["REQUEST_METHOD"], path, set(query))
    return AwsCall(service, operation, path, _json(body) | dict(query))


def _rest_operation(service: str, method: str, path: str, query: set[str]) -> str:
    for operation, wanted_method, pattern, wanted_query in _rest_operations(service):
        if wanted_method == method and wanted_query <= query and pattern.fullmatch(path):
            return operation
    return f"{method} {path}"


@cache
def _rest_operations(service: str) -> list[tuple[str, str, re.Pattern[str], frozenset[str]]]:
    """Every operation of a REST service, those with the most particular address first."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        keys = frozenset(part.partition("=")[0] for part in query.split("&") if part)
        pattern = re.sub(r"\\\{[^}]*\\\+\\\}", ".+", re.escape(path))
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern)
        found.append((name, http["method"], re.compile(pattern + "/?"), keys))
    return sorted(found, key=lambda each: (-len(each[3]), each[2].pattern.count("[^/]+")))


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
