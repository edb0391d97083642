"""Lasting moderation: disconnections, bans, locks, mutes, signals, and deleted rooms."""

from typing import Any

import pytest

from stand_ins.http.faults import Fault
from tests.support.live import Live


def test_a_moderator_disconnects_one_and_nobody_else(live: Live) -> None:
    live.room()
    bob, carol = live.enter("bob"), live.enter("carol")

    reply = live.ask("alice", "DELETE", f"/rooms/standup/connections/{bob}")
    live.settle()

    assert (reply.status, reply.text) == (204, "")
    assert live.connected() == {carol} == set(live.shown())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "connections/{connection}", None),
        ("POST", "streams/{stream}/mute", None),
        ("PUT", "mute", {"active": True}),
        ("POST", "signals", {"data": "x"}),
        ("POST", "bans", {"userId": "bob"}),
        ("GET", "bans", None),
        ("DELETE", "bans/abc", None),
        ("PATCH", "", {"locked": True}),
    ],
)
def test_only_moderators_moderate(live: Live, method: str, path: str, body: object) -> None:
    live.room(members=["bob"])
    connection = live.enter("bob")
    path = f"/rooms/standup/{path}".rstrip("/").format(connection=connection, stream="s1")
    refused = live.ask("bob", method, path, body)
    assert (refused.status, refused.code) == (403, "not_a_moderator")
    hidden = live.ask("mallory", method, path, body)
    assert (hidden.status, hidden.code) == (404, "room_not_found")
    assert live.connected() == {connection}


def test_a_connection_or_stream_of_another_room_is_404(live: Live) -> None:
    live.room("standup")
    live.room("retro")
    live.enter("carol", "standup")
    bob = live.enter("bob", "retro")
    stream = live.publish(bob)
    asked: list[tuple[str, str, Any, str]] = [
        ("DELETE", f"connections/{bob}", None, "connection_not_found"),
        ("DELETE", "connections/..%2F..", None, "connection_not_found"),
        ("POST", "signals", {"data": "x", "connectionId": bob}, "connection_not_found"),
        ("POST", "signals", {"data": "x", "connectionId": "../x"}, "connection_not_found"),
        ("POST", f"streams/{stream}/mute", None, "stream_not_found"),
        ("POST", "streams/no-uuid/mute", None, "stream_not_found"),
    ]
    for method, path, body, code in asked:
        reply = live.ask("alice", method, f"/rooms/standup/{path}", body)
        assert (reply.status, reply.code) == (404, code), path
    assert live.connected("retro") == {bob}
    assert live.at_opentok("retro")["mutes"] == []


def test_streams_are_muted_alone_together_with_exceptions_and_let_be(live: Live) -> None:
    live.room()
    bob = live.enter("bob")
    one, two = live.publish(bob), live.publish(bob)

    assert live.ask("alice", "POST", f"/rooms/standup/streams/{one}/mute").status == 204
    all_but_two = {"active": True, "excludedStreamIds": [two]}
    assert live.ask("alice", "PUT", "/rooms/standup/mute", all_but_two).status == 204
    for let_be in ({"active": False}, {"active": False, "excludedStreamIds": None}):
        assert live.ask("alice", "PUT", "/rooms/standup/mute", let_be).status == 204

    known = live.at_opentok()
    assert {each["streamId"]: each["muted"] for each in known["streams"]} == {one: True, two: False}
    assert known["mutes"] == [
        {"streamId": one},
        all_but_two,
        *2 * ({"active": False, "excludedStreamIds": []},),
    ]


def test_an_excluded_stream_is_named_by_its_id_and_not_by_any_text(live: Live) -> None:
    live.room()
    live.enter("bob")
    body = {"active": True, "excludedStreamIds": ["Bob Example, born 1970"]}
    reply = live.ask("alice", "PUT", "/rooms/standup/mute", body)
    assert (reply.status, reply.field) == (422, "excludedStreamIds[0]")
    assert reply.json["errors"][0]["reason"] == "must be a UUID"
    assert live.at_opentok()["mutes"] == []


def test_signals_go_to_all_or_to_one(live: Live) -> None:
    live.room()
    bob, carol = live.enter("bob"), live.enter("carol")
    to_all = {"type": "chat", "data": "hello"}
    assert live.ask("alice", "POST", "/rooms/standup/signals", to_all).status == 204
    to_one = {"data": "psst", "connectionId": bob}
    assert live.ask("alice", "POST", "/rooms/standup/signals", to_one).status == 204

    first, second = live.at_opentok()["signals"]
    assert (first["type"], first["data"], set(first["recipients"])) == (
        "chat",
        "hello",
        {bob, carol},
    )
    assert (second["data"], second["recipients"]) == ("psst", [bob])


def test_nobody_signals_in_the_services_own_name(live: Live) -> None:
    live.room()
    live.enter("bob")
    reply = live.ask(
        "alice", "POST", "/rooms/standup/signals", {"type": "roomkey-closing", "data": "{}"}
    )
    assert (reply.status, reply.code) == (422, "invalid_field")
    reason = "must not begin with roomkey-, which this service uses itself"
    assert reply.json["errors"] == [{"field": "type", "reason": reason}]
    assert live.at_opentok()["signals"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", "mute", {"active": True}), ("POST", "signals", {"data": "x"})],
)
def test_what_is_for_all_needs_somebody(live: Live, method: str, path: str, body: object) -> None:
    live.room()
    reply = live.ask("alice", method, f"/rooms/standup/{path}", body)
    assert (reply.status, reply.code) == (409, "nobody_connected")


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 502, "provider_refused"),
        (401, 502, "provider_refused"),
        (403, 502, "provider_refused"),
        (429, 503, "provider_unavailable"),
        (500, 503, "provider_unavailable"),
        (503, 503, "provider_unavailable"),
    ],
)
def test_opentoks_failures_are_reported_by_kind(
    live: Live, status: int, expected: int, code: str
) -> None:
    live.room()
    live.enter("bob")
    for path, method, body in (
        ("signals", "POST", {"data": "x"}),
        ("mute", "PUT", {"active": True}),
    ):
        live.stand_ins.opentok.faults.add(Fault("/v2/project", status=status), times=9)
        reply = live.ask("alice", method, f"/rooms/standup/{path}", body)
        assert (reply.status, reply.code) == (expected, code)
        live.stand_ins.opentok.faults.clear()


