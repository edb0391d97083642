import re
from collections.abc import Collection
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec

from chalicelib.api.http.decoding import PublicContext
from chalicelib.api.http.operations import PUBLIC
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes

FEATURE: Final = "x-feature"
"""The member of an operation that names the feature it belongs to."""
_REFERENCE: Final = re.compile(r'"#/components/(\w+)/(\w+)"')
DOCUMENT: Final = Path(__file__).with_name("openapi.json")
"""A symbolic link to docs/openapi.json. Chalice packs the file that it leads to."""

routes = Routes(tag="openapi")


class OpenApiDocument(msgspec.Struct):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


@routes.get(
    "/openapi.json",
    PUBLIC,
    summary="Describe this API",
    description=(
        "Returns this document. `servers` contains the base path of this deployment. Features that "
        "the operator has switched off are left out."
    ),
    returns={HTTPStatus.OK: OpenApiDocument},
)
def describe(context: PublicContext) -> Response:
    # Read at each request, so that the function starts without it.
    document = msgspec.json.decode(DOCUMENT.read_bytes(), type=OpenApiDocument)
    document.servers = [{"url": context.base_path("/openapi.json")}]
    if context.features_off:
        _leave_out(document, context.features_off)
    return Response(HTTPStatus.OK, document)


def _leave_out(document: OpenApiDocument, features: Collection[str]) -> None:
    """Remove the features' routes, and the components that only they refer to."""
    for path, item in list(document.paths.items()):
        left = {key: each for key, each in item.items() if _feature_of(each) not in features}
        document.paths[path] = left
        if left.keys() <= {"parameters"}:
            del document.paths[path]
    used, new = set[tuple[str, str]](), _references(document.paths)
    while new:
        used |= new
        described = [document.components[kind][name] for kind, name in new]
        new = _references(described) - used
    for kind in ("schemas", "examples"):
        document.components[kind] = {
            name: each for name, each in document.components[kind].items() if (kind, name) in used
        }


def _feature_of(operation: object) -> object:
    return operation.get(FEATURE) if isinstance(operation, dict) else None


def _references(content: object) -> set[tuple[str, str]]:
    """Return kind and name of each component that the content refers to."""
    found: list[tuple[str, str]] = _REFERENCE.findall(msgspec.json.encode(content).decode())
    return set(found)
