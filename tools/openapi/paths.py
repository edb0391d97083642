"""The paths of the document: each route as an operation object."""

from collections.abc import Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final

from msgspec import Struct

from chalicelib.api.http.operations import Route
from chalicelib.core.model.room import NAME_PATTERN
from tools.openapi.examples import EXAMPLES
from tools.openapi.links import links_from, names_in
from tools.openapi.members import stated
from tools.openapi.problems import problem_responses
from tools.openapi.schemas import Schemas

_PARAMETERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "room": ("The room's name, compared without case.", {"pattern": f"^{NAME_PATTERN.pattern}$"}),
    "connection_id": ("The connection's id, as OpenTok gave it.", {}),
    "stream_id": ("The stream's id, as OpenTok gave it.", {}),
    "archive_id": ("The archive's `id`, as OpenTok gave it.", {}),
    "ban_id": ("The ban's `id`.", {}),
    "broadcast_id": ("The broadcast's `id`.", {}),
    "captions_id": ("The `captionsId`.", {}),
    "render_id": ("The render's `id`.", {}),
    "secret": ("What `CALLBACK_PATH_SECRET` is set to.", {}),
}
"""What each parameter of a path is, and what its schema has beyond being a string."""
_HEADERS: Final = {
    HTTPStatus.FOUND: {
        "Location": {
            "description": "Where it is, for a short while.",
            "required": True,
            "schema": {"type": "string", "format": "uri"},
        }
    }
}


class Paths:
    """The routes by path and method.

    Args:
        routes: All there are, for operations link to each other.
        schemas: Those of the structs that the routes declare.
    """

    def __init__(self, routes: Sequence[Route], schemas: Schemas) -> None:
        self._routes = routes
        self._schemas = schemas

    def items(self) -> dict[str, dict[str, Any]]:
        items: dict[str, dict[str, Any]] = {}
        for route in self._routes:
            parameters = _path_parameters(route.path)
            item = items.setdefault(route.path, stated({"parameters": parameters}))
            item[route.method.lower()] = self._operation(route)
        return items

    def _operation(self, route: Route) -> dict[str, Any]:
        operation, scheme = route.operation, route.access.scheme
        described: dict[str, Any] = {
            "operationId": route.operation_id,
            "tags": [route.topic],
            "summary": operation.summary,
            "description": operation.description,
            "security": [] if scheme is None else [{scheme: []}],
            "parameters": self._schemas.parameters(operation.query),
        }
        if operation.body is not None:
            described["requestBody"] = {
                "required": self._schemas.requires_a_field(operation.body),
                "content": self._content(operation.body),
            }
        answers = operation.answers.items()
        responses = {
            **{str(status.value): self._answer(route, status, what) for status, what in answers},
            **problem_responses(route),
        }
        return stated(described | {"responses": dict(sorted(responses.items()))})

    def _answer(
        self, route: Route, status: HTTPStatus, answer: type[Struct] | None
    ) -> dict[str, Any]:
        if answer is None:
            return stated({"description": status.phrase, "headers": _HEADERS.get(status, {})})
        return stated(
            {
                "description": cleandoc(answer.__doc__ or ""),
                "content": self._content(answer),
                "links": links_from(route, answer, self._routes),
            }
        )

    def _content(self, struct: type[Struct]) -> dict[str, Any]:
        media = {"schema": self._schemas.reference(struct), "example": EXAMPLES[struct]}
        return {"application/json": media}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS[name][0],
            "schema": {"type": "string", **_PARAMETERS[name][1]},
        }
        for name in sorted(names_in(path), key=path.index)
    ]