def test_a_signal_too_large_for_opentok_gets_an_error_that_says_so(live: Live) -> None:
    live.room()
    live.enter("bob")
    live.stand_ins.opentok.faults.add(Fault("/v2/project", status=413))
    reply = live.ask("alice", "POST", "/rooms/standup/signals", {"data": "x"})
    assert (reply.status, reply.code) == (413, "signal_too_large")


def test_a_ban_puts_a_user_out_on_all_devices_and_again_until_it_is_lifted(live: Live) -> None:
    live.room()
    old = live.token("bob|1")
    carol = live.enter("carol")
    for _ in range(2):
        live.connect(old)
    live.settle()

    banned = live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob|1"})
    live.settle()
    assert banned.status == 201
    assert banned.json["userId"] == "bob|1"
    assert live.connected() == {carol}

    assert live.refusal("bob|1") == "banned"
    live.connect(old)
    live.settle()
    assert live.connected() == {carol}

    repeated = live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob|1"})
    assert (repeated.status, repeated.json) == (201, banned.json)
    listed = live.ask("alice", "GET", "/rooms/standup/bans").json["items"]
    assert listed == [banned.json]

    path = f"/rooms/standup/bans/{banned.json['id']}"
    assert live.ask("alice", "DELETE", path).status == 204
    assert live.ask("alice", "DELETE", path).code == "ban_not_found"
    back = live.connect(old)
    live.settle()
    assert live.connected() == {carol, back}


def test_a_ban_puts_out_all_devices_it_can_though_one_of_them_fails(live: Live) -> None:
    live.room()
    devices = {live.enter("bob") for _ in range(3)}
    first = min(devices)
    live.stand_ins.opentok.faults.add(Fault(f"/connection/{first}", status=500), times=2)
    reply = live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    live.settle()
    assert (reply.status, reply.code) == (503, "provider_unavailable")
    assert live.connected() == {first}


def test_who_moderates_a_room_cannot_be_banned_nor_who_is_banned_moderate(live: Live) -> None:
    live.room()
    reply = live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "alice"})
    assert (reply.status, reply.field) == (422, "userId")
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    reply = live.ask("alice", "PATCH", "/rooms/standup", {"moderators": {"add": ["bob"]}})
    assert (reply.status, reply.field) == (422, "moderators")


def test_who_is_banned_neither_sees_who_is_in_nor_what_was_recorded(live: Live) -> None:
    live.room()
    live.enter("carol")
    archive = live.ask("alice", "POST", "/rooms/standup/archives", {}).json["id"]
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    archives = "/rooms/standup/archives"
    for path in ("", "/connections", "/archives", f"/archives/{archive}"):
        assert live.ask("bob", "GET", f"/rooms/standup{path}").code == "banned"
    assert live.ask("bob", "GET", f"{archives}/{archive}/media").code == "banned"
    assert live.ask("bob", "PATCH", "/rooms/standup", {"locked": True}).code == "banned"
    assert live.ask("bob", "GET", "/rooms/standup", admin=True).status == 200


def test_an_admin_who_was_given_a_token_can_be_banned(live: Live) -> None:
    live.room()
    reply = live.ask("root", "POST", "/rooms/standup/tokens", {}, admin=True)
    live.connect(reply.json["token"])
    live.settle()
    reply = live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "root"})
    assert reply.status == 201
    assert live.connected() == set()


def test_the_banned_do_not_moderate_a_room_made_anew(live: Live) -> None:
    live.room()
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    live.ask("alice", "DELETE", "/rooms/standup")
    reply = live.ask("alice", "PUT", "/rooms/standup", {"moderators": ["bob"]})
    assert (reply.status, reply.field) == (422, "moderators")
    assert live.refusal("bob") == "room_closed"


@pytest.mark.usefixtures("clock")  # in the next second, the token ends later
@pytest.mark.parametrize("limits", [{}, {"maxParticipants": 2}], ids=["uncapped", "capped"])
def test_an_admin_stays_though_no_list_names_them_and_is_noted_once(
    live: Live, limits: dict[str, Any]
) -> None:
    live.room(members=[], **limits)
    for _ in range(2):
        live.stand_ins.aws.clear_calls()
        reply = live.ask("root", "POST", "/rooms/standup/tokens", admin=True)
        calls = len(live.stand_ins.aws.calls)
    assert reply.json["role"] == "moderator"
    assert calls == len(limits) + 1
    root = live.connect(reply.json["token"])
    live.settle()
    assert live.connected() == {root}


def test_a_room_is_deleted_whatever_opentok_does_and_emptied_by_the_schedule(live: Live) -> None:
    live.room()
    live.enter("bob")
    live.stand_ins.opentok.faults.add(Fault("/v2/project", status=500), times=9)
    assert live.ask("alice", "DELETE", "/rooms/standup").status == 204
    live.stand_ins.opentok.faults.clear()
    assert len(live.connected()) == 1
    assert live.refusal("carol") == "room_closed"

    live.run("enforce_closing_times")
    live.settle()

    assert live.connected() == set()
