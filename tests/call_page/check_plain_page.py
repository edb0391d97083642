"""A page in the way of OpenTok's official samples, on the local client library."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.wrappers import Response

from stand_ins.http.server import HttpServer
from tests.call_page.person import MOVES, People, Person
from tests.e2e.roomkey_process import Roomkey

HTML = Path(__file__).with_name("plain_page.html")
FORGED = """() => {
  session.signal({ type: "roomkey-closing", data: '{"closesAt": "2098-01-31T12:34:00Z"}' });
}"""
MISSING = """() => {
  try { session.setEncryptionSecret("s"); } catch (error) { return error.message; }
}"""


@pytest.fixture(scope="module")
def page_url(roomkey: Roomkey) -> Iterator[str]:
    """Yield the page's address, which is of another origin than the library's."""
    html = HTML.read_text().replace("{library}", roomkey.ports.client_library_url)
    with HttpServer(Response(html, content_type="text/html; charset=utf-8")) as server:
        yield server.url


@pytest.fixture
def alice(people: People) -> Person:
    alice = people.person("alice")
    alice.joins("plain-page", "Alice")
    return alice


@pytest.fixture
def plain(browser: Browser, people: People, alice: Person, page_url: str) -> Iterator[Page]:
    """Yield the page, in the call as bob."""
    bob = people.person("bob")
    admission = bob.asks("POST", f"/rooms/{alice.room}/tokens", {"name": "Bob"})
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{page_url}#{urlencode(admission)}")
        yield page


def test_it_sees_the_call_page_and_is_seen_there(plain: Page, alice: Person) -> None:
    assert plain.locator("#subscribers video").evaluate(MOVES) > 0
    assert alice.sees("Bob") > 0


def test_a_signal_that_another_client_forges_is_not_believed(plain: Page, alice: Person) -> None:
    alice.sees("Bob")
    plain.evaluate(FORGED)
    plain.evaluate("session.signal({ type: 'chat', data: 'did it work?' })")

    expect(alice.chat()).to_have_text(["Bob did it work?"])
    expect(alice.page.locator("#closing")).to_be_hidden()


def test_what_the_library_does_not_have_names_itself(plain: Page) -> None:
    expected = "The local stand-in for OpenTok.js does not have Session.setEncryptionSecret."
    assert plain.evaluate(MISSING) == expected
