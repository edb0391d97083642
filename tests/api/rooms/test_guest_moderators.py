"""Guests over HTTP who wait, and guests who moderate."""

import json

import pytest

from tests.support.gateway import Gateway, Reply
from tests.support.live import Live
from tests.support.log_lines import log_lines

KEY = "a-key-of-random-characters"


def invite(live: Live, **asked: object) -> str:
    reply = live.ask("alice", "POST", "/rooms/standup/invitations", asked)
    assert reply.status == 201, reply.text
    return str(reply.json["code"])


def come(gateway: Gateway, code: str, key: str = KEY, name: str = "Ann") -> Reply:
    body = json.dumps({"code": code, "guestKey": key, "name": name})
    return gateway.request("POST", "/invitations/tokens", body=body)


def ask(live: Live, proof: str, method: str, path: str, body: object = None) -> Reply:
    return live.gateway.request(
        method,
        path,
        headers={"Authorization": f"Guest {proof}"},
        body=None if body is None else json.dumps(body),
    )


def test_a_guest_waits_until_a_guest_who_moderates_lets_them_in(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.room(waitingRoom=True)
    host_code, code = invite(live, role="moderator"), invite(live)
    assert come(live.gateway, host_code).json["role"] == "moderator"
    proof = f"{host_code}.{KEY}"

    waits = come(live.gateway, code, "key-of-another-guest-1", "Bea")
    assert waits.status == 202
    assert (waits.json["waiting"]["ahead"], waits.headers["Retry-After"]) == (0, "5")
    (bea,) = ask(live, proof, "GET", "/rooms/standup/waiting").json["items"]
    assert (bea["name"], bea["guest"]) == ("Bea", True)
    assert ask(live, proof, "POST", f"/rooms/standup/waiting/{bea['id']}/admission").status == 204
    assert come(live.gateway, code, "key-of-another-guest-1", "Bea").status == 201

    lines = json.dumps(log_lines(capsys))
    assert not any(secret in lines for secret in (KEY, code, host_code))


def test_where_invitations_are_off_no_guest_moderates(live: Live) -> None:
    live.room()
    code = invite(live, role="moderator")
    come(live.gateway, code)

    off = Live(live.stand_ins.gateway(INVITATIONS="off"), live.stand_ins)

    assert ask(live, f"{code}.{KEY}", "GET", "/rooms/standup").status == 200
    assert ask(off, f"{code}.{KEY}", "GET", "/rooms/standup").code == "unauthenticated"


def test_a_guest_who_moderates_is_refused_what_only_members_may_do(live: Live) -> None:
    live.room()
    live.room("other")
    code = invite(live, role="moderator")
    come(live.gateway, code)
    proof = f"{code}.{KEY}"

    assert ask(live, proof, "GET", "/rooms/standup").json["state"] == "open"
    assert ask(live, proof, "PATCH", "/rooms/standup", {"locked": True}).status == 200
    assert ask(live, proof, "PATCH", "/rooms/standup", {"closesAt": None}).code == "not_a_moderator"
    assert ask(live, proof, "GET", "/rooms/other").code == "room_not_found"
    for method, path in (
        ("DELETE", "/rooms/standup"),
        ("PUT", "/rooms/mine"),
        ("POST", "/rooms/standup/archives"),
        ("POST", "/rooms/standup/signals"),
    ):
        assert ask(live, proof, method, path).code == "unauthenticated"
    for wrong in (code, f"{code}.", f".{KEY}", f"{code}.{KEY}x", f"{code}x.{KEY}", ""):
        refused = ask(live, wrong, "GET", "/rooms/standup")
        assert (refused.status, refused.code) == (401, "unauthenticated")
