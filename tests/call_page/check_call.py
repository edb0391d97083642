"""The call page in a real browser: people see and hear each other, and moderators moderate."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.call_page.person import People

MODERATORS_BUTTONS = ("Mute all others", "Lock the room", "Record", "Set")
PUBLISHERS_BUTTONS = ("Microphone on", "Camera on", "Switch camera", "Share screen")


def test_two_people_see_and_hear_each_other(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("standup", "Alice")
    bob.joins("standup", "Bob")

    assert alice.sees("Bob") > 0
    assert bob.sees("Alice") > 0
    alice.hears("Bob")
    bob.hears("Alice")
    expect(alice.page.locator("#count")).to_have_text("2 in the call, 2 seen or heard")


def test_three_people_are_three_tiles_for_each(people: People) -> None:
    three = [people.person(user) for user in ("alice", "bob", "carol")]
    for person in three:
        person.joins("trio")

    for person in three:
        expect(person.page.locator(".tile")).to_have_count(3)
        for other in three:
            if other is not person:
                assert person.sees(other.user) > 0


def test_a_microphone_and_a_camera_that_are_off_are_shown_as_off(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("quiet")
    bob.joins("quiet")
    alice.sees("bob")

    bob.button("Microphone on").click()
    bob.button("Camera on").click()

    expect(alice.tile("bob").get_by_text("muted")).to_be_visible()
    expect(alice.tile("bob")).to_contain_text("The camera is off")
    bob.button("Camera off").click()
    expect(alice.tile("bob")).not_to_contain_text("The camera is off")


def test_chat_reaches_all_or_one_person(people: People) -> None:
    alice, bob, carol = (people.person(user) for user in ("alice", "bob", "carol"))
    for person in (alice, bob, carol):
        person.joins("talk")
    alice.says("hello all")
    alice.says("only you", to="bob")
    alice.says("bye all")

    expect(bob.chat()).to_have_text(["alice hello all", "alice to you only you", "alice bye all"])
    expect(carol.chat()).to_have_text(["alice hello all", "alice bye all"])
    expect(alice.chat()).to_have_text(["You hello all", "You to bob only you", "You bye all"])


def test_a_shared_screen_is_a_tile_of_its_own_until_it_stops(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("slides")
    bob.joins("slides")
    alice.button("Share screen").click()

    assert bob.sees("alice: screen") > 0
    alice.button("Stop sharing").click()
    expect(bob.tile("alice: screen")).to_have_count(0)
    expect(alice.button("Share screen")).to_be_visible()


def test_who_leaves_is_gone_for_the_others_and_may_come_back(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("revolving")
    bob.joins("revolving")
    alice.sees("bob")

    bob.button("Leave").click()

    bob.is_out("You have left.")
    expect(alice.page.locator(".tile")).to_have_count(1)
    bob.button("Join again").click()
    bob.asks_to_join()
    assert alice.sees("bob") > 0


def test_a_closed_page_has_left(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("closed-tab")
    bob.joins("closed-tab")
    alice.sees("bob")

    bob.page.close()

    expect(alice.page.locator(".tile")).to_have_count(1, timeout=5_000)


def test_a_network_that_is_lost_for_a_moment_ends_no_call(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("flaky")
    bob.joins("flaky")
    connection = alice.connection_of("flaky", "bob")["connectionId"]

    alice.simulates("POST", f"connections/{connection}/network", {"lostSeconds": 5})
    bob.is_told("The connection is lost. Reconnecting …")
    alice.says("are you there?")

    expect(bob.chat()).to_have_text(["alice are you there?"])
    expect(bob.page.locator("#banner")).to_be_hidden()
    assert alice.connection_of("flaky", "bob")["connectionId"] == connection


def test_who_loses_the_network_for_long_joins_anew(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("tunnel")
    bob.joins("tunnel")
    connection = alice.connection_of("tunnel", "bob")["connectionId"]

    alice.simulates("POST", f"connections/{connection}/network", {"lostSeconds": 60})

    lost = bob.page.locator("#over-title")  # It stays, hidden, once the page has joined again.
    expect(lost).to_have_text("The connection was lost.", timeout=60_000)
    bob.is_in()
    assert alice.sees("bob") > 0
    assert alice.connection_of("tunnel", "bob")["connectionId"] != connection


def test_who_is_muted_stays_muted_when_the_network_brings_them_back(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("muffled")
    bob.joins("muffled")
    bob.button("Microphone on").click()
    connection = alice.connection_of("muffled", "bob")["connectionId"]

    alice.simulates("DELETE", f"connections/{connection}?reason=networkDisconnected")

    expect(bob.page.locator("#over-title")).to_have_text("The connection was lost.")
    bob.is_in()
    expect(bob.button("Microphone off")).to_be_visible()
    expect(alice.tile("bob").get_by_text("muted")).to_be_visible()


def test_what_is_meant_for_one_person_never_reaches_the_others(people: People) -> None:
    alice, bob, carol = (people.person(user) for user in ("alice", "bob", "carol"))
    for person in (alice, bob, carol):
        person.joins("secrets")
    alice.page.locator("#chat-to").select_option(label="bob")
    bob.button("Leave").click()
    alice.page.locator("#people li", has_text="bob").wait_for(state="detached")

    alice.page.get_by_label("Message").fill("secret")
    alice.button("Send").click()

    alice.is_warned("This person has left.")
    alice.says("to all")
    expect(carol.chat()).to_have_text(["alice to all"])


def test_who_stops_sharing_can_still_be_muted(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("shares")
    bob.joins("shares")
    bob.button("Share screen").click()
    alice.tile("bob: screen").wait_for()
    bob.button("Stop sharing").click()
    alice.tile("bob: screen").wait_for(state="detached")

    alice.button("Mute bob").click()

    bob.is_told("A moderator has muted you.")


def test_an_error_can_be_read_while_the_network_comes_and_goes(people: People) -> None:
    alice = people.person("alice")
    alice.joins("chatty")
    # The stand-in drops the connection of a client that sends so much.
    alice.page.get_by_label("Message").evaluate("field => field.value = 'é'.repeat(300000)")
    alice.button("Send").click()

    alice.is_told("You are connected again.")
    alice.is_warned("The request is too long")
    alice.says("short")
    expect(alice.chat()).to_have_text(["You short"])


def test_the_bearer_leaves_the_address_at_once(people: People) -> None:
    alice = people.person("alice")
    alice.opens("address")
    alice.reads("This room is new")

    assert alice.page.evaluate("location.hash") == ""


def test_a_network_that_is_too_slow_for_video_is_told(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("slow")
    bob.joins("slow")
    alice.sees("bob")
    stream_id = alice.tile("bob").get_attribute("data-stream")

    alice.simulates("POST", f"streams/{stream_id}/quality", {"video": "disabled"})
    expect(alice.tile("bob")).to_contain_text("The network is too slow for video")

    alice.simulates("POST", f"streams/{stream_id}/quality", {"video": "enabled"})
    expect(alice.tile("bob")).not_to_contain_text("The network is too slow for video")


def test_a_moderator_mutes_one_and_all(people: People) -> None:
    alice, bob, carol = (people.person(user) for user in ("alice", "bob", "carol"))
    for person in (alice, bob, carol):
        person.joins("noise")
    alice.sees("bob")

    alice.button("Mute bob").click()
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
    bob.button("Join again").click()
    bob.asks_to_join()
    bob.is_in()

    alice.button("Ban bob").click()
    bob.is_out("You were taken out of the room.")
    bob.button("Join again").click()
    bob.reads("A moderator has banned you from this room.")


def test_a_moderator_records_and_all_see_it(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("on-air")
    bob.joins("on-air")

    alice.button("Record").click()
    expect(bob.page.locator("#recording")).to_be_visible()
    alice.button("Record").click()
    expect(bob.page.locator("#recording")).to_be_hidden()


def test_a_moderator_locks_the_room_and_sets_its_seats(people: People) -> None:
    alice = people.person("alice")
    alice.joins("vault")

    alice.button("Lock the room").click()
    expect(alice.button("Lock the room")).to_have_attribute("aria-pressed", "true")
    alice.page.get_by_label("Seats").fill("7")
    alice.button("Set").click()

    bob = people.person("bob")
    bob.opens("vault")
    bob.reads("It has 7 seats. It is locked.")


def test_who_is_no_moderator_is_offered_no_moderation(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("plain")
    bob.joins("plain")

    for name in (*MODERATORS_BUTTONS, "Mute alice", "Remove alice", "Ban alice"):
        expect(bob.button(name)).to_be_hidden()


def test_a_subscriber_sees_and_is_offered_no_camera(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.asks("PUT", "/rooms/lecture", {"defaultRole": "subscriber"})
    alice.joins("lecture")
    bob.joins("lecture")

    assert bob.sees("alice") > 0
    for name in (*PUBLISHERS_BUTTONS, *MODERATORS_BUTTONS):
        expect(bob.button(name)).to_be_hidden()
    expect(alice.page.locator(".tile")).to_have_count(1)


def test_audio_only_is_heard_and_not_seen(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("voices")
    bob.opens("voices")
    bob.page.get_by_label("Audio only").check()
    bob.asks_to_join()

    alice.hears("bob")
    expect(alice.tile("bob")).to_contain_text("The camera is off")


def test_a_room_that_closes_counts_down(people: People) -> None:
    alice = people.person("alice")
    alice.joins("deadline")
    closes_at = (datetime.now(UTC) + timedelta(seconds=115)).isoformat(timespec="seconds")
    alice.asks("PATCH", "/rooms/deadline", {"closesAt": closes_at})

    expect(alice.page.locator("#closing")).to_contain_text("Closes in", timeout=90_000)


@pytest.mark.parametrize("width", [375, 1280])
def test_twelve_tiles_do_not_overlap(people: People, width: int) -> None:
    alice = people.person("alice", width=width)
    room = f"dozen-{width}"
    alice.joins(room)
    for number in range(11):
        token = alice.asks("POST", f"/rooms/{room}/tokens", {"name": f"Guest {number}"})["token"]
        connection = alice.simulates("POST", "connections", {"token": token})["connectionId"]
        alice.simulates("POST", f"connections/{connection}/streams", {})

    expect(alice.page.locator(".tile")).to_have_count(12)
    assert alice.overlapping_tiles == 0
    smallest = alice.page.locator(".tile").evaluate_all(
        "tiles => Math.min(...tiles.map(tile => tile.getBoundingClientRect().width))"
    )
    assert smallest > 60
