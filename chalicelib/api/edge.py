"""The HTTP edge: how every route is registered, guarded, answered and logged.

A route needs a bearer unless it is registered as public. Whatever happens in it, its caller gets
an answer of ours: rendered here, with CORS headers, and a problem where it is an error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import unquote

import msgspec
from chalice import Blueprint, CORSConfig, Response
from chalice.app import Request

from chalicelib.api.answers import Answer
from chalicelib.api.bodies import NoQuery
from chalicelib.api.problems import problem
from chalicelib.api.reading import read_body, read_query
from chalicelib.api.request_log import RequestLine, RequestLog
from chalicelib.core.deadline import Deadline
from chalicelib.core.identity import User
from chalicelib.core.measurements import collecting
from chalicelib.core.rooms import NAME_RULE, check_name
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import (
    FieldProblem,
    Internal,
    InvalidField,
    MalformedJson,
    MethodNotAllowed,
    RoomkeyError,
    Unauthenticated,
)

REQUEST_SECONDS: Final = 8.0
"""What a request may take in all: official mobile samples give up after 10."""

_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_View = TypeVar("_View", bound=Callable[..., Answer])
_Told = TypeVar("_Told", bound=Callable[..., Answer])


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user, as a view sees it."""

    request: Request
    use_cases: UseCases
    user: User
    deadline: Deadline
    line: RequestLine

    def body(self, struct: type[_Struct]) -> _Struct:
        """The body as `struct`, or an error as `read_body` says."""
        try:
            raw = self.request.raw_body
        except ValueError as error:
            raise MalformedJson("The body is not valid JSON in UTF-8.") from error
        return read_body(raw.encode() if isinstance(raw, str) else raw, struct)

    def query(self, struct: type[_Struct]) -> _Struct:
        """The query string as `struct`, or an error as `read_query` says."""
        given = self.request.to_original_event().get("multiValueQueryStringParameters")
        return read_query(given or {}, struct)

    def source_ip(self) -> str:
        """The caller's address, as API Gateway saw it."""
        return str(self.request.context["identity"]["sourceIp"])


@dataclass(frozen=True, slots=True)
class Told:
    """One request by which the platform tells something, as a view sees it."""

    request: Request
    use_cases: UseCases
    deadline: Deadline

    def raw_body(self) -> bytes:
        """The very bytes that were signed."""
        try:
            raw = self.request.raw_body
        except ValueError as error:
            raise MalformedJson("The body is not UTF-8.") from error
        return raw.encode() if isinstance(raw, str) else raw

    def authorization(self) -> str | None:
        return _authorization(self.request)


