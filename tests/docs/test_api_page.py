"""`docs/api.md` names every route of the API, and no other."""

import json
import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_ROUTE = re.compile(r"`((?:GET|PUT|POST|PATCH|DELETE) /[^`?\s]*)(?:\?[^`]*)?`")


def unnamed(route: str) -> str:
    """The route without the names of its parameters."""
    return re.sub(r"\{\w+\}", "{}", route)


def test_the_page_names_every_route_of_the_document_and_no_other() -> None:
    paths = json.loads((DOCS / "openapi.json").read_text())["paths"]
    routes = {
        unnamed(f"{method.upper()} {path}")
        for path, operations in paths.items()
        for method in operations
        if method != "parameters"
    }
    named = {unnamed(each) for each in _ROUTE.findall((DOCS / "api.md").read_text())}
    assert sorted(routes - named) == []
    assert sorted(named - routes) == []
