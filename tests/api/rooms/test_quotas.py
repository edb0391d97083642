"""Quotas as callers meet them: the settings of a stage, the problem, and the calls of DynamoDB."""

from http import HTTPStatus

import pytest
import time_machine

from tests.support.gateway import Gateway, Reply
from tests.support.live import Live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import StandIns

TIGHT = {
    "MAX_ROOMS_PER_HOUR": "3",
    "MAX_ROOMS": "2",
    "MAX_TOKENS_PER_MINUTE": "2",
    "MAX_HELD_SEATS": "1",
    "MAX_HOLD_RENEWALS": "0",
}


@pytest.fixture
def tight(stand_ins: StandIns) -> Live:
    """The service with quotas that are soon used up."""
    gateway: Gateway = stand_ins.gateway(**TIGHT)
    return Live(gateway, stand_ins)


def check_refused(reply: Reply, quota: str, limit: int, retry_after: int) -> None:
    assert (reply.status, reply.code) == (HTTPStatus.TOO_MANY_REQUESTS, "quota_exceeded")
    assert (reply.json["quota"], reply.json["limit"]) == (quota, limit)
    assert reply.headers["Retry-After"] == str(retry_after)


def test_rooms_beyond_the_quotas_are_refused_on_every_route_that_makes_one(tight: Live) -> None:
    with time_machine.travel(NOON, tick=False):
        tight.room("one", closesAt="2026-03-01T12:00:00Z")
        tight.room("two")
        for method, path in (("PUT", "/rooms/three"), ("POST", "/rooms/three/tokens")):
            check_refused(tight.ask("alice", method, path), "rooms", 2, 60)
        tight.ask("alice", "DELETE", "/rooms/two")
        tight.room("three")
        reopened = tight.ask("alice", "PATCH", "/rooms/one", {"closesAt": None})
        check_refused(reopened, "roomsPerHour", 3, 3600)
        assert tight.ask("bob", "PUT", "/rooms/bobs").status == HTTPStatus.CREATED


def test_tokens_beyond_the_quota_are_refused_on_every_route_that_issues_one(tight: Live) -> None:
    with time_machine.travel(NOON, tick=False):
        tight.token("bob", "lobby")
        tight.token("bob", "lobby")
        for method, path in (("POST", "/rooms/lobby/tokens"), ("GET", "/token?username=bob")):
            check_refused(tight.ask("bob", method, path), "tokensPerMinute", 2, 60)
        tight.token("carol", "lobby")


def test_seats_beyond_the_quotas_are_refused(tight: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        tight.room("one", maxParticipants=2)
        tight.room("two", maxParticipants=2)
        tight.token("bob", "one")
        held = tight.ask("bob", "POST", "/rooms/two/tokens")
        check_refused(held, "heldSeats", 1, 120)
        clock.shift(120)
        renewed = tight.ask("bob", "POST", "/rooms/one/tokens")
        check_refused(renewed, "holdRenewals", 0, 600)


def test_counting_costs_a_suspicious_user_one_write_per_token_and_others_nothing(
    live: Live,
) -> None:
    live.room()
    for number in range(1, 9):
        live.stand_ins.aws.clear_calls()
        with time_machine.travel(NOON, tick=False):
            live.token("bob")
        counting = [] if number <= 6 else ["DynamoDB.UpdateItem"]
        assert live.stand_ins.aws.calls == [*counting, "DynamoDB.GetItem"]


def test_counting_held_seats_costs_one_write_from_a_users_second_room_on(live: Live) -> None:
    for name in ("one", "two"):
        live.room(name, maxParticipants=2)
        live.stand_ins.aws.clear_calls()
        live.token("bob", name)
        counting = [] if name == "one" else ["DynamoDB.UpdateItem"]
        claim = ["DynamoDB.GetItem", *counting, "DynamoDB.UpdateItem"]
        assert [each for each in live.stand_ins.aws.calls if "Dynamo" in each] == claim


def test_seats_are_kept_free_for_moderators_as_a_room_is_put_and_changed(live: Live) -> None:
    assert live.room(maxParticipants=2, moderatorSeats=1)["moderatorSeats"] == 1
    live.token("bob")
    assert live.refusal("carol") == "room_full"
    assert live.patch(moderatorSeats=0)["moderatorSeats"] == 0
    live.token("carol")