class Edge:
    """Registers routes.

    Args:
        use_cases: Gives the use cases; may raise as any of them.
        log: Takes a line per request.
        cors_origin: The origin that browsers may call from, or `*`.
    """

    def __init__(
        self, use_cases: Callable[[], UseCases], log: RequestLog, cors_origin: str
    ) -> None:
        self._use_cases = use_cases
        self._log = log
        self._cors = CORSConfig(
            allow_origin=cors_origin,
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "Location"],
            max_age=600,
        )

    def signed_in(
        self, routes: Blueprint, method: str, path: str, *, takes_query: bool = False
    ) -> Callable[[_View], _View]:
        """Register a view that is called as `view(call, **path_parameters)`."""

        def register(view: _View) -> _View:
            def answer(request: Request, line: RequestLine, parameters: dict[str, str]) -> Answer:
                deadline = Deadline(REQUEST_SECONDS)
                use_cases = self._use_cases()
                user = use_cases.identity.user(_authorization(request))
                line.user = user.id
                _check_path(request, path, parameters)
                line.room = parameters.get("room")
                call = Call(request, use_cases, user, deadline, line)
                if not takes_query:
                    call.query(NoQuery)
                return view(call, **parameters)

            self._register(routes, method, path, view.__name__, answer)
            return view

        return register

    def signed_by_platform(
        self, routes: Blueprint, method: str, path: str
    ) -> Callable[[_Told], _Told]:
        """Register a view called as `view(told, **path_parameters)`, which checks who tells it."""

        def register(view: _Told) -> _Told:
            def answer(request: Request, _: RequestLine, parameters: dict[str, str]) -> Answer:
                deadline = Deadline(REQUEST_SECONDS)
                return view(Told(request, self._use_cases(), deadline), **parameters)

            self._register(routes, method, path, view.__name__, answer)
            return view

        return register

    def public(self, routes: Blueprint, method: str, path: str) -> Callable[[_View], _View]:
        """Register a view that anybody may have called, as `view()`."""

        def register(view: _View) -> _View:
            self._register(routes, method, path, view.__name__, lambda *_: view())
            return view

        return register

    def _register(
        self,
        routes: Blueprint,
        method: str,
        path: str,
        name: str,
        answer: Callable[[Request, RequestLine, dict[str, str]], Answer],
    ) -> None:
        def handle(**parameters: str) -> Response:
            request = routes.current_request
            line = _line(request)
            with collecting() as line.measurements:
                try:
                    return self._respond(line, answer(request, line, parameters))
                except RoomkeyError as error:
                    return self._respond_problem(line, error)
                except Exception as fault:  # noqa: BLE001  the edge: a caller is owed an answer
                    return self._respond_problem(line, _internal(fault))

        options = {"methods": [method], "content_types": ["*/*"], "cors": self._cors, "name": name}
        routes.route(path, **options)(handle)

    def own_answers(
        self, request: Request | None, respond: Callable[[Request | None], Response]
    ) -> Response:
        """Middleware that puts what Chalice itself answers into our shape: 405 and 500."""
        line = _line(request)
        try:
            response = respond(request)
        except Exception as fault:  # noqa: BLE001  as in `handle`: Chalice's own part may fail too
            return self._respond_problem(line, _internal(fault))
        if "Cache-Control" in response.headers:
            return response
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = str(response.headers["Allow"])
            error = MethodNotAllowed(f"This path answers to {allowed}.")
            return self._respond_problem(line, error, {"Allow": allowed})
        return self._respond_problem(line, Internal(_INTERNAL, note=str(response.body)))

    def _respond_problem(
        self, line: RequestLine, error: RoomkeyError, headers: Mapping[str, str] | None = None
    ) -> Response:
        return self._respond(line, problem(error, line.request_id), error, headers)

    def _respond(
        self,
        line: RequestLine,
        answer: Answer,
        error: RoomkeyError | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        self._log.write(line, answer.status, error)
        # CORS is set here and not left to Chalice, which leaves it out of its own answers.
        every: dict[str, str | list[str]] = {
            "Cache-Control": "no-store",
            **self._cors.get_access_control_headers(),
            **answer.headers,
            **(headers or {}),
        }
        return Response(answer.body, every, answer.status.value)


_INTERNAL: Final = (
    "Something went wrong here; the cause is in the service's log under this request id."
)


def _internal(fault: Exception) -> Internal:
    error = Internal(_INTERNAL, note=type(fault).__name__)
    error.__cause__ = fault
    return error


def _line(request: Request | None) -> RequestLine:
    if request is None:
        return RequestLine("", "", "", "")
    context = request.context
    # `chalice local` gives the id in the function's context alone.
    request_id = context.get("requestId") or getattr(request.lambda_context, "aws_request_id", "")
    function = getattr(request.lambda_context, "function_name", "")
    return RequestLine(str(request_id), request.method, request.path, function)


def _authorization(request: Request) -> str | None:
    """The Authorization header's value, if there is one such header.

    API Gateway's `headers` hold the last of several, so all of them are looked at.
    """
    every = request.to_original_event().get("multiValueHeaders") or {}
    values = [
        value for name, each in every.items() if name.lower() == "authorization" for value in each
    ]
    if len(values) > 1:
        raise Unauthenticated("Send one Authorization header, not several.")
    return request.headers.get("authorization")


def _check_path(request: Request, route: str, parameters: Mapping[str, str]) -> None:
    """Refuse names that cannot be a room's, and paths that were cut on the way to the route.

    Chalice's local server ends a path at `;`, so the parameter alone does not tell.
    """
    if "room" not in parameters:
        return
    check_name(parameters["room"])
    path = request.context.get("path", "").rstrip("/")
    # The local server leaves parameters encoded, API Gateway does not.
    if not any(each.endswith(route.format_map(parameters)) for each in (path, unquote(path))):
        raise InvalidField(FieldProblem("room", NAME_RULE))
