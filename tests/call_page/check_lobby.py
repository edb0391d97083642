"""The call page before a call: the room's state in words, and what keeps a user out."""

import pytest
from playwright.sync_api import expect

from tests.call_page.person import People, Person
from tests.e2e.roomkey_process import soon

MOVES_UP = """meter => new Promise(resolve => {
  const look = () => meter.value > 0.02 ? resolve(meter.value) : requestAnimationFrame(look);
  look();
})"""


@pytest.fixture
def owner(people: People) -> Person:
    return people.person("alice")


@pytest.fixture
def visitor(people: People) -> Person:
    return people.person("bob")


def test_a_new_room_and_one_with_people_are_told_apart(owner: Person, visitor: Person) -> None:
    owner.opens("fresh")
    owner.reads("This room is new: it opens as you join.")
    owner.asks_to_join()
    owner.is_in()

    # The callback, which Roomkey counts by, may come after the page is in.
    assert soon(lambda: owner.asks("GET", "/rooms/fresh")["counts"]["connections"] == 1)
    visitor.opens("fresh")
    visitor.reads("1 in this room.")


def test_the_camera_and_the_microphone_are_tried_before_joining(owner: Person) -> None:
    owner.opens("preview")

    assert owner.page.locator("#preview-video").evaluate("v => v.play().then(() => v.videoWidth)")
    owner.page.get_by_label("Your name").click()  # Before a click, browsers measure no sound.
    assert owner.page.locator("#level").evaluate(MOVES_UP) > 0
    cameras = owner.page.locator("#camera-choice option")
    expect(cameras.nth(1)).to_be_attached()


def test_why_the_camera_cannot_be_had_is_told(owner: Person) -> None:
    owner.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => {"
        " throw new DOMException('refused', 'NotAllowedError'); }"
    )
    owner.opens("refused-camera")

    note = owner.page.locator("#preview-note")
    expect(note).to_contain_text("This page may not use your camera and microphone.")


@pytest.mark.parametrize(
    ("room", "settings", "told"),
    [
        ("over", {"closesAt": "2020-01-31T12:00:00Z"}, "This room is closed."),
        ("board", {"members": ["carol"]}, "This room is for its members only."),
        ("later", {"opensAt": "2099-01-31T12:34:00Z"}, "This room opens at"),
    ],
)
def test_who_cannot_join_reads_why(
    owner: Person, visitor: Person, room: str, settings: dict[str, object], told: str
) -> None:
    owner.asks("PUT", f"/rooms/{room}", settings)
    visitor.opens(room)
    visitor.asks_to_join()

    visitor.reads(told)
    expect(visitor.button("Join")).to_be_visible()


def test_a_locked_room_is_asked_again_by_itself(owner: Person, visitor: Person) -> None:
    owner.asks("PUT", "/rooms/locked")
    owner.asks("PATCH", "/rooms/locked", {"locked": True})
    visitor.page.clock.install()
    visitor.opens("locked")
    visitor.asks_to_join()
    visitor.reads("Asking again in 0:1")
    visitor.page.clock.run_for(10_000)
    visitor.reads("Asking again in 0:0")

    owner.asks("PATCH", "/rooms/locked", {"locked": False})
    visitor.page.clock.run_for(10_000)
    visitor.is_in()


def test_a_full_room_tells_when_it_asks_again(owner: Person, visitor: Person) -> None:
    owner.asks("PUT", "/rooms/tiny", {"maxParticipants": 1})
    owner.joins("tiny")
    visitor.opens("tiny")
    visitor.asks_to_join()

    visitor.reads("This room is full. Asking again in")


def test_an_expired_sign_in_is_told(visitor: Person) -> None:
    visitor.page.goto(f"{visitor.ports.app_url}/call?room=standup#bearer=expired")

    visitor.reads("Please sign in again.")


def test_an_expired_token_is_replaced_once(owner: Person) -> None:
    owner.opens("stale")
    with owner.page.expect_request(lambda request: request.url.endswith("/tokens")):
        owner.page.evaluate("window.madeWorse = OT.initSession")
        owner.page.evaluate(
            "OT.initSession = (...given) => { OT.initSession = window.madeWorse;"
            " const session = OT.initSession(...given); const { connect } = session;"
            " session.connect = (_token, done) => connect('expired', done); return session; }"
        )
        owner.asks_to_join()

    owner.is_in()


def test_a_library_that_cannot_be_loaded_is_told(owner: Person) -> None:
    owner.page.route("**/client/opentok.js", lambda route: route.abort())
    owner.opens("offline")

    owner.is_warned("The client library could not be loaded.")
    owner.complaints.clear()
