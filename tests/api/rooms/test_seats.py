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


def test_an_uncapped_room_gives_no_time_to_connect_by(live: Live) -> None:
    live.room()
    assert live.ask("bob", "POST", "/rooms/standup/tokens").json["connectBy"] is None


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


def test_moderators_need_seats_too(live: Live) -> None:
    live.room(maxParticipants=1)
    live.token("bob")
    assert live.refusal("alice") == "room_full"


def test_a_user_who_holds_a_seat_gets_another_token_and_no_other_seat(live: Live) -> None:
    live.room(maxParticipants=2)
    for _ in range(3):
        live.token("bob")
    live.token("carol")
    assert live.refusal("dora") == "room_full"


def test_a_hold_that_has_lapsed_gives_its_seat_to_who_comes_next(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        live.token("bob")
        clock.shift(119)
        assert live.refusal("carol") == "room_full"
        clock.shift(2)
        live.token("carol")
        assert live.refusal("bob") == "room_full"


def test_a_seat_lives_with_its_connection_and_twenty_seconds_beyond(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        bob = live.enter("bob")
        clock.shift(3600)
        assert live.refusal("carol") == "room_full"
        live.leave(bob)
        live.settle()
        clock.shift(19)
        assert live.refusal("carol") == "room_full"
        clock.shift(2)
        live.token("carol")


def test_a_second_device_takes_no_second_seat(live: Live) -> None:
    live.room(maxParticipants=2)
    phone, laptop = live.enter("bob"), live.enter("bob")
    carol = live.enter("carol")

    assert live.refusal("dora") == "room_full"
    assert live.connected() == {phone, laptop, carol}


def test_a_fourth_connection_of_one_user_is_sent_away(live: Live) -> None:
    live.room(maxParticipants=5)
    token = live.token("bob")
    admitted = {live.connect(token) for _ in range(3)}
    live.settle()
    live.connect(token)
    live.settle()

    assert live.connected() == admitted == set(live.shown())


def test_who_connects_after_the_hold_lapsed_takes_a_free_seat_or_leaves(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        bobs = live.token("bob")
        clock.shift(121)
        carols = live.token("carol")
        clock.shift(1)
        live.connect(bobs)
        live.settle()
        assert live.connected() == set()

        carol = live.connect(carols)
        live.settle()
        assert live.connected() == {carol}
        live.leave(carol)
        live.settle()
        clock.shift(21)
        late = live.connect(bobs)
        live.settle()
        assert live.shown() == {late: "bob"}


def test_lowering_the_limit_throws_nobody_out_and_lets_nobody_in(live: Live) -> None:
    live.room(maxParticipants=3)
    inside = {live.enter(user) for user in ("bob", "carol", "dora")}

    live.patch(maxParticipants=1)

    assert live.connected() == inside
    assert live.refusal("eve") == "room_full"
    live.token("bob")


def test_setting_a_limit_seats_everybody_who_is_in(live: Live) -> None:
    live.room()
    inside = {live.enter(user) for user in ("bob", "carol", "bob")}

    live.patch(maxParticipants=2)

    assert live.refusal("dora") == "room_full"
    assert live.connected() == inside
    live.token("carol")


def test_taking_the_limit_away_lets_everybody_in_again(live: Live) -> None:
    live.room(maxParticipants=1)
    live.enter("bob")
    assert live.patch(maxParticipants=None)["maxParticipants"] is None
    live.enter("carol")
    assert len(live.connected()) == 2


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
