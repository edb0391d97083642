"""The committed OpenAPI document, against which the tests check every answer."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from chalicelib.api.openapi_route import DOCUMENT


@cache
def committed() -> dict[str, Any]:
    """Return the committed document."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return document


def check_document(document: dict[str, Any]) -> None:
    """Check a document against OpenAPI 3.1.

    Raises:
        OpenAPIValidationError: The document is not valid.
    """
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415  loads for 1.5 s

    OpenAPIV31SpecValidator(document).validate()


def check_answer(
    method: str, path: str, status: int, headers: Mapping[str, str], body: str
) -> None:
    """Check an answer against its route's declaration.

    Raises:
        AssertionError: Its status, its type, its problem's code or a field is not declared.
    """
    method = "GET" if method == "HEAD" else method
    operation = committed()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return  # The method is unknown to the document, or the route is a test's own.
    answer = f"{method} {path} answers {status} {body[:300]}"
    assert str(status) in operation["responses"], f"{answer}, which its operation does not declare"
    content = operation["responses"][str(status)].get("content")
    if content is None:
        assert body == "", f"{answer}, which its operation declares to be empty"
        assert "json" not in headers.get("Content-Type", ""), f"{answer} as JSON"
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
    """Return the schemas, changed to allow no further fields.

    The document itself does not close them, because clients have to ignore unknown fields.
    """
    schemas = committed()["components"]["schemas"].items()
    closed = {
        name: {"additionalProperties": False, **schema} if "properties" in schema else schema
        for name, schema in schemas
    }
    return {"components": {"schemas": closed}}
