"""The API's OpenAPI document: it covers all routes, is correct, and is the committed one."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from app import PAGES, build_app
from chalicelib import errors
from chalicelib.api.openapi_route import DOCUMENT
from tests.support.gateway import Gateway
from tests.support.openapi import check_document, committed
from tests.support.servers.stand_ins import CALLBACKS, StandIns
from tools.openapi.__main__ import document_text


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return committed()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_the_committed_document_is_that_of_the_routes() -> None:
    assert DOCUMENT.read_text() == document_text(), "docs/openapi.json is stale: make openapi"


def test_the_served_document_is_the_committed_one(
    document: dict[str, Any], gateway: Gateway
) -> None:
    served = gateway.request("GET", "/openapi.json").json
    assert served | {"servers": document["servers"]} == document


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    check_document(document)


def test_the_document_describes_the_apps_routes_and_no_others(document: dict[str, Any]) -> None:
    described = {(method, path) for method, path, _ in operations(document)}
    app = build_app({})
    routes = {(method, path) for path, views in app.routes.items() for method in views}
    pages = {(each.method, each.path) for each_page in PAGES for each in each_page}
    documented = routes - pages - {("HEAD", path) for _, path in pages}
    # The document says once that HEAD is answered wherever GET is.
    heads = {("HEAD", path) for method, path in described if method == "GET"}
    assert described | heads == documented
    for _, path, operation in operations(document):
        named = {
            each["name"]
            for each in document["paths"][path].get("parameters", [])
            if each["in"] == "path"
        }
        assert named == set(re.findall(r"{(\w+)}", path)), operation["operationId"]


def test_a_request_through_a_stage_gets_the_address_of_the_stage(gateway: Gateway) -> None:
    assert gateway.request("GET", "/openapi.json").json["servers"] == [{"url": "/api"}]
    assert gateway.request("GET", "/openapi.json/").json["servers"] == [{"url": "/api"}]


def test_the_document_needs_neither_settings_nor_a_call(stand_ins: StandIns) -> None:
    assert Gateway(build_app({})).request("GET", "/openapi.json").status == 200
    assert stand_ins.aws.calls == []
    assert stand_ins.opentok.calls == []


def test_every_route_but_the_public_ones_names_what_proves_who_calls(
    document: dict[str, Any],
) -> None:
    schemes = {
        (method, path): operation.get("security")
        for method, path, operation in operations(document)
    }
    assert {path for (_, path), scheme in schemes.items() if scheme is None} == {
        "/health",
        "/openapi.json",
        "/invitations/tokens",
        *(f"/callbacks/{kind}/{{secret}}" for kind in CALLBACKS),
    }
    assert schemes["POST", "/rooms/{room}/tokens"] == [{"bearer": []}]
    assert schemes["POST", "/callbacks/session"] == [{"callback": []}]


def test_every_example_is_what_its_schema_asks_for(document: dict[str, Any]) -> None:
    components = {"components": document["components"]}
    for _, _, operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (media for body in bodies for media in body.get("content", {}).values()):
            given = [media["example"]] if "example" in media else []
            for each in media.get("examples", {}).values():
                name = each["$ref"].rpartition("/")[2]
                given.append(document["components"]["examples"][name]["value"])
            assert given
            validator = jsonschema_rs.validator_for(
                media["schema"] | components, validate_formats=True
            )
            for example in given:
                validator.validate(example)


def test_every_error_says_in_its_docstring_when_it_happens() -> None:
    assert all(leaf.__doc__ for leaf in errors.RoomkeyError.__subclasses__())
