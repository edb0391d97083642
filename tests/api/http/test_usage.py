"""Usage in the API, for admins."""

import time_machine

from tests.support.live import Live
from tests.support.noon import NOON


def test_a_meeting_is_in_the_usage_of_its_day_its_room_and_its_creator(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.leave(live.enter("bob"))
        live.settle()
        clock.shift(120)
        live.run("reconcile_sessions")
        _check(live)


def _check(live: Live) -> None:
    admin = live.stand_ins.identity.bearer("root", admin=True)

    def asked(query: str = "") -> dict[str, object]:
        reply = live.gateway.request("GET", f"/usage{query}", bearer=admin)
        assert reply.status == 200
        (item,) = reply.json["items"]
        assert reply.json["total"]["connections"] == item["usage"]["connections"] == 1
        assert reply.json["unpriced"] == ["captionMinute", "renderMinute"]
        del item["usage"]
        return dict(item)

    assert set(asked()) == {"day"}
    assert asked("?by=room") == {"room": "standup"}
    assert asked("?by=creator") == {"creator": "alice"}
    refused = live.ask("alice", "GET", "/usage")
    assert (refused.status, refused.json["code"]) == (403, "not_an_admin")
    odd = live.gateway.request("GET", "/usage?from=yesterday", bearer=admin)
    assert (odd.status, odd.json["code"]) == (422, "invalid_field")


def test_rooms_are_paged(live: Live, clock: time_machine.Traveller) -> None:
    for name in ("retro", "standup"):
        live.room(name)
        live.leave(live.enter("bob", name))
    live.settle()
    clock.shift(120)
    live.run("reconcile_sessions")
    admin = live.stand_ins.identity.bearer("root", admin=True)

    first = live.gateway.request("GET", "/usage?by=room&limit=1", bearer=admin).json
    path = f"/usage?by=room&limit=1&cursor={first['cursor']}"
    second = live.gateway.request("GET", path, bearer=admin).json
    assert sorted(each["room"] for page in (first, second) for each in page["items"]) == [
        "retro",
        "standup",
    ]
    assert second["cursor"] is None
