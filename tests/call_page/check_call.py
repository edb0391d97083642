"""The call page in a real browser: people see and hear each other, and write to each other."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.call_page.person import MODERATORS_BUTTONS, PUBLISHERS_BUTTONS, People


def test_two_people_see_and_hear_each_other_until_one_closes_the_page(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("standup", "Alice")
    expect(alice.page.locator("#count")).to_have_text("1 in the call, 1 seen or heard")
    bob.joins("standup", "Bob")

    assert alice.sees("Bob") > 0
    assert bob.sees("Alice") > 0
    alice.hears("Bob")
    bob.hears("Alice")
    expect(alice.page.locator("#count")).to_have_text("2 in the call, 2 seen or heard")
    assert bob.page.evaluate("location.hash") == ""  # The bearer was there.

    bob.page.close()
    expect(alice.page.locator(".tile")).to_have_count(1, timeout=5_000)


def test_three_people_are_three_tiles_for_each(people: People) -> None:
    three = [people.person(user) for user in ("alice", "bob", "carol")]
    for person in three:
        person.joins("trio")

    for person in three:
        expect(person.page.locator(".tile")).to_have_count(3)
        for other in three:
            if other is not person:
                assert person.sees(other.user) > 0


def test_what_is_switched_off_or_too_slow_is_shown(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("quiet")
    bob.joins("quiet")
    alice.sees("bob")
    stream_id = alice.tile("bob").get_attribute("data-stream")

    alice.simulates("POST", f"streams/{stream_id}/quality", {"video": "disabled"})
    expect(alice.tile("bob")).to_contain_text("The network is too slow for video")
    alice.simulates("POST", f"streams/{stream_id}/quality", {"video": "enabled"})
    expect(alice.tile("bob")).not_to_contain_text("The network is too slow for video")

    bob.button("Microphone on").click()
    bob.button("Camera on").click()
    expect(alice.tile("bob").get_by_text("muted")).to_be_visible()
    expect(alice.tile("bob")).to_contain_text("The camera is off")
    bob.button("Camera off").click()
    expect(alice.tile("bob")).not_to_contain_text("The camera is off")

    # A moderator of the platform's own tools may end a stream; the buttons say so.
    alice.simulates("DELETE", f"streams/{stream_id}?reason=forceUnpublished")
    bob.is_told("A moderator has stopped your camera and microphone.")
    expect(bob.button("Camera off")).to_be_visible()
    bob.button("Microphone off").click()
    expect(bob.button("Microphone on")).to_be_visible()
    alice.hears("bob")


def test_chat_reaches_all_or_one_person_and_never_another(people: People) -> None:
    alice, bob, carol = (people.person(user) for user in ("alice", "bob", "carol"))
    for person in (alice, bob, carol):
        person.joins("talk")
    alice.says("hello all")
    alice.says("only you", to="bob")
    alice.says("bye all")

    expect(bob.chat()).to_have_text(["alice hello all", "alice to you only you", "alice bye all"])
    expect(carol.chat()).to_have_text(["alice hello all", "alice bye all"])
    expect(alice.chat()).to_have_text(["You hello all", "You to bob only you", "You bye all"])

    alice.page.locator("#chat-to").select_option(label="bob")
    bob.button("Leave").click()
    alice.page.locator("#people li", has_text="bob").wait_for(state="detached")
    alice.page.get_by_label("Message").fill("secret")
    alice.button("Send").click()
    alice.is_warned("This person has left.")
    alice.says("last")
    expect(carol.chat()).to_have_text(["alice hello all", "alice bye all", "alice last"])


def test_a_shared_screen_is_a_tile_of_its_own_until_it_stops(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("slides")
    bob.joins("slides")
    bob.button("Share screen").click()

    assert alice.sees("bob: screen") > 0
    expect(alice.page.locator("#count")).to_have_text("2 in the call, 2 seen or heard")
    bob.button("Stop sharing").click()
    expect(alice.tile("bob: screen")).to_have_count(0)
    expect(bob.button("Share screen")).to_be_visible()

    alice.button("Mute bob").click()  # The camera's stream is still known.
    bob.is_told("A moderator has muted you.")


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


def test_an_error_can_be_read_while_the_network_comes_and_goes(people: People) -> None:
    alice = people.person("alice")
    alice.joins("chatty")
    alice.page.get_by_label("Message").evaluate("field => field.value = 'é'.repeat(8300)")
    alice.button("Send").click()
    alice.is_warned("The data is too long")

    alice.loses_the_network(seconds=0)

    alice.is_told("You are connected again.")
    alice.is_warned("The data is too long")
    alice.says("short")
    expect(alice.chat()).to_have_text(["You short"])


def test_a_subscriber_sees_and_is_offered_no_camera(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.asks("PUT", "/rooms/lecture", {"defaultRole": "subscriber"})
    alice.joins("lecture")
    bob.joins("lecture")

    assert bob.sees("alice") > 0
    for name in (*PUBLISHERS_BUTTONS, *MODERATORS_BUTTONS):
        expect(bob.button(name)).to_be_hidden()
    expect(alice.page.locator(".tile")).to_have_count(1)
    expect(alice.page.locator("#count")).to_have_text("2 in the call, 1 seen or heard")


def test_audio_only_is_heard_and_not_seen(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("voices")
    bob.opens("voices")
    bob.page.get_by_label("Audio only").check()
    bob.asks_to_join()

    alice.hears("bob")
    expect(alice.tile("bob")).to_contain_text("The camera is off")
    for name in ("Camera on", "Camera off", "Switch camera"):
        expect(bob.button(name)).to_be_hidden()


def test_a_room_that_closes_counts_down(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("deadline")
    closes_at = (datetime.now(UTC) + timedelta(seconds=115)).isoformat(timespec="seconds")
    alice.asks("PATCH", "/rooms/deadline", {"closesAt": closes_at})

    expect(alice.page.locator("#closing")).to_contain_text("Closes in", timeout=90_000)
    bob.joins("deadline")  # After the warning.
    expect(bob.page.locator("#closing")).to_contain_text("Closes in")


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
    assert not alice.must_scroll_sideways
