"""Problems in the document: a schema and an example of each code, and the codes of each route."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final

import msgspec

from chalicelib.api.http.operations import Route
from chalicelib.api.http.responses import STATUS, Problem, problem_response, title_of
from chalicelib.errors import RoomkeyError, TurnedAway
from tools.openapi.examples import problem_example
from tools.openapi.members import stated
from tools.openapi.schemas import PREFIX

_RETRY_AFTER: Final = {
    "description": "The seconds to wait before a retry.",
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
    "too_many_requests": (HTTPStatus.TOO_MANY_REQUESTS, "API Gateway's rate limit is reached."),
    "no_answer": (
        HTTPStatus.GATEWAY_TIMEOUT,
        "The service did not respond to API Gateway in time.",
    ),
}


def problem_responses(route: Route) -> dict[str, Any]:
    """Return the error responses of a route, with those that API Gateway adds to every route."""
    by_status: dict[HTTPStatus, dict[str, str]] = {}
    for leaf in route.raises:
        by_status.setdefault(STATUS[leaf], {})[leaf.code] = cleandoc(leaf.__doc__ or "")
    for code, (status, meaning) in _OF_GATEWAY.items():
        by_status.setdefault(status, {})[code] = meaning
    return {str(status.value): _response(status, codes) for status, codes in by_status.items()}


def problem_schemas(routes: Iterable[Route]) -> dict[str, Any]:
    """Return a schema of each code that any route has."""
    return {
        _schema_name(code): {
            "description": meaning,
            "allOf": [
                {"$ref": PREFIX.format(name=Problem.__name__)},
                {"type": "object", "properties": {"code": {"type": "string", "enum": [code]}}},
            ],
        }
        for code, (meaning, _) in _every(routes).items()
    }


def problem_examples(routes: Iterable[Route]) -> dict[str, Any]:
    """Return an example of each code that any route has."""
    return {
        code: {"summary": meaning, "value": example}
        for code, (meaning, example) in _every(routes).items()
    }


def _response(status: HTTPStatus, codes: Mapping[str, str]) -> dict[str, Any]:
    references = [{"$ref": PREFIX.format(name=_schema_name(code))} for code in codes]
    media = {
        "schema": references[0] if len(references) == 1 else {"oneOf": references},
        "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
    }
    headers: dict[str, Any] = {}
    if status in _WAITING or TurnedAway.code in codes:
        headers["Retry-After"] = _RETRY_AFTER
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _CHALLENGE
    return stated(
        {
            "description": "\n".join(f"- `{code}`: {meaning}" for code, meaning in codes.items()),
            "headers": headers,
            "content": {"application/problem+json": media},
        }
    )


def _every(routes: Iterable[Route]) -> dict[str, tuple[str, object]]:
    """Return the meaning and an example of each code."""
    leaves = {leaf for route in routes for leaf in route.raises}
    every = {
        leaf.code: (cleandoc(leaf.__doc__ or ""), _rendered(problem_example(leaf)))
        for leaf in leaves
    }
    for code, (status, meaning) in _OF_GATEWAY.items():
        rendered = Problem("about:blank", title_of(status), status.value, meaning, code, "…")
        every[code] = meaning, msgspec.to_builtins(rendered)
    return dict(sorted(every.items()))


def _rendered(error: RoomkeyError) -> object:
    return problem_response(error, "…").content


def _schema_name(code: str) -> str:
    """Return `RoomFullProblem` for `room_full`."""
    return "".join(word.capitalize() for word in code.split("_")) + Problem.__name__
