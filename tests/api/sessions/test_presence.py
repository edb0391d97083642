"""Presence in the API: connections, streams, counts, page by page."""

from datetime import datetime

import time_machine

from tests.support.live import Live
from tests.support.noon import NOON


def test_a_connection_is_shown_with_its_user_its_name_and_its_streams(live: Live) -> None:
    live.room()
    bob = live.enter("bob", name="Bob")
    stream = live.publish(bob, name="desk", videoType="screen")
    voice = live.publish(bob, name="voice", videoType=None)
    live.settle()

    reply = live.ask("carol", "GET", "/rooms/standup/connections")

    (shown,) = reply.json["items"]
    assert datetime.fromisoformat(shown.pop("since")).tzinfo is not None
    streams = {each["id"]: each for each in shown.pop("streams")}
    assert shown == {"id": bob, "userId": "bob", "name": "Bob"}
    assert streams == {
        stream: {"id": stream, "name": "desk", "videoType": "screen"},
        voice: {"id": voice, "name": "voice", "videoType": None},
    }
    assert reply.json["cursor"] is None


def test_a_user_of_the_smallest_contract_is_shown_too(live: Live) -> None:
    reply = live.ask("bob|1", "GET", "/token?username=B%20ob%26")
    connection_id = live.connect(reply.json["token"])
    live.settle()
    (shown,) = live.ask("carol", "GET", "/rooms/lobby/connections").json["items"]
    assert (shown["id"], shown["userId"], shown["name"]) == (connection_id, "bob|1", "B ob&")


def test_counts_show_publishers_subscribers_and_waiting_seats(live: Live) -> None:
    live.room(maxParticipants=9)
    publisher = live.enter("bob")
    live.enter("carol", role="subscriber")
    live.publish(publisher)
    live.publish(publisher)
    live.token("dora")
    live.settle()

    counts = live.ask("alice", "GET", "/rooms/standup").json["counts"]

    del counts["countedAt"]
    assert counts == {
        "connections": 2,
        "publishing": 1,
        "watching": 1,
        "streams": 2,
        "seatsHeld": 1,
    }


def test_counts_are_five_seconds_old_at_most(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()

        def counted() -> tuple[int, str]:
            counts = live.ask("alice", "GET", "/rooms/standup").json["counts"]
            return counts["connections"], counts["countedAt"]

        assert counted() == (0, "2026-03-01T12:00:00Z")
        live.enter("bob")
        clock.shift(4)
        assert counted() == (0, "2026-03-01T12:00:00Z")
        clock.shift(1)
        assert counted() == (1, "2026-03-01T12:00:05Z")


def test_connections_come_page_by_page_each_once(live: Live) -> None:
    live.room()
    inside = {live.connect(live.token(f"user-{number}")) for number in range(7)}
    left = live.connect(live.token("bob"))
    live.settle()
    live.leave(left)
    live.settle()

    seen: list[str] = []
    path: str | None = "/rooms/standup/connections?limit=3"
    while path is not None:
        reply = live.ask("alice", "GET", path).json
        assert reply["counts"]["connections"] == 7
        seen += [each["id"] for each in reply["items"]]
        following = reply["cursor"]
        path = following and f"/rooms/standup/connections?limit=3&cursor={following}"

    assert len(seen) == 7
    assert set(seen) == inside


def test_somebody_elses_cursor_or_another_rooms_is_refused(live: Live) -> None:
    live.room("standup")
    live.room("retro")
    for _ in range(2):
        live.connect(live.token("bob"))
    live.settle()
    cursor = live.ask("alice", "GET", "/rooms/standup/connections?limit=1").json["cursor"]
    for user, room in (("bob", "standup"), ("alice", "retro")):
        reply = live.ask(user, "GET", f"/rooms/{room}/connections?cursor={cursor}")
        assert (reply.status, reply.field) == (422, "cursor")


def test_three_hundred_are_shown_and_counted(live: Live) -> None:
    live.room()
    live.enter("bob")
    live.crowd("bob", 299)
    live.stand_ins.aws.clear_calls()

    reply = live.ask("alice", "GET", "/rooms/standup/connections?limit=100").json

    assert len(reply["items"]) == 100
    assert reply["counts"]["connections"] == 300
    assert len(live.stand_ins.aws.calls) < 12


def test_a_room_is_no_ones_to_look_into_who_may_not_see_it(live: Live) -> None:
    live.room(members=["bob"])
    reply = live.ask("mallory", "GET", "/rooms/standup/connections")
    assert (reply.status, reply.code) == (404, "room_not_found")
