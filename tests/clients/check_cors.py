"""Requests from a page of another origin, sent by a real browser with its preflights."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.wrappers import Response

from local.bearer import fetch_bearer
from stand_ins.http.server import HttpServer
from tests.e2e.roomkey_process import Roomkey, running_roomkey

_FETCH = """
async ({url, method, headers, body}) => {
  try {
    const answer = await fetch(url, {method, headers, body});
    const text = await answer.text();
    return {
      status: answer.status,
      json: text === "" ? null : JSON.parse(text),
      retryAfter: answer.headers.get("Retry-After"),
    };
  } catch (error) {
    return {status: null, json: null, retryAfter: null}; // The browser keeps it to itself.
  }
}
"""

_UNSEEN = {"status": None, "json": None, "retryAfter": None}


@dataclass(frozen=True)
class OtherOrigin:
    """A page of another origin that sends requests to Roomkey as alice."""

    page: Page
    roomkey: Roomkey

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Any:
        """Send a request and return what the browser shows the page: status, body, Retry-After."""
        bearer = fetch_bearer(self.roomkey.ports, "alice")
        sent = {
            "Authorization": f"Bearer {bearer}",
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {
            "url": f"{self.roomkey.ports.app_url}{path}",
            "method": method,
            "headers": sent,
            "body": body,
        }
        return self.page.evaluate(_FETCH, asked)


@pytest.fixture(scope="module")
def blank_page() -> Iterator[str]:
    html = Response("<!doctype html><title>Another origin</title>", content_type="text/html")
    with HttpServer(html) as server:
        yield server.url


@pytest.fixture
def other_origin(browser: Browser, roomkey: Roomkey, blank_page: str) -> Iterator[OtherOrigin]:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(blank_page)
        yield OtherOrigin(page, roomkey)


def test_every_method_works_from_another_origin(other_origin: OtherOrigin) -> None:
    statuses = [
        other_origin.ask(*asked)["status"]
        for asked in [
            ("PUT", "/rooms/methods", "{}"),
            ("GET", "/rooms/methods"),
            ("PATCH", "/rooms/methods", '{"locked": true}'),
            ("POST", "/rooms/methods/tokens", "{}"),
            ("DELETE", "/rooms/methods"),
        ]
    ]
    assert statuses == [
        HTTPStatus.CREATED,
        HTTPStatus.OK,
        HTTPStatus.OK,
        HTTPStatus.CREATED,
        HTTPStatus.NO_CONTENT,
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "/rooms/errors", "{", HTTPStatus.BAD_REQUEST, "malformed_json"),
        ("GET", "/rooms/nowhere", None, HTTPStatus.NOT_FOUND, "room_not_found"),
        ("POST", "/rooms", "{}", HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed"),
        ("POST", "/rooms/nowhere/bans", "{}", HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_field"),
        ("DELETE", "/rooms/nowhere/bans/x", None, HTTPStatus.NOT_FOUND, "room_not_found"),
        (
            "PATCH",
            "/rooms/nowhere",
            '{"locked": 1}',
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_field",
        ),
        ("PUT", "/rooms/nowhere/mute", '{"active": true}', HTTPStatus.NOT_FOUND, "room_not_found"),
    ],
)
def test_errors_are_read_from_another_origin(
    other_origin: OtherOrigin,
    method: str,
    path: str,
    body: str | None,
    status: HTTPStatus,
    code: str,
) -> None:
    answer = other_origin.ask(method, path, body)
    assert (answer["status"], answer["json"]["code"]) == (status, code)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_that_the_bearer_is_bad_is_read_from_another_origin(
    other_origin: OtherOrigin, method: str
) -> None:
    path = "/rooms/methods/tokens" if method == "POST" else "/rooms/methods"
    answer = other_origin.ask(method, path, Authorization="Bearer none")
    assert (answer["status"], answer["json"]["code"]) == (
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
    )


def test_when_to_ask_again_is_read_from_another_origin(other_origin: OtherOrigin) -> None:
    other_origin.ask("PUT", "/rooms/tomorrow", '{"opensAt": "2099-01-31T12:00:00Z"}')
    answer = other_origin.ask("POST", "/rooms/tomorrow/tokens")
    assert (answer["status"], answer["json"]["code"]) == (HTTPStatus.CONFLICT, "room_not_open")
    assert answer["json"]["opensAt"] == "2099-01-31T12:00:00Z"
    assert int(answer["retryAfter"]) > 0


def test_headers_and_methods_that_are_not_for_browsers_stay_in_the_browser(
    other_origin: OtherOrigin,
) -> None:
    assert other_origin.ask("GET", "/rooms/methods", X_Unheard_Of="yes") == _UNSEEN
    assert other_origin.ask("DELETE", "/rooms") == _UNSEEN


def test_only_the_origin_that_is_set_may_ask(browser: Browser, blank_page: str) -> None:
    elsewhere = blank_page.replace("127.0.0.1", "localhost")
    with (
        running_roomkey({"CORS_ORIGIN": blank_page}) as roomkey,
        browser.new_context() as context,
    ):
        page = context.new_page()
        page.goto(blank_page)
        assert OtherOrigin(page, roomkey).ask("GET", "/rooms")["status"] == HTTPStatus.OK
        page.goto(elsewhere)
        assert OtherOrigin(page, roomkey).ask("GET", "/rooms") == _UNSEEN
