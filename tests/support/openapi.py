"""The committed OpenAPI document: what every answer in the tests is held against."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from chalicelib.api.openapi_route import DOCUMENT


@cache
def committed() -> dict[str, Any]:
    """The document as it is committed."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return document


def check_answer(
    method: str, path: str, status: int, headers: Mapping[str, str], body: str
) -> None:
    """Hold an answer against what its route declares.

    Raises:
        AssertionError: Its status, its type, its problem's code or a field is not declared.
    """
    operation = committed()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return  # A method it does not know, or a route of the test's own.
    answer = f"{method} {path} answers {status} {body[:300]}"
    assert str(status) in operation["responses"], f"{answer}, which its operation does not declare"
    content = operation["responses"][str(status)].get("content")
    if content is None:
        assert body == "", f"{answer}, which its operation declares to be empty"
        return
    assert headers["Content-Type"] in content, f"{answer} as {headers['Content-Type']}"
    if "json" not in headers["Content-Type"]:
        return
    try:
        _validator(method.lower(), path, str(status)).validate(json.loads(body))
    except jsonschema_rs.ValidationError as error:
        raise AssertionError(f"{answer}, which its operation does not declare: {error}") from error


@cache
def _validator(method: str, path: str, status: str) -> jsonschema_rs.Validator:
    (media,) = committed()["paths"][path][method]["responses"][status]["content"].values()
    return jsonschema_rs.validator_for(media["schema"] | _closed(), validate_formats=True)


@cache
def _closed() -> dict[str, Any]:
    """The schemas, none of which may have fields that it does not name.

    Clients are not told so: they are to ignore fields that they do not know.
    """
    schemas = committed()["components"]["schemas"].items()
    closed = {
        name: {"additionalProperties": False, **schema} if "properties" in schema else schema
        for name, schema in schemas
    }
    return {"components": {"schemas": closed}}
