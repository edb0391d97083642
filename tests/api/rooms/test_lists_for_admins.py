"""`GET /rooms` for admins: of a user, live ones, or all."""

import pytest

from tests.support.live import Live


@pytest.mark.parametrize("query", ["of=bob", "live=true", "all=true"])
def test_an_admin_lists_rooms_of_others_page_by_page(live: Live, query: str) -> None:
    live.room("one", owner="bob")
    live.room("two", owner="bob")
    path = f"/rooms?{query}&limit=1"
    names, reply = [], live.ask("root", "GET", path, admin=True)
    for _ in range(9):
        names += [each["room"] for each in reply.json["items"]]
        if reply.json["cursor"] is None:
            break
        reply = live.ask("root", "GET", f"{path}&cursor={reply.json['cursor']}", admin=True)
    assert sorted(names) == ["one", "two"]

    refused = live.ask("alice", "GET", path)
    assert (refused.status, refused.code) == (403, "not_an_admin")


@pytest.mark.parametrize("query", ["live=true&of=bob", "all=true&of=bob", "all=true&live=true"])
def test_one_list_at_a_time_can_be_asked_for(live: Live, query: str) -> None:
    reply = live.ask("root", "GET", f"/rooms?{query}", admin=True)
    assert (reply.status, reply.code) == (422, "invalid_field")
    assert "must be given without" in reply.text
