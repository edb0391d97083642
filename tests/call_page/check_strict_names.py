"""The call page under strict privacy: people read each other's names, which no token has."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.call_page.check_guests import comes, link_from
from tests.call_page.person import People
from tests.e2e.roomkey_process import Roomkey, running_roomkey


@pytest.fixture(scope="module")
def roomkey() -> Iterator[Roomkey]:
    with running_roomkey({"PRIVACY": "strict"}) as running:
        yield running


def test_names_are_read_on_tiles_in_the_chat_and_on_buttons(people: People) -> None:
    alice, bob, ann = (people.person(user) for user in ("alice", "bob", "ann"))
    alice.joins("standup", "Alice")
    bob.joins("standup", "Bob")
    assert alice.sees("Bob") > 0
    assert bob.sees("Alice") > 0
    link = link_from(alice, uses="Everybody who has it")
    alice.button("Close").click()
    comes(ann, link, "Ann")
    assert ann.sees("Bob") > 0
    assert bob.sees("Ann") > 0

    bob.says("hello")
    expect(alice.chat()).to_have_text(["Bob hello"])
    alice.button("Ban Bob").click()
    expect(alice.page.locator(".tile")).to_have_count(2)
