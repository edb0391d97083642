"""API Gateway for callers: it answers with the last deployment, not with later settings."""

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.wrappers import Request, Response

from tests.rehearsal.aws_calls import AwsCall

_NO_ROUTE: Final = "MISSING_AUTHENTICATION_TOKEN"
_LAMBDA: Final = re.compile(r"/functions/(arn:[^/]+)/invocations")
_Invoke = Callable[[str, Mapping[str, Any]], Any]


@dataclass
class _Api:
    document: dict[str, Any] = field(default_factory=dict)
    error_middleware: dict[str, dict[str, Any]] = field(default_factory=dict)


class ApiGateway:
    """All APIs of the account, kept up to date by the calls that configure them.

    Args:
        invoke: Hands an event to the function of this ARN.
    """

    def __init__(self, invoke: _Invoke) -> None:
        self._invoke = invoke
        self._configured: dict[str, _Api] = {}
        self._deployed: dict[tuple[str, str], _Api] = {}

    def note(self, call: AwsCall, document: dict[str, Any], api_id: str) -> None:
        """Take a call that changes an API; `document` is the Swagger that an import brings."""
        match call.operation:
            case "ImportRestApi" | "PutRestApi":
                # An import replaces the document, and with it the gateway responses.
                self._configured[api_id] = _Api(document)
            case "PutGatewayResponse":
                kind = call.path.rpartition("/")[2]
                self._configured[api_id].error_middleware[kind] = call.parameters
            case "CreateDeployment":
                stage = call.parameters["stageName"]
                self._deployed[api_id, stage] = copy.deepcopy(self._configured[api_id])
            case "DeleteRestApi":
                self._configured.pop(api_id)
                for key in [key for key in self._deployed if key[0] == api_id]:
                    del self._deployed[key]

    def wsgi_app(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start)

    def _answer(self, request: Request) -> Response:
        api_id = request.host.partition(".")[0]
        stage, _, path = request.path[1:].partition("/")
        api = self._deployed.get((api_id, stage))
        if api is None:
            return Response('{"message":"Forbidden"}', 403, content_type="application/json")
        for route, methods in api.document["paths"].items():
            captured = _matcher(route).fullmatch(f"/{path}".rstrip("/") or "/")
            method = methods.get(request.method.lower())
            if captured is not None and method is not None:
                event = _event(request, stage, f"/{path}", route, captured.groupdict())
                return self._integrate(method["x-amazon-apigateway-integration"], event)
        return _own_answer(api, _NO_ROUTE, 403, "Missing Authentication Token")

    def _integrate(self, integration: Mapping[str, Any], event: Mapping[str, Any]) -> Response:
        if integration["type"] == "mock":
            answer = integration["responses"]["default"]
            headers = {
                name.removeprefix("method.response.header."): value.strip("'")
                for name, value in answer["responseParameters"].items()
            }
            return Response("", int(answer["statusCode"]), headers)
        found = _LAMBDA.search(integration["uri"])
        if found is None:
            raise ValueError(f"no Lambda behind {integration['uri']}")
        answer = self._invoke(found[1], event)
        headers = {**answer.get("headers", {}), "x-amzn-RequestId": str(uuid4())}
        return Response(answer["body"], answer["statusCode"], headers)


def _matcher(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route)))


def _event(
    request: Request, stage: str, path: str, route: str, captured: Mapping[str, str]
) -> dict[str, Any]:
    """Return the event of API Gateway's Lambda proxy integration."""
    query = parse_qs(request.query_string.decode(), keep_blank_values=True)
    headers = {name: request.headers.getlist(name) for name in request.headers.keys()}  # noqa: SIM118 - names, not pairs
    return {
        "resource": route,
        "path": path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(captured) or None,
        "stageVariables": None,
        "requestContext": _context(request, stage, path, route),
        "body": request.get_data(as_text=True) or None,
        "isBase64Encoded": False,
    }


def _context(request: Request, stage: str, path: str, route: str) -> dict[str, Any]:
    return {
        "requestId": str(uuid4()),
        "resourcePath": route,
        "httpMethod": request.method,
        "path": f"/{stage}{path}",
        "stage": stage,
        "identity": {"sourceIp": request.remote_addr},
    }


def _own_answer(api: _Api, kind: str, status: int, message: str) -> Response:
    """Return API Gateway's own answer, in the configured format or in AWS's."""
    wanted = api.error_middleware.get(kind)
    if wanted is None:
        return Response(json.dumps({"message": message}), status, content_type="application/json")
    text = wanted["responseTemplates"]["application/json"]
    text = text.replace("$context.error.messageString", json.dumps(message))
    text = text.replace("$context.requestId", str(uuid4()))
    headers = {
        name.removeprefix("gatewayresponse.header."): value.strip("'")
        for name, value in wanted["responseParameters"].items()
    }
    status = int(wanted.get("statusCode", status))
    return Response(text, status, headers, content_type="application/json")
