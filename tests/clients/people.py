"""Users of the web guide's page in a browser, and requests of their moderators."""

import json
from http import HTTPStatus
from typing import Any

import requests
from playwright.sync_api import BrowserContext, Locator, Page, WebError, expect

from local.bearer import fetch_bearer
from local.ports import Ports

LONG_MS = 30_000
"""Milliseconds that a connection, its callback and their effects take at most on a busy machine."""


class Person:
    """A user who has the page open."""

    def __init__(self, page: Page, ports: Ports, user: str) -> None:
        self.page = page
        self.user = user
        self.tokens_asked_for = 0
        self._ports = ports
        self._bearer = fetch_bearer(ports, user)
        page.on("request", self._count)

    @property
    def others(self) -> Locator:
        """Return the videos of the other users, each labelled with a user id."""
        return self.page.locator(".subscriber")

    @property
    def own(self) -> Locator:
        """Return the user's own video."""
        return self.page.locator(".publisher")

    @property
    def microphone(self) -> Locator:
        return self.page.get_by_label("Microphone")

    def asks_to_join(
        self,
        room: str,
        *,
        roomkey: str | None = None,
        bearer: str | None = None,
        audio_only: bool = False,
        clicks: int = 1,
    ) -> None:
        self.page.get_by_label("Roomkey").fill(roomkey or self._ports.app_url)
        self.page.get_by_label("Room", exact=True).fill(room)
        self.page.get_by_label("Bearer").fill(bearer or self._bearer)
        self.page.get_by_label("Audio only").set_checked(audio_only)
        self.page.get_by_role("button", name="Join").click(click_count=clicks)

    def joins(self, room: str, *, audio_only: bool = False, clicks: int = 1) -> None:
        self.asks_to_join(room, audio_only=audio_only, clicks=clicks)
        self.is_told("You are in.")

    def is_told(self, text: str, timeout_ms: int = LONG_MS) -> None:
        expect(self.page.get_by_role("status")).to_contain_text(text, timeout=timeout_ms)

    def sees(self, *users: str) -> None:
        expect(self.others).to_have_text(list(users), timeout=LONG_MS)

    def says(self, text: str) -> None:
        self.page.get_by_label("Message").fill(text)
        self.page.get_by_role("button", name="Send").click()

    def reads(self, *lines: str) -> None:
        expect(self.page.locator("#chat li")).to_have_text(list(lines), timeout=LONG_MS)

    def loses_network(self) -> None:
        self.page.evaluate("session.disconnect('networkDisconnected')")

    def _count(self, request: Any) -> None:
        self.tokens_asked_for += request.method == "POST" and request.url.endswith("/tokens")


class People:
    """The users of one browser, each with a page of their own."""

    def __init__(self, context: BrowserContext, ports: Ports, page_url: str) -> None:
        self._context = context
        self._ports = ports
        self._page_url = page_url
        self.script_errors: list[str] = []
        context.on("weberror", self._note)

    def person(self, user: str) -> Person:
        page = self._context.new_page()
        page.goto(self._page_url)
        return Person(page, self._ports, user)

    def ask(self, user: str, method: str, path: str, body: object = None) -> Any:
        """Send a request to Roomkey as this user, check that it succeeds, and return the answer."""
        answer = requests.request(
            method,
            f"{self._ports.app_url}{path}",
            headers={"Authorization": f"Bearer {fetch_bearer(self._ports, user)}"},
            data=None if body is None else json.dumps(body),
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def fail_once(self, path: str, status: HTTPStatus, body: object) -> None:
        """Replace OpenTok's next answer to a request whose path contains `path`."""
        fault = {"path": path, "status": status, "body": json.dumps(body), "times": 1}
        answer = requests.post(f"{self._ports.opentok_url}/sim/faults", json=fault, timeout=30)
        assert answer.ok, answer.text

    def videos_published(self, room: str) -> dict[str, str | None]:
        """Return the type of each published video, by user id.

        Ask OpenTok's stand-in, because Roomkey learns of streams later, by callbacks.
        """
        session_id = self.ask("alice", "GET", f"/rooms/{room}")["sessionId"]
        url = f"{self._ports.opentok_url}/sim/sessions/{session_id}"
        session = requests.get(url, timeout=30).json()
        users = {
            each["connectionId"]: json.loads(each["data"])["userId"]
            for each in session["connections"]
        }
        return {users[each["connectionId"]]: each["videoType"] for each in session["streams"]}

    def _note(self, error: WebError) -> None:
        self.script_errors.append(str(error.error))
