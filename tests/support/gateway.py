"""API Gateway in front of the app, in this process: requests in, events through, answers out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from chalice import Chalice
from chalice.local import LocalChalice, RouteMatcher

from tests.support.openapi import check_answer


@dataclass(frozen=True)
class LambdaContext:
    """A Lambda context with the attributes that the app uses."""

    aws_request_id: str = "lambda-request-1"
    function_name: str = "roomkey-test"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:roomkey-test"


@dataclass(frozen=True)
class Reply:
    """An answer in the form that a caller gets."""

    status: int
    headers: Mapping[str, str]
    text: str

    @cached_property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """Return a problem's code."""
        return str(self.json["code"])

    @property
    def field(self) -> str:
        """Return the first field that a problem names."""
        return str(self.json["errors"][0]["field"])


class Gateway:
    """API Gateway's REST proxy, as `/api`, for the app's stage."""

    watchers: ClassVar[list[Callable[[Mapping[str, Any], Reply], None]]] = []
    """Called with each event and its answer, whichever gateway it came through."""

    def __init__(self, app: Chalice) -> None:
        # As in `chalice local`, each thread has its own current request. A Lambda has one thread.
        app.__class__ = LocalChalice
        self.app = app
        self._matcher = RouteMatcher(list(app.routes))

    def request(
        self,
        method: str,
        path: str,
        *,
        bearer: str | None = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        source_ip: str = "203.0.113.7",
    ) -> Reply:
        """Send a request; `path` may have a query, `bearer` becomes the Authorization header."""
        sent = {"Accept": "application/json", **(headers or {})}
        if bearer is not None:
            sent["Authorization"] = f"Bearer {bearer}"
        event = self.event(method, path, body, {name: [value] for name, value in sent.items()})
        event["requestContext"]["identity"]["sourceIp"] = source_ip
        return self.send(event)

    def event(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, list[str]] | None = None,
    ) -> dict[str, Any]:
        """Return the event that API Gateway makes of such a request."""
        match = self._matcher.match_route(path)
        parts = urlsplit(path)
        query = parse_qs(parts.query, keep_blank_values=True)
        every = headers or {}
        return {
            "resource": match.route,
            "path": parts.path,
            "httpMethod": method,
            "headers": {name: values[-1] for name, values in every.items()},
            "multiValueHeaders": dict(every),
            "queryStringParameters": {name: each[-1] for name, each in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": {name: unquote(text) for name, text in match.captured.items()}
            or None,
            "stageVariables": None,
            "requestContext": {
                "requestId": "gateway-request-1",
                "resourcePath": match.route,
                "httpMethod": method,
                "path": f"/api{parts.path}",
                "stage": "api",
                "identity": {"sourceIp": "203.0.113.7"},
            },
            "body": body,
            "isBase64Encoded": False,
        }

    def send(self, event: Mapping[str, Any]) -> Reply:
        """Hand an event to the app, and check the answer against the route's declaration."""
        answer = self.app(event, LambdaContext())
        reply = Reply(answer["statusCode"], answer["headers"], answer["body"])
        route = (event["httpMethod"], event["resource"])
        check_answer(*route, reply.status, reply.headers, reply.text)
        for watcher in self.watchers:
            watcher(event, reply)
        return reply
