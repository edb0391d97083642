"""The AWS service and operation of an HTTP request."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, unquote
from wsgiref.types import WSGIEnvironment

import botocore.session

_SIGNED_FOR: Final = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request")
"""The pattern of a signature, in a header or in the query of a signed address."""

_PREFIXES: Final = {"monitoring": "cloudwatch"}
"""The names of services in policies, where they differ from those in signatures."""


@dataclass(frozen=True)
class AwsCall:
    """A call with the fields of AWS's own log.

    Args:
        caller: The id of the access key that signed the call.
        parameters: The parameters, unparsed.
        method: The method of the HTTP request.
    """

    caller: str
    service: str
    operation: str
    path: str
    parameters: dict[str, Any]
    method: str = "POST"

    @property
    def action(self) -> str:
        """Return the action's name in a policy, such as `dynamodb:GetItem`."""
        return f"{_PREFIXES.get(self.service, self.service)}:{self.operation}"


def call_of(environ: WSGIEnvironment, body: bytes) -> AwsCall:
    """Return the call that a signed request makes."""
    query_string = environ.get("QUERY_STRING", "")
    signed_for = _SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION") or unquote(query_string))
    if signed_for is None:
        raise ValueError(f"unsigned: {environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    caller, service = signed_for.groups()
    path = _path(environ)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        operation = target.partition(".")[2]
        return AwsCall(caller, service, operation, path, json.loads(body or b"{}"))
    if b"Action=" in body:
        form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        return AwsCall(caller, service, form["Action"], path, form)
    query = parse_qs(query_string, keep_blank_values=True)
    given = {*query, *(name[5:].replace("_", "-").lower() for name in environ if name[:5] == _HTTP)}
    for rest in _rest_operations(service):
        if rest.fits(environ["REQUEST_METHOD"], path, given):
            content, method = _json(body) | dict(query), environ["REQUEST_METHOD"]
            return AwsCall(caller, service, rest.name, path, content, method)
    raise ValueError(f"{service} has no {environ['REQUEST_METHOD']} {path}")


_HTTP: Final = "HTTP_"


def _path(environ: WSGIEnvironment) -> str:
    """Return the path with the bucket, which S3's clients put into the host's name."""
    bucket, in_host, _ = environ["HTTP_HOST"].partition(".s3.")
    return f"/{bucket}{environ['PATH_INFO']}" if in_host else str(environ["PATH_INFO"])


@dataclass(frozen=True)
class _RestOperation:
    name: str
    method: str
    pattern: re.Pattern[str]
    needed: frozenset[str]
    """Query parameters or headers that distinguish operations with the same address."""

    def fits(self, method: str, path: str, given: Collection[str]) -> bool:
        return (
            method == self.method
            and self.needed <= set(given)
            and self.pattern.fullmatch(path) is not None
        )


@cache
def _rest_operations(service: str) -> list[_RestOperation]:
    """Return every operation of a REST service, the most specific addresses first."""
    model = botocore.session.get_session().get_service_model(service)
    found = [_rest_operation(model.operation_model(name)) for name in model.operation_names]
    return sorted(found, key=lambda each: (-len(each.needed), each.pattern.pattern.count("[^/]+")))


def _rest_operation(model: Any) -> _RestOperation:
    path, _, query = model.http["requestUri"].partition("?")
    needed = {part.partition("=")[0] for part in query.split("&") if part}
    shape = model.input_shape
    for name in shape.required_members if shape is not None else ():
        place = shape.members[name].serialization
        if place.get("location") in {"querystring", "header"}:
            needed.add(place["name"].lower() if place["location"] == "header" else place["name"])
    # An ARN may have slashes, which WSGI servers decode.
    pattern = re.sub(r"\\\{[^}]*(?:\\\+|_arn)\\\}", ".+", re.escape(path))
    pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern)
    wanted = re.compile(pattern + "/?")
    return _RestOperation(model.name, model.http["method"], wanted, frozenset(needed))


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
