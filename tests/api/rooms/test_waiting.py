"""Waiting rooms over HTTP: answers, headers, and the calls that they cost."""

import json

import pytest
import time_machine

from tests.support.gateway import Reply
from tests.support.live import Live
from tests.support.noon import NOON

WAITING = "/rooms/standup/waiting"
READ, LOOK, WRITE = "DynamoDB.GetItem", "DynamoDB.BatchGetItem", "DynamoDB.UpdateItem"
QUERY = "DynamoDB.Query"
"""The search for the connections of a moderator."""


def ask(live: Live, user: str) -> Reply:
    return live.ask(user, "POST", "/rooms/standup/tokens", {"name": "Typed"})


def calls_of(live: Live, user: str, status: int) -> list[str]:
    """Return the outside calls of a request for a token."""
    live.stand_ins.aws.clear_calls()
    assert ask(live, user).status == status
    return live.stand_ins.aws.calls


def test_a_user_waits_is_listed_and_gets_a_token_once_approved(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        assert live.room(waitingRoom=True)["waitingRoom"] is True
        reply = ask(live, "bob")
        place = reply.json["waiting"]
        assert (reply.status, reply.headers["Retry-After"]) == (202, "5")
        assert place == {"id": place["id"], "since": "2026-03-01T12:00:00Z", "ahead": 0}
        clock.shift(5)
        assert ask(live, "carol").json["waiting"]["ahead"] == 1

        listed = live.ask("alice", "GET", WAITING).json["items"]
        assert [each["userId"] for each in listed] == ["bob", "carol"]
        assert listed[0] == {
            "id": place["id"],
            "userId": "bob",
            "name": None,
            "guest": False,
            "since": "2026-03-01T12:00:00Z",
        }
        path = f"{WAITING}/{place['id']}/admission"
        assert live.ask("alice", "POST", path).status == 204
        assert ask(live, "bob").status == 201
        assert live.ask("alice", "POST", f"{WAITING}/{'a' * 22}/admission").code == (
            "waiting_user_not_found"
        )


def test_a_full_room_admits_as_many_as_there_are_seats(live: Live) -> None:
    live.room(waitingRoom=True, maxParticipants=1)
    places = [ask(live, user).json["waiting"]["id"] for user in ("bob", "carol")]
    reply = live.ask("alice", "POST", f"{WAITING}/admissions")
    assert (reply.status, reply.json) == (200, {"admitted": [places[0]], "waiting": 1})
    refused = live.ask("alice", "POST", f"{WAITING}/{places[1]}/admission")
    assert (refused.status, refused.code) == (409, "room_full")
    assert ask(live, "bob").status == 201


def test_a_user_who_was_turned_away_is_told_for_how_long(live: Live) -> None:
    with time_machine.travel(NOON, tick=False):
        live.room(waitingRoom=True)
        place = ask(live, "bob").json["waiting"]["id"]
        assert live.ask("alice", "DELETE", f"{WAITING}/{place}").status == 204
        reply = ask(live, "bob")
        assert (reply.status, reply.code) == (403, "turned_away")
        assert reply.headers["Retry-After"] == "600"
        assert live.ask("bob", "GET", WAITING).code == "not_a_moderator"


def test_the_default_rooms_own_route_says_that_the_caller_must_wait(live: Live) -> None:
    created = live.ask("root", "PUT", "/rooms/lobby", {"waitingRoom": True}, admin=True)
    assert created.status == 201
    reply = live.ask("bob", "GET", "/token?username=Bob")
    assert (reply.status, reply.code) == (409, "must_wait")
    assert reply.headers["Retry-After"] == "5"
    approved = live.ask("root", "POST", "/rooms/lobby/waiting/admissions", admin=True)
    assert len(approved.json["admitted"]) == 1
    assert live.ask("bob", "GET", "/token?username=Bob").status == 200


def test_the_waiting_room_is_turned_on_and_off_while_the_moderators_client_hears_the_number(
    live: Live,
) -> None:
    live.room()
    alice = live.enter("alice")
    live.enter("carol")
    assert live.patch(waitingRoom=True)["waitingRoom"] is True
    assert ask(live, "bob").status == 202
    sent = [call for call in live.stand_ins.opentok.calls if call.path.endswith("/signal")]
    assert [f"/connection/{alice}/signal" in call.path for call in sent] == [True]
    assert live.patch(waitingRoom=False)["waitingRoom"] is False
    assert ask(live, "bob").status == 201


@pytest.mark.parametrize("limit", [None, 5])
def test_asking_again_is_one_read_and_coming_back_after_an_approval_two(
    live: Live, limit: int | None
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(waitingRoom=True, maxParticipants=limit)
        moderator = [QUERY] if limit is None else []
        assert calls_of(live, "bob", 202) == [READ, READ, LOOK, WRITE, *moderator]
        for writes in ([], [WRITE], [], [WRITE]):
            clock.shift(5)
            assert calls_of(live, "bob", 202) == [LOOK, *writes]
        live.ask("alice", "POST", f"{WAITING}/admissions")
        clock.shift(5)
        seat = [] if limit is None else [WRITE]
        assert calls_of(live, "bob", 201)[: 1 + len(seat)] == [LOOK, *seat]
        assert calls_of(live, "bob", 201) == [READ, READ, *seat]


def test_asking_again_is_one_read_for_a_guest_as_well(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(waitingRoom=True, maxParticipants=5)
        code = live.ask("alice", "POST", "/rooms/standup/invitations", {}).json["code"]
        body = json.dumps({"code": code, "guestKey": "a-key-of-random-characters"})

        def calls() -> tuple[int, list[str]]:
            live.stand_ins.aws.clear_calls()
            reply = live.gateway.request("POST", "/invitations/tokens", body=body)
            return reply.status, live.stand_ins.aws.calls

        assert calls() == (202, [LOOK, READ, READ, LOOK, WRITE])
        for writes in ([], [WRITE], [], [WRITE]):
            clock.shift(5)
            assert calls() == (202, [LOOK, *writes])
        live.ask("alice", "POST", f"{WAITING}/admissions")
        clock.shift(5)
        assert calls() == (201, [LOOK, "DynamoDB.TransactWriteItems"])
