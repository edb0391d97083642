"""The HTTP edge: every route is mounted, guarded, answered and logged here.

A route requires a bearer token unless it is declared otherwise. Callers always get a response that
is rendered here: with CORS headers, and as a problem if it is an error.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import unquote

import msgspec
from chalice import Chalice, CORSConfig
from chalice import Response as ChaliceResponse
from chalice.app import Request

from chalicelib.api.http.decoding import (
    CallbackContext,
    Content,
    GuestContext,
    PublicContext,
    RequestContext,
    VisitorContext,
    authorization,
)
from chalicelib.api.http.guest_proof import guest_request
from chalicelib.api.http.operations import Caller, Route
from chalicelib.api.http.request_log import RequestLog, RequestRecord
from chalicelib.api.http.responses import Response, Text, problem_response
from chalicelib.core.model.media import Feature
from chalicelib.core.model.room import NAME_PATTERN, NAME_RULE, check_name
from chalicelib.core.model.user import User
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import audit, recording
from chalicelib.core.use_cases import UseCases
from chalicelib.errors import (
    FieldProblem,
    Internal,
    InvalidField,
    MethodNotAllowed,
    MustWait,
    RoomFull,
    RoomkeyError,
)

REQUEST_SECONDS: Final = 8.0
"""The time limit of a request: OpenTok's mobile samples give up after 10 seconds."""
request_deadline: Final = partial(Deadline, REQUEST_SECONDS)
"""The deadline of a request that begins now."""


