"""OpenTok's lists, read page by page, and the parts of them that are believed."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.adapters.opentok.api_client import Answer
from chalicelib.adapters.opentok.media_client import MAX_LISTED, MediaClient
from chalicelib.core.model.media import MediaKind
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import AlreadyRecording, ProviderUnavailable
from tests.support.stores.example_rooms import NOON, soon

if TYPE_CHECKING:
    from chalicelib.adapters.opentok.api_client import ApiClient, Call


def item(number: int, session_id: str = "1_x") -> dict[str, object]:
    return {"id": f"a{number}", "sessionId": session_id, "status": "started"}


@dataclass
class Lists:
    """OpenTok, answering with one page after the other."""

    pages: list[object]
    asked: list[str] = field(default_factory=list)

    def call(self, call: "Call", deadline: Deadline) -> Answer:
        assert deadline.remaining()
        self.asked.append(call.path)
        return Answer(200, json.dumps(self.pages.pop(0)).encode())

    def client(self) -> MediaClient:
        rest = cast("ApiClient", self)
        running = partial(AlreadyRecording, "Stop it.")
        return MediaClient(rest, lambda: NOON, MediaKind.ARCHIVE, running)

    def ids(self) -> list[str]:
        """Return the ids of all that is read as the session's."""
        return [each.id for each in self.client().of_session("1_x", soon())]


def test_a_list_of_several_pages_is_read_to_its_end_and_each_page_begins_where_one_ended() -> None:
    lists = Lists(
        [
            {"count": 5, "items": [item(5), item(4)]},
            {"count": 5, "items": [item(3), item(2)]},
            {"count": 5, "items": [item(1)]},
        ]
    )
    assert lists.ids() == ["a5", "a4", "a3", "a2", "a1"]
    assert lists.asked == [
        f"archive?sessionId=1_x&offset={offset}&count={MAX_LISTED}" for offset in (0, 2, 4)
    ]


def test_one_that_a_new_one_has_moved_to_the_next_page_is_read_once() -> None:
    lists = Lists(
        [{"count": 3, "items": [item(2), item(1)]}, {"count": 4, "items": [item(1), item(0)]}]
    )
    assert lists.ids() == ["a2", "a1", "a0"]


def test_what_is_of_another_session_is_left_out_and_counts_for_where_the_next_page_begins() -> None:
    lists = Lists(
        [{"count": 3, "items": [item(2, "1_y"), item(1)]}, {"count": 3, "items": [item(0)]}]
    )
    assert lists.ids() == ["a1", "a0"]
    assert "&offset=2&" in lists.asked[-1]


@pytest.mark.parametrize("count", [0, 5, "5", None])
def test_a_page_with_nothing_on_it_is_the_last(count: object) -> None:
    lists = Lists([{"count": count, "items": []}])
    assert lists.ids() == []
    assert len(lists.asked) == 1


@pytest.mark.parametrize("page", [{}, [], {"count": 0}, {"items": None}, {"items": {"a1": {}}}])
def test_an_answer_without_a_list_is_no_empty_list(page: object) -> None:
    with pytest.raises(ProviderUnavailable, match="no valid answer"):
        Lists([page]).ids()


def test_of_a_whole_project_the_newest_thousand_are_read_in_pages() -> None:
    full = {"items": [item(number) for number in range(MAX_LISTED)]}
    lists = Lists([full] * 5)
    assert len(lists.client().of_project("1_x", soon())) == MAX_LISTED
    assert lists.asked == [
        f"archive?offset={offset}&count={MAX_LISTED}" for offset in (0, 250, 500, 750)
    ]
    assert len(Lists([{"items": [item(1)]}]).client().of_project("1_x", soon())) == 1


def test_an_answer_about_another_one_than_asked_for_is_refused() -> None:
    client = Lists([item(1), item(2)]).client()
    found = client.one("a1", soon())
    assert found is not None
    assert found.id == "a1"
    with pytest.raises(ProviderUnavailable):
        client.one("a1", soon())
