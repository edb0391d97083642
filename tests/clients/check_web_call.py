"""Calls with the web guide in a real browser, from the bearer token to the other's video."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import pytest
from playwright.sync_api import expect

from local.schedules import EVERY_SECONDS
from tests.clients.page_server import PageServer
from tests.clients.people import LONG_MS, People

A_RUN_OF_THE_SCHEDULE_MS: Final = int(EVERY_SECONDS * 1000)


def test_two_people_see_and_hear_each_other(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("standup")
    bob.joins("standup")
    alice.sees("bob")
    bob.sees("alice")


def test_who_leaves_is_no_longer_seen_and_may_come_back(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("release")
    bob.joins("release")
    alice.sees("bob")
    bob.page.get_by_role("button", name="Leave").click()
    bob.is_told("You have left.")
    alice.sees()
    bob.joins("release")
    alice.sees("bob")


def test_audio_alone_neither_sends_nor_asks_for_video(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("voice")
    bob.joins("voice", audio_only=True)
    bob.sees("alice")
    expect(bob.own).to_have_attribute("data-video", "false")
    expect(bob.others).to_have_attribute("data-video", "false")
    expect(alice.own).to_have_attribute("data-video", "true")
    alice.sees("bob")
    assert people.videos_published("voice") == {"alice": "camera", "bob": None}


def test_the_camera_is_switched(people: People) -> None:
    alice = people.person("alice")
    alice.joins("cameras")
    expect(alice.own).to_have_attribute("data-camera", "front")
    alice.page.get_by_role("button", name="Switch camera").click()
    expect(alice.own).to_have_attribute("data-camera", "back")


def test_a_subscriber_sees_and_is_not_seen(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/lecture", {"defaultRole": "subscriber"})
    alice, bob = people.person("alice"), people.person("bob")
    bob.joins("lecture")
    alice.joins("lecture")
    bob.sees("alice")
    alice.sees()
    expect(bob.own).to_have_count(0)


def test_a_full_room_is_reported_with_the_time_to_wait(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/tiny", {"maxParticipants": 1})
    people.ask("alice", "POST", "/rooms/tiny/tokens")
    bob = people.person("bob")
    bob.asks_to_join("tiny")
    bob.is_told("This room is full. Please try again in 1")
    bob.is_told("seconds.")


def test_a_locked_room_is_reported(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/private")
    people.ask("alice", "PATCH", "/rooms/private", {"locked": True})
    bob = people.person("bob")
    bob.asks_to_join("private")
    bob.is_told("This room is locked.")


def test_a_room_that_is_not_open_yet_is_reported_with_its_time(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/later", {"opensAt": "2099-01-31T12:34:00Z"})
    bob = people.person("bob")
    bob.asks_to_join("later")
    shown = bob.page.evaluate(
        "new Date('2099-01-31T12:34:00Z')"
        ".toLocaleString([], {dateStyle: 'medium', timeStyle: 'short'})"
    )
    assert "2099" in shown
    bob.is_told(f"This room opens at {shown}.")


def test_a_closed_room_is_reported(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/over", {"closesAt": "2020-01-31T12:00:00Z"})
    bob = people.person("bob")
    bob.asks_to_join("over")
    bob.is_told("This room is closed.")


def test_a_room_for_members_is_reported(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/board", {"members": ["carol"]})
    bob = people.person("bob")
    bob.asks_to_join("board")
    bob.is_told("This room is for its members only.")


def test_who_is_banned_is_disconnected_and_reads_why_when_they_come_again(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/strict")
    bob = people.person("bob")
    bob.joins("strict")
    people.ask("alice", "POST", "/rooms/strict/bans", {"userId": "bob"})
    bob.is_told("You were taken out of the room.")
    bob.asks_to_join("strict")
    bob.is_told("A moderator has banned you from this room.")


def test_who_is_not_signed_in_reads_it(people: People) -> None:
    bob = people.person("bob")
    bob.asks_to_join("standup", bearer="expired")
    bob.is_told("Please sign in again.")


def test_a_token_that_opentok_takes_for_expired_is_replaced(
    people: People, page_server: PageServer
) -> None:
    bob = people.person("bob")
    page_server.refuse_next_token("Token has expired")
    bob.joins("stale")
    assert bob.tokens_asked_for == 2


def test_a_token_is_replaced_once(people: People, page_server: PageServer) -> None:
    bob = people.person("bob")
    for _ in range(2):
        page_server.refuse_next_token("Token has expired")
    bob.asks_to_join("stale-again")
    bob.is_told("The call failed.")
    assert bob.tokens_asked_for == 2


def test_a_lost_network_brings_one_back_with_the_same_token(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("flaky")
    bob.joins("flaky")
    alice.sees("bob")
    bob.loses_network()
    bob.is_told("You are in.")
    bob.sees("alice")
    alice.sees("bob")
    assert bob.tokens_asked_for == 1


def test_who_was_muted_when_the_network_failed_stays_muted(people: People) -> None:
    bob = people.person("bob")
    bob.joins("selfmute")
    bob.microphone.uncheck()
    bob.own.evaluate("publisher => publisher.dataset.call = 'first'")
    bob.loses_network()
    expect(bob.own).not_to_have_attribute("data-call", "first", timeout=LONG_MS)
    expect(bob.own).to_have_attribute("data-audio", "false")
    expect(bob.microphone).not_to_be_checked()


def test_a_double_click_joins_once(people: People) -> None:
    bob = people.person("bob")
    bob.joins("twice", clicks=2)
    expect(bob.own).to_have_count(1)
    assert bob.tokens_asked_for == 1


def test_a_network_lost_for_longer_than_the_token_brings_one_back_with_another(
    people: People,
) -> None:
    bob = people.person("bob")
    bob.page.clock.install()
    bob.joins("asleep")
    bob.page.clock.fast_forward("24:00:00")
    with bob.page.expect_response(lambda answer: answer.url.endswith("/tokens")):
        bob.loses_network()
    bob.is_told("You are in.")
    assert bob.tokens_asked_for == 2


def test_what_the_library_does_about_a_bad_network_is_reported(people: People) -> None:
    bob = people.person("bob")
    bob.joins("tunnel")
    bob.page.evaluate("session.emit('sessionReconnecting')")
    bob.is_told("The connection is lost.")
    bob.page.evaluate("session.emit('sessionReconnected')")
    bob.is_told("You are in again.")


def test_who_is_muted_by_a_moderator_reads_it_and_may_speak_again(people: People) -> None:
    people.ask("alice", "PUT", "/rooms/noisy")
    bob = people.person("bob")
    bob.joins("noisy")
    expect(bob.microphone).to_be_checked()
    people.ask("alice", "PUT", "/rooms/noisy/mute", {"active": True, "excludedStreamIds": []})
    bob.is_told("A moderator has muted you.")
    expect(bob.microphone).not_to_be_checked(timeout=LONG_MS)
    bob.microphone.check()
    expect(bob.own).to_have_attribute("data-audio", "true")


def test_signals_go_both_ways_and_come_from_moderators_too(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("chatty")
    bob.joins("chatty")
    alice.sees("bob")
    bob.sees("alice")
    alice.says("Can you hear me?")
    bob.reads("alice: Can you hear me?")
    bob.says("Yes.")
    alice.reads("alice: Can you hear me?", "bob: Yes.")
    people.ask("alice", "POST", "/rooms/chatty/signals", {"type": "chat", "data": "Time."})
    bob.reads("alice: Can you hear me?", "bob: Yes.", "Moderator: Time.")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("username=Mallory%20M.&userId=mallory", "Mallory M."),
        ('{"userId":"mallory","name":null}', "mallory"),
        ("not ours", "Somebody"),
    ],
)
def test_a_signals_sender_is_named_by_their_connection_and_never_a_moderator(
    people: People, data: str, name: str
) -> None:
    bob = people.person("bob")
    bob.joins("named")
    bob.page.evaluate(
        "data => session.emit('signal:chat', {data: 'Hi', from: {connectionId: 'c', data}})", data
    )
    bob.reads(f"{name}: Hi")


def test_that_the_room_closes_is_reported_when_the_server_says_so(people: People) -> None:
    alice, bob = people.person("alice"), people.person("bob")
    alice.joins("ending")
    bob.joins("ending")
    bob.sees("alice")
    closing = '{"closesAt": "2099-01-31T12:34:00Z"}'
    alice.page.evaluate(
        "data => session.signal({type: 'roomkey-closing', data})", closing.replace("2099", "2098")
    )
    alice.says("Did it work?")
    bob.reads("alice: Did it work?")
    bob.is_told("You are in.")
    closes_at = datetime.now(UTC) + timedelta(seconds=115)
    people.ask("alice", "PATCH", "/rooms/ending", {"closesAt": closes_at.isoformat()})
    bob.is_told("This room closes at", timeout_ms=LONG_MS + A_RUN_OF_THE_SCHEDULE_MS)


def test_a_service_that_is_away_is_reported(people: People) -> None:
    bob = people.person("bob")
    bob.asks_to_join("standup", roomkey="http://127.0.0.1:9")
    bob.is_told("The service cannot be reached. Please try again later.")


def test_opentok_being_away_is_reported_with_the_time_to_wait(people: People) -> None:
    bob = people.person("bob")
    for _ in range(3):
        people.fail_once("/session/create", HTTPStatus.INTERNAL_SERVER_ERROR, {})
    bob.asks_to_join("never-made-before")
    bob.is_told("Please try again in")