class Router:
    """The link between declared routes and a Chalice app.

    Args:
        use_cases: Returns the use cases; may raise the errors that any of them raises.
        log: Writes a line per request.
        cors_origin: The origin that browsers may call from, or `*`.
        new_deadline: Returns the deadline of a request.
        features_off: The features that the description of the API leaves out.
    """

    def __init__(
        self,
        use_cases: Callable[[], UseCases],
        log: RequestLog,
        cors_origin: str,
        new_deadline: Callable[[], Deadline] = request_deadline,
        *,
        features_off: Collection[Feature] = (),
    ) -> None:
        self._use_cases = use_cases
        self._log = log
        self._new_deadline = new_deadline
        self._features_off = features_off
        self._cors = CORSConfig(
            allow_origin=cors_origin,
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "Location"],
            max_age=600,
        )

    def mount(self, app: Chalice, routes: Iterable[Route]) -> None:
        """Have the app serve these routes."""
        for route in routes:
            app.route(
                route.path,
                # API Gateway and the local server send no body to HEAD.
                methods=["GET", "HEAD"] if route.method == "GET" else [route.method],
                content_types=["*/*"],
                cors=self._cors,
                name=route.name,
            )(self._handler(app, route))

    def error_middleware(
        self, request: Request | None, respond: Callable[[Request | None], ChaliceResponse]
    ) -> ChaliceResponse:
        """Turn the responses that Chalice makes itself, 405 and 500, into problems."""
        record = _record(request)
        try:
            response = respond(request)
        except Exception as fault:  # noqa: BLE001  Chalice's own code may fail too
            return self._respond_problem(record, _internal(fault))
        if "Cache-Control" in response.headers:
            return response
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = str(response.headers["Allow"])
            error = MethodNotAllowed(f"This path allows only {allowed}.")
            return self._respond_problem(record, error, {"Allow": allowed})
        return self._respond_problem(record, Internal(_INTERNAL, note=str(response.body)))

    def _handler(self, app: Chalice, route: Route) -> Callable[..., ChaliceResponse]:
        def handle(**parameters: str) -> ChaliceResponse:
            request = cast("Request", app.current_request)  # there is one while a view runs
            record = _record(request)
            with recording() as record.measurements:
                try:
                    response = self._call_view(route, request, record, parameters)
                    body = _encode(response.content)
                except RoomkeyError as error:
                    if _is_refusal(route, error):
                        audit(record.refusal(error))
                    return self._respond_problem(record, error)
                except Exception as fault:  # noqa: BLE001  every caller gets a response
                    return self._respond_problem(record, _internal(fault))
                return self._respond(record, response, body)

        return handle

    def _call_view(
        self, route: Route, request: Request, record: RequestRecord, parameters: dict[str, str]
    ) -> Response:
        if route.access.caller is Caller.ANYBODY:
            return route.view(PublicContext(request, self._features_off), **parameters)
        deadline, use_cases = self._new_deadline(), self._use_cases()
        record.hide_users(use_cases.log_pseudonyms, deadline)
        if route.access.caller is Caller.VISITOR:
            return route.view(VisitorContext(use_cases, deadline), **parameters)
        if route.access.caller is Caller.GUEST:
            content = Content.of(request, route.operation)
            return route.view(GuestContext(use_cases, deadline, record, content), **parameters)
        if route.access.caller is Caller.OPENTOK:
            return route.view(CallbackContext(request, use_cases, deadline), **parameters)
        named = parameters.get("room", "")
        record.room = named if NAME_PATTERN.fullmatch(named) else None
        user = _caller(route, request, use_cases, deadline)
        record.user = user.id
        _check_path(request, route.path, parameters)
        content = Content.of(request, route.operation)
        context = RequestContext(request, use_cases, user, deadline, record, content)
        return route.view(context, **parameters)

    def _respond_problem(
        self, record: RequestRecord, error: RoomkeyError, headers: Mapping[str, str] | None = None
    ) -> ChaliceResponse:
        response = problem_response(error, record.request_id)
        return self._respond(record, response, _encode(response.content), error, headers)

    def _respond(
        self,
        record: RequestRecord,
        response: Response,
        body: str,
        error: RoomkeyError | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ChaliceResponse:
        self._log.write(record, response.status, error)
        # CORS headers are set here, because Chalice leaves them out of its own responses.
        every: dict[str, str | list[str]] = {
            "Cache-Control": "no-store",
            # Without a type, API Gateway and the local server would say that it is JSON.
            "Content-Type": _content_type(response.content) if body else "text/plain",
            **self._cors.get_access_control_headers(),
            **response.headers,
            **(headers or {}),
        }
        return ChaliceResponse(body, every, response.status.value)


def _caller(route: Route, request: Request, use_cases: UseCases, deadline: Deadline) -> User:
    """Return the signed-in user, or a guest where the route is for guests as well."""
    proof = authorization(request)
    asked = guest_request(proof) if route.access.guests else None
    if asked is not None:
        return use_cases.join_by_invitation.identify(
            asked, deadline, any_role=route.access.any_guest
        )
    return use_cases.identity.user(proof)


_INTERNAL: Final = "Internal error. The service's log names the cause under this request id."


def _content_type(content: object) -> str:
    return (
        f"{content.media_type}; charset=utf-8" if isinstance(content, Text) else "application/json"
    )


def _encode(content: object) -> str:
    if isinstance(content, Text):
        return content.text
    return "" if content is None else msgspec.json.encode(content).decode()


def _internal(fault: Exception) -> Internal:
    error = Internal(_INTERNAL, note=type(fault).__name__)
    error.__cause__ = fault
    return error


def _is_refusal(route: Route, error: RoomkeyError) -> bool:
    """Return True for each error of a caller's on routes that admit, and 401 and 403 on others."""
    status = problem_response(error, "").status
    if RoomFull in route.operation.raises:
        return status < HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, MustWait)
    return status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def _record(request: Request | None) -> RequestRecord:
    if request is None:
        return RequestRecord("", "", "", "")
    context = request.context
    # `chalice local` states the id only in the function's context.
    request_id = context.get("requestId") or getattr(request.lambda_context, "aws_request_id", "")
    function = getattr(request.lambda_context, "function_name", "")
    address = context.get("identity", {}).get("sourceIp")
    return RequestRecord(str(request_id), request.method, request.path, function, address)


def _check_path(request: Request, route: str, parameters: Mapping[str, str]) -> None:
    """Refuse malformed names of rooms, and paths that were cut before they were matched.

    Chalice's local server cuts a path at `;`, so the parameter alone does not show it.
    """
    if "room" not in parameters:
        return
    check_name(parameters["room"])
    path = request.context.get("path", "").rstrip("/")
    # The local server leaves parameters encoded, API Gateway decodes them.
    if not any(each.endswith(route.format_map(parameters)) for each in (path, unquote(path))):
        raise InvalidField(FieldProblem("room", NAME_RULE))
