"""The paths of the document: each route as an operation object."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final

from msgspec import Struct

from chalicelib.api.http.fields import ONE_LINE
from chalicelib.api.http.operations import Route
from chalicelib.api.http.responses import title_of
from chalicelib.api.openapi_route import FEATURE
from chalicelib.api.rooms.waiting_routes import WaitingAnswer
from chalicelib.core.model.room import NAME_PATTERN
from chalicelib.media_settings import default_allowed_to
from tools.openapi.examples import EXAMPLES
from tools.openapi.members import stated
from tools.openapi.problems import problem_responses
from tools.openapi.schemas import Schemas

_PARAMETERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "room": (
        "The room's name, in upper or lower case.",
        {"pattern": f"^{NAME_PATTERN.pattern}$"},
    ),
    "connection_id": ("The connection's `id`.", {}),
    "stream_id": ("The stream's `id`.", {}),
    "archive_id": ("The archive's `id`.", {}),
    "ban_id": ("The ban's `id`.", {}),
    "invitation_id": ("The invitation's `id`.", {}),
    "waiting_id": ("The waiting user's `id`.", {}),
    "broadcast_id": ("The broadcast's `id`.", {}),
    "captions_id": ("The `captionsId` of the captions.", {}),
    "render_id": ("The render's `id`.", {}),
    "user_id": (
        "The user's id, percent-encoded, or `me` for the caller.",
        {"pattern": ONE_LINE, "minLength": 1},
    ),
    "secret": ("The value of the setting `CALLBACK_PATH_SECRET`.", {}),
}
"""The description of each path parameter, and the members of its schema besides the type."""
_HEADERS: Final[dict[HTTPStatus | type[Struct], dict[str, Any]]] = {
    WaitingAnswer: {
        "Retry-After": {
            "description": "The number of seconds after which to ask again.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        }
    },
    HTTPStatus.FOUND: {
        "Location": {
            "description": "The URL of the file, which is valid for some minutes.",
            "required": True,
            "schema": {"type": "string", "format": "uri"},
        }
    },
}


class Paths:
    """The operations of the routes, by path and method.

    Args:
        routes: All routes.
        schemas: The schemas of the structs that the routes declare.
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
        operation = route.operation
        described: dict[str, Any] = {
            "operationId": route.operation_id,
            "tags": [route.tag],
            "summary": operation.summary,
            "description": _described(route),
            "security": [{scheme: []} for scheme in route.access.schemes],
            "parameters": self._schemas.parameters(operation.query),
        }
        if route.feature is not None:
            described[FEATURE] = route.feature.value
        if operation.body is not None:
            described["requestBody"] = {
                "required": self._schemas.requires_a_field(operation.body),
                "content": self._content(operation.body),
            }
        returns = operation.returns.items()
        responses = {
            **{str(status.value): self._success(status, body) for status, body in returns},
            **problem_responses(route),
        }
        return stated(described | {"responses": dict(sorted(responses.items()))})

    def _success(self, status: HTTPStatus, body: type[Struct] | None) -> dict[str, Any]:
        if body is None:
            return stated({"description": title_of(status), "headers": _HEADERS.get(status, {})})
        described = {"description": cleandoc(body.__doc__ or ""), "content": self._content(body)}
        return stated(described | {"headers": _HEADERS.get(body, {})})

    def _content(self, struct: type[Struct]) -> dict[str, Any]:
        media = {"schema": self._schemas.reference(struct), "example": EXAMPLES[struct]}
        return {"application/json": media}


def _described(route: Route) -> str:
    """Return the route's description, with a note if the operator can switch the route off."""
    if route.feature is None:
        return route.operation.description
    note = (
        f"Part of the feature `{route.feature}`, which the operator's setting "
        f"`{route.feature.setting}` allows. It is `{default_allowed_to(route.feature)}` by default."
    )
    return " ".join(filter(None, [route.operation.description, note]))


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMETERS[name][0],
            "schema": {"type": "string", **_PARAMETERS[name][1]},
        }
        for name in re.findall(r"{(\w+)}", path)
    ]
