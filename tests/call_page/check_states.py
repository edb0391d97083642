"""Every state of the call page: readable by all, at the width of a phone and of a desk."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.call_page.person import People, Person

WIDTHS = (375, 1280)
SCHEMES = ("light", "dark")


def violations(person: Person) -> list[str]:
    """Return what axe finds, with the elements."""
    found = Axe().run(person.page).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def wider_than_the_window(person: Person) -> bool:
    wider: bool = person.page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_state_is_readable_by_all(people: People, width: int, scheme: str) -> None:
    alice, bob = people.person("alice", width=width), people.person("bob")
    alice.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    room = f"states-{width}-{scheme}"
    bob.asks("PUT", f"/rooms/{room}", {"moderators": ["alice"]})
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        found[state] = violations(alice) + ["too wide"] * wider_than_the_window(alice)

    alice.opens(room)
    alice.reads("Nobody is in this room.")
    look("lobby")
    alice.asks_to_join("Alice")
    alice.is_in()
    bob.joins(room, "Bob")
    alice.sees("Bob")
    bob.says("hello")
    bob.button("Microphone on").click()
    alice.button("Record").click()
    alice.page.locator("#recording").wait_for()
    look("call")
    alice.button("People and chat").click()
    look("call without panel")
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

    alice.button("Microphone on").focus()
    alice.page.keyboard.press("Space")
    alice.button("Microphone off").wait_for()
    alice.page.keyboard.press("Tab")
    alice.page.keyboard.press("Enter")
    alice.button("Camera off").wait_for()
