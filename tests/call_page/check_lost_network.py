"""The call page when sockets are lost: for a moment, for long, and when somebody is removed."""

from playwright.sync_api import expect

from tests.call_page.person import RECONNECTING, People


def test_a_lost_network_ends_no_call_and_brings_back_nobody_who_was_removed(
    people: People,
) -> None:
    alice, bob, carol, dave = (people.person(each) for each in ("alice", "bob", "carol", "dave"))
    for person in (alice, bob, carol, dave):
        person.joins("tunnel")
    carol.button("Microphone on").click()
    bobs, carols = (alice.connection_of(each) for each in ("bob", "carol"))

    bob.notes_the_network()
    carol.loses_the_network(seconds=60)
    bob.loses_the_network(seconds=5)
    alice.says("are you there?")
    carol.is_reconnecting()
    dave.loses_the_network(seconds=15)
    dave.is_reconnecting()
    alice.button("Remove dave").click()

    # Bob comes back, and has missed nothing.
    expect(bob.chat()).to_have_text(["alice are you there?"])
    assert bob.network_notes == [RECONNECTING, ""]
    assert alice.connection_of("bob") == bobs

    # Who leaves during an outage is out at once.
    bob.loses_the_network(seconds=60)
    bob.is_reconnecting()
    bob.button("Leave").click()
    bob.is_out("You have left.", within_seconds=2)

    dave.is_out("You were taken out of the room.")

    # Carol has been away for too long, and joins anew, muted as before.
    lost = carol.page.locator("#over-title")  # It stays, hidden, once the page has joined again.
    expect(lost).to_have_text("The connection was lost.", timeout=60_000)
    carol.is_in()
    assert alice.sees("carol") > 0
    assert alice.connection_of("carol") != carols
    expect(carol.button("Microphone off")).to_be_visible()
    expect(alice.tile("carol").get_by_text("muted")).to_be_visible()
    for person in (bob, dave):
        expect(person.page.locator("body")).to_have_attribute("data-stage", "over")
