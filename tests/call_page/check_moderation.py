"""The call page for moderators: every button, and what the others see of it."""

from playwright.sync_api import Locator, expect

from tests.call_page.person import MODERATORS_BUTTONS, People


def is_pressed(button: Locator) -> None:
    expect(button).to_have_attribute("aria-pressed", "true")


def is_not_pressed(button: Locator) -> None:
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_moderator_mutes_one_and_all(people: People) -> None:
    alice, bob, carol = (people.person(user) for user in ("alice", "bob", "carol"))
    alice.joins("noise")
    bob.joins("noise")
    alice.button("Mute bob").focus()
    carol.joins("noise")
    expect(alice.button("Mute carol")).to_be_visible()
    expect(alice.button("Mute bob")).to_be_focused()  # Who comes takes the focus from nobody.
    for name in (*MODERATORS_BUTTONS, "Mute alice", "Remove alice", "Ban alice"):
        expect(bob.button(name)).to_be_hidden()

    alice.page.keyboard.press("Enter")
    bob.is_told("A moderator has muted you.")
    expect(carol.button("Microphone on")).to_be_visible()

    alice.button("Mute all others").click()
    carol.is_told("A moderator has muted you.")
    expect(alice.button("Microphone on")).to_be_visible()


def test_a_moderator_removes_and_bans(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("order")
    bob.joins("order")

    alice.button("Remove bob").click()
    bob.is_out("You were taken out of the room.")
    expect(alice.page.locator("#people")).to_be_focused()  # The focus goes to what is near.
    bob.button("Join again").click()
    bob.asks_to_join()
    bob.is_in()

    alice.button("Ban bob").click()
    bob.is_out("You were taken out of the room.")
    bob.button("Join again").click()
    bob.reads("A moderator has banned you from this room.")


def test_a_moderator_sees_what_another_one_has_set(people: People) -> None:
    alice, bob, carol = (people.person(user) for user in ("alice", "bob", "carol"))
    alice.asks("PUT", "/rooms/vault", {"moderators": ["bob"]})
    alice.joins("vault")
    bob.joins("vault")

    alice.button("Lock the room").click()
    is_pressed(alice.button("Lock the room"))
    alice.page.get_by_label("Seats").fill("7")
    alice.button("Set").click()
    alice.button("Record").click()
    for person in (alice, bob):
        expect(person.page.locator("#recording")).to_be_visible()
        is_pressed(person.button("Record"))
    carol.opens("vault")
    carol.reads("It has 7 seats. It is locked.")
    is_pressed(bob.button("Lock the room"))
    expect(bob.page.get_by_label("Seats")).to_have_value("7")

    bob.button("Lock the room").click()
    is_not_pressed(bob.button("Lock the room"))
    bob.button("Record").click()
    expect(alice.page.locator("#recording")).to_be_hidden()
    carol.asks_to_join()
    carol.is_in()
    is_not_pressed(alice.button("Lock the room"))
