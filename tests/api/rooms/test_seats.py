"""Seat limits: the answers of a capped room, and connections beyond the limit."""

from datetime import timedelta

import time_machine

from tests.support.live import Live
from tests.support.noon import NOON


def test_a_join_of_a_capped_room_is_two_calls_and_says_until_when_to_connect(live: Live) -> None:
    live.room(maxParticipants=2)
    live.token("bob")
    live.stand_ins.aws.clear_calls()

    with time_machine.travel(NOON, tick=False):
        reply = live.ask("carol", "POST", "/rooms/standup/tokens")

    assert live.stand_ins.aws.calls == ["DynamoDB.GetItem", "DynamoDB.UpdateItem"]
    assert reply.json["connectBy"] == "2026-03-01T12:02:00Z"


def test_a_full_room_says_how_many_seats_it_has_and_when_a_hold_lapses(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=2)
        live.token("bob")
        clock.shift(30)
        live.token("carol")
        reply = live.ask("dora", "POST", "/rooms/standup/tokens")

        assert (reply.status, reply.code) == (409, "room_full")
        assert reply.json["maxParticipants"] == 2
        assert reply.json["holdLapsesAt"] == "2026-03-01T12:02:00Z"
        assert reply.headers["Retry-After"] == "90"


def test_a_limit_is_refused_where_more_are_in_than_can_be_seated(live: Live) -> None:
    live.room()
    live.enter("user-0")
    live.crowd("user-0", 1000)

    reply = live.ask("alice", "PATCH", "/rooms/standup", {"maxParticipants": 10})

    assert (reply.status, reply.code) == (409, "too_many_connected")


def test_sixty_lapsed_seats_keep_nobody_out_for_long(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=60)
        for number in range(60):
            live.token(f"user-{number}")
        live.patch(maxParticipants=2)
        clock.shift(timedelta(seconds=121))
        live.stand_ins.aws.clear_calls()
        live.token("bob")
        assert live.stand_ins.aws.calls.count("DynamoDB.UpdateItem") <= 4
        live.token("carol")
        assert live.refusal("dora") == "room_full"
