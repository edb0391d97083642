"""People in front of the call page, each in a browser context of their own."""

import json
from typing import Any
from urllib.parse import urlencode

import requests
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from local.bearer import fetch_bearer
from local.ports import Ports

MOVES = """video => new Promise(resolve => {
  const sample = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 64; canvas.height = 48;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, 64, 48);
    return context.getImageData(0, 0, 64, 48).data.join();
  };
  const begun = video.currentTime, first = sample();
  const end = performance.now() + 3000;
  const look = () => {
    if (video.currentTime > begun && sample() !== first) resolve(video.videoWidth);
    else if (performance.now() > end) resolve(0);
    else setTimeout(look, 50);
  };
  look();
})"""
"""A wait until a video advances and its pixels change; 0 if it does not within 3 seconds."""
MODERATORS_BUTTONS = ("Mute all others", "Lock the room", "Record", "Set")
PUBLISHERS_BUTTONS = ("Microphone on", "Camera on", "Switch camera", "Share screen")
LOOKS = 10
RECONNECTING = "The connection is lost. Reconnecting …"
NOTES = """() => {
  const line = document.getElementById("connection");
  window.notes = [];
  new MutationObserver(() => window.notes.push(line.textContent)).observe(line, {childList: true});
}"""
THRIFTY_MEDIA = """(() => {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const ask = devices.getUserMedia.bind(devices);
  const small = { width: { ideal: 160 }, height: { ideal: 120 } };
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = ({ video, audio, ...others }) => ask({
    ...others,
    ...(video ? { video: { ...(video === true ? {} : video), ...small } } : {}),
    ...(audio ? { audio: { ...(audio === true ? {} : audio), ...plain } } : {}),
  });
})()"""
"""Small pictures and unprocessed sound: a call costs a quarter less."""
OVERLAPS = """tiles => {
  const boxes = tiles.map(tile => tile.getBoundingClientRect());
  return boxes.filter((one, index) => boxes.some((other, otherIndex) => otherIndex > index &&
    one.left < other.right - 1 && other.left < one.right - 1 &&
    one.top < other.bottom - 1 && other.top < one.bottom - 1)).length;
}"""


class Person:
    """One user with the call page open."""

    def __init__(self, context: BrowserContext, ports: Ports, user: str, *, admin: bool) -> None:
        self.user = user
        self.room = ""
        self.ports = ports
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._bearer = fetch_bearer(ports, user, admin=admin)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._note(message.type, message.text))

    def opens(self, room: str) -> None:
        self.room = room
        address = urlencode({"room": room})
        self.page.goto(f"{self.ports.call_url}?{address}#bearer={self._bearer}")

    def asks_to_join(self, name: str | None = None) -> None:
        self.page.get_by_label("Your name").fill(name or self.user)
        self.button("Join").click()

    def joins(self, room: str, name: str | None = None) -> None:
        self.opens(room)
        self.asks_to_join(name)
        self.is_in()

    def is_in(self) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-stage", "call")

    def reads(self, text: str) -> None:
        expect(self.page.locator("#room-state")).to_contain_text(text)

    def is_told(self, text: str) -> None:
        expect(self.page.locator("#banner")).to_contain_text(text)

    def is_warned(self, text: str) -> None:
        expect(self.page.locator("#warning")).to_contain_text(text)

    def is_reconnecting(self) -> None:
        expect(self.page.locator("#connection")).to_have_text(RECONNECTING)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def tile(self, name: str) -> Locator:
        named = self.page.locator(".name", has_text=name)
        return self.page.locator(".tile").filter(has=named)

    def sees(self, name: str) -> int:
        """Wait until this person's picture moves, and return its width in pixels."""
        # A picture may be another's by then: of a tile that is gone no pixel changes any more.
        for _ in range(LOOKS):
            width: int = self.tile(name).last.locator("video").evaluate(MOVES)
            if width > 0:
                return width
        raise AssertionError(f"The picture of {name} does not move.")

    def hears(self, name: str) -> None:
        expect(self.tile(name)).to_have_attribute("data-speaking", "true")

    def chat(self) -> Locator:
        return self.page.locator("#chat li")

    def says(self, text: str, to: str = "everybody") -> None:
        self.page.locator("#chat-to").select_option(label=to)
        self.page.get_by_label("Message").fill(text)
        self.button("Send").click()

    def is_out(self, text: str, within_seconds: float | None = None) -> None:
        timeout = None if within_seconds is None else within_seconds * 1000
        expect(self.page.locator("#over-title")).to_have_text(text, timeout=timeout)

    @property
    def must_scroll_sideways(self) -> bool:
        wider: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wider

    @property
    def overlapping_tiles(self) -> int:
        overlapping: int = self.page.locator(".tile").evaluate_all(OVERLAPS)
        return overlapping

    def asks(self, method: str, path: str, content: object = None) -> Any:
        """Return the answer of the API to this user."""
        answer = requests.request(
            method,
            f"{self.ports.app_url}{path}",
            headers={"Authorization": f"Bearer {self._bearer}"},
            data=None if content is None else json.dumps(content),
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def simulates(self, method: str, path: str, content: object = None) -> Any:
        """Return the answer of one of the stand-in's routes for tests."""
        answer = requests.request(
            method, f"{self.ports.opentok_url}/sim/{path}", json=content, timeout=30
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def connection_of(self, user: str) -> str:
        """Return the id of a user's connection to this person's room, as OpenTok itself has it."""
        session_id = self.asks("GET", f"/rooms/{self.room}")["sessionId"]
        shown = self.simulates("GET", f"sessions/{session_id}")
        (found,) = [
            str(each["connectionId"])
            for each in shown["connections"]
            if json.loads(each["data"])["userId"] == user
        ]
        return found

    def notes_the_network(self) -> None:
        """Note from now on what the page says of the connection, be it for a moment."""
        self.page.evaluate(NOTES)

    @property
    def network_notes(self) -> list[str]:
        notes: list[str] = self.page.evaluate("window.notes")
        return notes

    def loses_the_network(self, *, seconds: float) -> None:
        path = f"connections/{self.connection_of(self.user)}/network"
        self.simulates("POST", path, {"lostSeconds": seconds})

    def _note(self, kind: str, text: str) -> None:
        """Note a message, but no logged refusal, which the page shows to its user.

        Page and stand-in may close a socket at once; Chromium complains of the second closing.
        """
        refusal = text.startswith("Failed to load resource: the server responded with a status of")
        if kind == "error" and not refusal and not text.endswith("Close received after close"):
            self.complaints.append(text)


class People:
    """The people of one test."""

    def __init__(self, browser: Browser, ports: Ports) -> None:
        self._browser = browser
        self._ports = ports
        self._contexts: list[BrowserContext] = []
        self._persons: list[Person] = []

    def person(self, user: str, *, width: int = 1280, admin: bool = False) -> Person:
        context = self._browser.new_context(
            viewport={"width": width, "height": 800},
            # On a network the certificate is one of this run, and people go on in spite of it.
            ignore_https_errors=self._ports.network is not None,
        )
        context.add_init_script(THRIFTY_MEDIA)
        self._contexts.append(context)
        person = Person(context, self._ports, user, admin=admin)
        self._persons.append(person)
        return person

    def leave(self) -> None:
        for context in self._contexts:
            context.close()

    @property
    def complaints(self) -> list[str]:
        return [complaint for person in self._persons for complaint in person.complaints]
