"""Links: from an answer that shows something to what can be done with it next."""

import re
from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

from msgspec import Struct

from chalicelib.api.http.operations import Route
from chalicelib.core.model.room import api_name

Links = dict[str, dict[str, Any]]


def links_from(route: Route, shown: type[Struct], routes: Iterable[Route]) -> Links:
    """The links of an answer, by the operations they lead to.

    What was put has its name in the path already, and leads to all that the path begins. What was
    posted has its id in the answer; what is listed, in the first item.
    """
    given = {name: f"$request.path.{name}" for name in sorted(names_in(route.path))}
    links: Links = {}
    for target in routes:
        wanted = names_in(target.path) - given.keys()
        if given.keys() - names_in(target.path):
            continue
        found = {name: _pointer(route, shown, target, name) for name in wanted}
        follows = target.path.startswith(route.path) if route.method == "PUT" else len(wanted) == 1
        if follows and None not in found.values():
            parameters = {name: f"$response.body#/{where}" for name, where in found.items()}
            links[target.operation_id] = {
                "operationId": target.operation_id,
                "parameters": given | parameters,
            }
    return links


def names_in(path: str) -> frozenset[str]:
    """The names of a path's parameters."""
    return frozenset(re.findall(r"{(\w+)}", path))


def _pointer(route: Route, shown: type[Struct], target: Route, parameter: str) -> str | None:
    """Where the answer holds another route's parameter, if it does."""
    fields, prefix = shown.__struct_encode_fields__, ""
    if "items" in fields:
        (item,) = get_args(get_type_hints(shown)["items"])
        fields, prefix = item.__struct_encode_fields__, "items/0/"
    if api_name(parameter) in fields:
        return prefix + api_name(parameter)
    is_of_these = target.path.startswith(f"{route.path}/{{{parameter}}}")
    return f"{prefix}id" if is_of_these and "id" in fields else None
