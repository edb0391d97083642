"""Every state of the call page: readable by all, at the width of a phone, a desk and a wall."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.call_page.person import People, Person

LOOKS = [(375, "dark"), (1280, "light"), (1920, "dark")]
NO_SOUND_WITHOUT_A_CLICK = """
const { play } = HTMLMediaElement.prototype;
HTMLMediaElement.prototype.play = function () {
  if (this.muted || window.clicked) return play.call(this);
  return Promise.reject(new DOMException("No gesture yet.", "NotAllowedError"));
};
"""
MOVES_TILES = "getComputedStyle(document.querySelector('.tile')).transitionDuration"


def violations(person: Person) -> list[str]:
    """Return what axe finds, with the elements."""
    found = Axe().run(person.page).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def told_everything(alice: Person, bob: Person) -> None:
    """Let the page tell all that it can tell at once."""
    closes_at = (datetime.now(UTC) + timedelta(seconds=115)).isoformat(timespec="seconds")
    bob.asks("PATCH", f"/rooms/{alice.room}", {"closesAt": closes_at})
    bob.joins(alice.room, "Bob, whose name is as long as a name of a person can reasonably be")
    expect(alice.button("Turn on sound")).to_be_visible()
    bob.says("hello")
    bob.button("Microphone on").click()
    alice.button("Record").click()
    alice.page.locator("#recording").wait_for()
    alice.button("Microphone on").click()
    alice.page.locator("#closing").wait_for()
    alice.page.get_by_label("Message").evaluate("field => field.value = 'é'.repeat(8300)")
    alice.button("Send").click()
    alice.is_warned("The data is too long")
    alice.loses_the_network(seconds=3)
    alice.is_reconnecting()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_each_state_is_readable_by_all(people: People, width: int, scheme: str) -> None:
    alice, bob = people.person("alice", width=width), people.person("bob")
    alice.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    alice.page.add_init_script(NO_SOUND_WITHOUT_A_CLICK)
    room = f"states-{width}"
    bob.asks("PUT", f"/rooms/{room}", {"moderators": ["alice"]})
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        found[state] = violations(alice) + ["too wide"] * alice.must_scroll_sideways

    alice.opens(room)
    alice.reads("Nobody is in this room.")
    look("lobby")
    alice.asks_to_join("Alice")
    alice.is_in()
    told_everything(alice, bob)
    look("reconnecting, without sound, closing, recording, with an error")
    alice.page.evaluate("window.clicked = true")
    sound = alice.button("Turn on sound")
    sound.click()
    expect(sound).to_be_hidden()
    alice.is_told("You are connected again.")
    assert alice.sees("Bob") > 0
    look("call")
    assert alice.overlapping_tiles == 0
    alice.button("People and chat").click()
    look("call without panel")
    assert alice.page.evaluate(MOVES_TILES) != "0s"
    alice.page.emulate_media(reduced_motion="reduce")
    assert alice.page.evaluate(MOVES_TILES) == "0s"
    alice.button("Leave").click()
    alice.is_out("You have left.")
    look("over")
    bob.asks("PATCH", f"/rooms/{room}", {"closesAt": "2020-01-31T12:00:00Z"})
    alice.button("Join again").click()
    alice.asks_to_join()
    alice.reads("This room is closed.")
    look("refused")

    assert {state: each for state, each in found.items() if each} == {}


def test_the_page_is_used_by_keyboard_alone(people: People) -> None:
    alice = people.person("alice")
    alice.opens("keyboard")
    alice.page.get_by_label("Your name").focus()
    alice.page.keyboard.type("Alice")
    alice.page.keyboard.press("Enter")
    alice.is_in()

    expect(alice.page.get_by_role("region", name="The call")).to_be_focused()
    alice.page.keyboard.press("Tab")
    alice.page.keyboard.press("Space")
    alice.button("Microphone off").wait_for()
    alice.page.keyboard.press("Tab")
    alice.page.keyboard.press("Enter")
    alice.button("Camera off").wait_for()
    alice.button("Leave").focus()
    alice.page.keyboard.press("Enter")
    alice.is_out("You have left.")
    alice.page.keyboard.press("Tab")
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("heading", name="Ready to join?")).to_be_focused()
