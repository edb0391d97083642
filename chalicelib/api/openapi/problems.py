"""Problems in the document: by status, with an example of each code."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from chalicelib.api.openapi.examples import problem_example
from chalicelib.api.openapi.members import stated
from chalicelib.api.operations import Route
from chalicelib.api.problems import STATUS, Problem, problem
from chalicelib.errors import RoomkeyError

_RETRY_AFTER: Final = {
    "description": "Seconds after which to try again.",
    "schema": {"type": "integer", "minimum": 1},
}
_WAITING: Final = {
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_CHALLENGE: Final = {"description": "Always `Bearer`.", "schema": {"type": "string"}}
_OF_GATEWAY: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: ("too_many_requests", "API Gateway lets no more through now."),
    HTTPStatus.GATEWAY_TIMEOUT: ("no_answer", "The service did not answer API Gateway."),
}


def problem_responses(route: Route) -> dict[str, Any]:
    """A route's errors: its own, and API Gateway's, which stands before every route."""
    by_status: dict[HTTPStatus, list[type[RoomkeyError]]] = {}
    for leaf in route.problems:
        by_status.setdefault(STATUS[leaf], []).append(leaf)
    own = {str(status.value): _response(status, leaves) for status, leaves in by_status.items()}
    return own | {
        str(status.value): {"$ref": f"#/components/responses/{code}"}
        for status, (code, _) in _OF_GATEWAY.items()
    }


def _response(status: HTTPStatus, leaves: Iterable[type[RoomkeyError]]) -> dict[str, Any]:
    codes = {leaf.code: leaf for leaf in leaves}
    description = "\n".join(f"- `{code}`: {leaf.__doc__}" for code, leaf in codes.items())
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    return _described(status, description, list(codes), examples)


def _described(
    status: HTTPStatus, description: str, codes: list[str], examples: Mapping[str, object]
) -> dict[str, Any]:
    headers = {}
    if status in _WAITING:
        headers["Retry-After"] = _RETRY_AFTER
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _CHALLENGE
    narrowed = {"type": "object", "properties": {"code": {"type": "string", "enum": codes}}}
    schema = {"allOf": [{"$ref": f"#/components/schemas/{Problem.__name__}"}, narrowed]}
    content = {"application/problem+json": {"schema": schema, "examples": examples}}
    return stated({"description": description, "headers": headers, "content": content})


def problem_examples(routes: Iterable[Route]) -> dict[str, Any]:
    """An example of each problem that any route has, by its code."""
    leaves = {leaf.code: leaf for route in routes for leaf in route.problems}
    return {
        code: {
            "summary": leaves[code].__doc__,
            "value": msgspec.json.decode(problem(problem_example(leaves[code]), "…").body),
        }
        for code in sorted(leaves)
    }


def gateway_responses() -> dict[str, Any]:
    """What API Gateway answers in the service's place, by its code."""
    return {
        code: _described(status, detail, [code], {code: {"value": _of_gateway(status)}})
        for status, (code, detail) in _OF_GATEWAY.items()
    }


def _of_gateway(status: HTTPStatus) -> object:
    code, detail = _OF_GATEWAY[status]
    return Problem("about:blank", status.phrase, status.value, detail, code, "…")
