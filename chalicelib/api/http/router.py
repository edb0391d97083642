"""The HTTP edge: how every route is registered, guarded, answered and logged.

Each is registered with its operation, which is what reads its requests and what documents it. It
needs a bearer unless it is registered as public. Whatever happens in it, its caller gets
an answer of ours: rendered here, with CORS headers, and a problem where it is an error.
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import unquote

from chalice import Blueprint, CORSConfig, Response
from chalice.app import Request

from chalicelib.api.http.context import Call, Content, Told, authorization
from chalicelib.api.http.operations import (
    ANYBODY,
    PLATFORM,
    SIGNED_IN,
    Access,
    Operation,
    Route,
)
from chalicelib.api.http.problems import problem
from chalicelib.api.http.request_log import RequestLog, RequestRecord
from chalicelib.api.http.responses import Answer
from chalicelib.core.model.room import NAME_RULE, check_name
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import recording
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import (
    FieldProblem,
    Internal,
    InvalidField,
    MethodNotAllowed,
    RoomkeyError,
)

REQUEST_SECONDS: Final = 8.0
"""What a request may take in all: official mobile samples give up after 10."""
request_deadline: Final = partial(Deadline, REQUEST_SECONDS)
"""The deadline of a request that begins now."""

_View = TypeVar("_View", bound=Callable[..., Answer])


class Router:
    """Registers routes.

    Args:
        use_cases: Gives the use cases; may raise as any of them.
        log: Takes a line per request.
        cors_origin: The origin that browsers may call from, or `*`.
        new_deadline: Gives each request its deadline.
    """

    def __init__(
        self,
        use_cases: Callable[[], UseCases],
        log: RequestLog,
        cors_origin: str,
        new_deadline: Callable[[], Deadline] = request_deadline,
    ) -> None:
        self.routes: list[Route] = []
        self._use_cases = use_cases
        self._log = log
        self._new_deadline = new_deadline
        self._cors = CORSConfig(
            allow_origin=cors_origin,
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "Location"],
            max_age=600,
        )

    def signed_in(
        self, routes: Blueprint, method: str, path: str, operation: Operation
    ) -> Callable[[_View], _View]:
        """Register a view that is called as `view(call, **path_parameters)`."""

        def register(view: _View) -> _View:
            def answer(request: Request, line: RequestRecord, parameters: dict[str, str]) -> Answer:
                deadline = self._new_deadline()
                use_cases = self._use_cases()
                user = use_cases.identity.user(authorization(request))
                line.user = user.id
                _check_path(request, path, parameters)
                line.room = parameters.get("room")
                content = Content.of(request, operation)
                return view(Call(request, use_cases, user, deadline, line, content), **parameters)

            route = Route.of(method, path, view, SIGNED_IN, operation)
            self._register(routes, route, answer)
            return view

        return register

    def told_by_platform(
        self,
        routes: Blueprint,
        method: str,
        path: str,
        operation: Operation,
        access: Access = PLATFORM,
    ) -> Callable[[_View], _View]:
        """Register a view called as `view(told, **path_parameters)`, which checks who tells it."""

        def register(view: _View) -> _View:
            def answer(request: Request, _: RequestRecord, parameters: dict[str, str]) -> Answer:
                deadline = self._new_deadline()
                return view(Told(request, self._use_cases(), deadline), **parameters)

            route = Route.of(method, path, view, access, operation)
            self._register(routes, route, answer)
            return view

        return register

    def public(
        self, routes: Blueprint, method: str, path: str, operation: Operation
    ) -> Callable[[_View], _View]:
        """Register a view that anybody may have called, as `view(request)`."""

        def register(view: _View) -> _View:
            route = Route.of(method, path, view, ANYBODY, operation)
            self._register(routes, route, lambda request, *_: view(request))
            return view

        return register

    def _register(
        self,
        routes: Blueprint,
        route: Route,
        answer: Callable[[Request, RequestRecord, dict[str, str]], Answer],
    ) -> None:
        def handle(**parameters: str) -> Response:
            request = routes.current_request
            line = _line(request)
            with recording() as line.measurements:
                try:
                    return self._respond(line, answer(request, line, parameters))
                except RoomkeyError as error:
                    return self._respond_problem(line, error)
                except Exception as fault:  # noqa: BLE001  the edge: a caller is owed an answer
                    return self._respond_problem(line, _internal(fault))

        self.routes.append(route)
        options = {
            "methods": [route.method],
            "content_types": ["*/*"],
            "cors": self._cors,
            "name": route.name,
        }
        routes.route(route.path, **options)(handle)

    def error_middleware(
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
        self, line: RequestRecord, error: RoomkeyError, headers: Mapping[str, str] | None = None
    ) -> Response:
        return self._respond(line, problem(error, line.request_id), error, headers)

    def _respond(
        self,
        line: RequestRecord,
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


def _line(request: Request | None) -> RequestRecord:
    if request is None:
        return RequestRecord("", "", "", "")
    context = request.context
    # `chalice local` gives the id in the function's context alone.
    request_id = context.get("requestId") or getattr(request.lambda_context, "aws_request_id", "")
    function = getattr(request.lambda_context, "function_name", "")
    return RequestRecord(str(request_id), request.method, request.path, function)


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
