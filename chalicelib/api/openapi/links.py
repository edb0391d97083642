"""Links: from an answer that made something to what can be done with it next."""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from chalicelib.api.operations import Route
from chalicelib.core.rooms import api_name

Links = dict[str, dict[str, Any]]


def links_from(route: Route, made: type[Struct], routes: Iterable[Route]) -> Links:
    """The links of an answer, by the operations they lead to.

    What was put has its name in the path already, and leads to all that the path begins. What was
    posted has its id in the answer.
    """
    found: dict[str, dict[str, str]] = {}
    if route.method == "PUT":
        found = {
            target.operation_id: {}
            for target in routes
            if target.path.startswith(route.path) and names_in(target.path) == names_in(route.path)
        }
    elif route.method == "POST":
        found = {
            target.operation_id: {extra: f"$response.body#/{field}"}
            for target in routes
            for extra in names_in(target.path) - names_in(route.path)
            if names_in(target.path) == names_in(route.path) | {extra}
            if (field := _field(route, made, target, extra)) is not None
        }
    given = {name: f"$request.path.{name}" for name in sorted(names_in(route.path))}
    return {
        target: {"operationId": target, "parameters": given | parameters}
        for target, parameters in found.items()
    }


def names_in(path: str) -> frozenset[str]:
    """The names of a path's parameters."""
    return frozenset(re.findall(r"{(\w+)}", path))


def _field(route: Route, made: type[Struct], target: Route, parameter: str) -> str | None:
    """The answer's field that holds another route's parameter, if there is one."""
    fields = made.__struct_encode_fields__
    if api_name(parameter) in fields:
        return api_name(parameter)
    is_of_made = target.path.startswith(f"{route.path}/{{{parameter}}}")
    return "id" if is_of_made and "id" in fields else None
