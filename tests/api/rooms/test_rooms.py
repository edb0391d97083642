import json
from datetime import datetime
from typing import Any

import pytest
import time_machine

from tests.support.gateway import Gateway, Reply
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_KEY, StandIns

ALL_SETTINGS: dict[str, Any] = {
    "mediaMode": "routed",
    "archiveMode": "always",
    "archiveName": "Weekly",
    "archiveResolution": "1280x720",
    "location": "192.0.2.44",
    "e2ee": False,
    "defaultRole": "subscriber",
    "moderators": ["bob"],
    "members": ["bob", "carol"],
    "maxParticipants": 12,
    "moderatorSeats": 2,
    "opensAt": "2026-03-01T10:00:00Z",
    "closesAt": "2099-03-01T10:00:00.250Z",
    "archivesFor": "moderators",
    "archiveRetentionDays": 30,
}


class Users:
    """A sender of requests as any user."""

    def __init__(self, gateway: Gateway, stand_ins: StandIns) -> None:
        self._gateway = gateway
        self._identity = stand_ins.identity

    def ask(
        self, user: str, method: str, path: str, body: object = None, *, admin: bool = False
    ) -> Reply:
        return self._gateway.request(
            method,
            path,
            bearer=self._identity.bearer(user, admin=admin),
            body=None if body is None else json.dumps(body),
        )


def without_counts(reply: Reply) -> dict[str, Any]:
    """Return a single room's answer without its counts, which lists do not have."""
    room = dict(reply.json)
    del room["counts"]
    return room


@pytest.fixture
def users(gateway: Gateway, stand_ins: StandIns) -> Users:
    return Users(gateway, stand_ins)


def test_a_new_room_answers_with_all_of_its_settings(users: Users) -> None:
    reply = users.ask("alice", "PUT", "/rooms/Standup")

    assert reply.status == 201
    shown = reply.json
    assert shown["sessionId"].startswith(("1_", "2_"))
    assert len(shown["roomId"]) == 32
    assert datetime.fromisoformat(shown["createdAt"]).tzinfo is not None
    for varying in ("sessionId", "roomId", "createdAt"):
        del shown[varying]
    assert shown == {
        "room": "Standup",
        "apiKey": API_KEY,
        "state": "open",
        "createdBy": "alice",
        "mediaMode": "routed",
        "archiveMode": "manual",
        "archiveName": None,
        "archiveResolution": None,
        "location": None,
        "e2ee": False,
        "defaultRole": "publisher",
        "moderators": ["alice"],
        "members": None,
        "maxParticipants": None,
        "moderatorSeats": 0,
        "waitingRoom": False,
        "opensAt": None,
        "closesAt": None,
        "archivesFor": "members",
        "archiveRetentionDays": None,
    }


def test_every_setting_is_kept_and_shown(users: Users) -> None:
    made = users.ask("alice", "PUT", "/rooms/weekly", ALL_SETTINGS)
    read = users.ask("bob", "GET", "/rooms/weekly")

    assert (made.status, read.status) == (201, 200)
    assert without_counts(read) == made.json
    expected = ALL_SETTINGS | {"moderators": ["alice", "bob"]}
    assert {name: read.json[name] for name in ALL_SETTINGS} == expected


def test_opentok_is_asked_for_just_the_session_that_the_settings_mean(
    users: Users, stand_ins: StandIns
) -> None:
    users.ask("alice", "PUT", "/rooms/plain")
    users.ask("alice", "PUT", "/rooms/relayed", {"mediaMode": "relayed"})
    users.ask("alice", "PUT", "/rooms/secret", {"e2ee": True})
    users.ask("alice", "PUT", "/rooms/weekly", ALL_SETTINGS)

    plain = {"p2p.preference": "disabled", "archiveMode": "manual", "e2ee": "false"}
    assert [call.form for call in stand_ins.opentok.calls] == [
        plain,
        plain | {"p2p.preference": "enabled"},
        plain | {"e2ee": "true"},
        plain
        | {
            "archiveMode": "always",
            "archiveName": "Weekly",
            "archiveResolution": "1280x720",
            "location": "192.0.2.44",
        },
    ]


def test_a_location_of_caller_is_the_callers_address_if_opentok_can_use_it(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    alice = stand_ins.identity.bearer("alice")
    for name, address in (("four", "198.51.100.9"), ("six", "2001:db8::1")):
        reply = gateway.request(
            "PUT",
            f"/rooms/{name}",
            bearer=alice,
            body='{"location":"caller"}',
            source_ip=address,
        )
        assert reply.json["location"] == "caller"
    four, six = stand_ins.opentok.calls
    assert four.form["location"] == "198.51.100.9"
    assert "location" not in six.form


def test_putting_a_room_again_finds_it_if_every_field_given_equals(users: Users) -> None:
    made = users.ask("alice", "PUT", "/rooms/weekly", ALL_SETTINGS)

    again: tuple[dict[str, Any], ...] = (
        {},
        {"maxParticipants": 12},
        ALL_SETTINGS,
        {"opensAt": "2026-03-01T11:00:00+01:00"},
    )
    for body in again:
        found = users.ask("alice", "PUT", "/rooms/WEEKLY", body)
        assert (found.status, found.json) == (200, made.json)


def test_putting_a_room_with_other_settings_names_those_that_differ(users: Users) -> None:
    made = users.ask("alice", "PUT", "/rooms/weekly", ALL_SETTINGS)

    reply = users.ask(
        "bob", "PUT", "/rooms/weekly", {"maxParticipants": 13, "members": None, "e2ee": False}
    )

    assert (reply.status, reply.code) == (409, "room_exists")
    assert {each["field"] for each in reply.json["errors"]} == {"maxParticipants", "members"}
    assert without_counts(users.ask("alice", "GET", "/rooms/weekly")) == made.json


def test_who_is_no_member_learns_nothing_of_a_room_by_putting_it(users: Users) -> None:
    users.ask("alice", "PUT", "/rooms/private", {"members": ["bob"]})
    reply = users.ask("mallory", "PUT", "/rooms/private", {"maxParticipants": 3})
    assert (reply.status, reply.code) == (403, "not_a_member")
    assert "errors" not in reply.json


@pytest.mark.parametrize("user", ["alice", "bob", "carol"])
def test_members_and_moderators_may_read_a_room(users: Users, user: str) -> None:
    users.ask("alice", "PUT", "/rooms/private", {"members": ["bob"], "moderators": ["carol"]})
    assert users.ask(user, "GET", "/rooms/private").status == 200


def test_to_everybody_else_a_room_does_not_exist(users: Users) -> None:
    users.ask("alice", "PUT", "/rooms/private", {"members": []})
    hidden = users.ask("mallory", "GET", "/rooms/private")
    missing = users.ask("mallory", "GET", "/rooms/missing")
    assert hidden.status == missing.status == 404
    assert hidden.code == missing.code == "room_not_found"
    assert users.ask("mallory", "DELETE", "/rooms/private").status == 404
    assert users.ask("root", "GET", "/rooms/private", admin=True).status == 200


def test_where_only_admins_create_rooms_others_cannot(stand_ins: StandIns) -> None:
    users = Users(stand_ins.gateway(ROOM_CREATION="admins"), stand_ins)
    refused = users.ask("alice", "PUT", "/rooms/standup")
    assert (refused.status, refused.code) == (403, "not_a_moderator")
    not_made = users.ask("alice", "POST", "/rooms/standup/tokens")
    assert (not_made.status, not_made.code) == (404, "room_not_found")
    assert stand_ins.items() == []
    assert stand_ins.opentok.calls == []

    assert users.ask("root", "PUT", "/rooms/standup", admin=True).status == 201
    assert users.ask("alice", "POST", "/rooms/standup/tokens").status == 201


def test_only_moderators_may_delete_a_room(users: Users) -> None:
    users.ask("alice", "PUT", "/rooms/standup", {"moderators": ["bob"]})
    refused = users.ask("carol", "DELETE", "/rooms/standup")
    assert (refused.status, refused.code) == (403, "not_a_moderator")
    deleted = users.ask("bob", "DELETE", "/rooms/standup")
    assert (deleted.status, deleted.text) == (204, "")


def test_a_deleted_room_is_closed_to_all_and_deleting_it_again_changes_nothing(
    users: Users, stand_ins: StandIns
) -> None:
    users.ask("alice", "PUT", "/rooms/standup")
    users.ask("alice", "DELETE", "/rooms/standup")
    assert users.ask("alice", "GET", "/rooms/standup").json["state"] == "closed"
    before = stand_ins.items()
    for user in ("alice", "bob"):
        reply = users.ask(user, "POST", "/rooms/standup/tokens")
        assert (reply.status, reply.code) == (409, "room_closed")
    assert users.ask("bob", "PUT", "/rooms/standup").code == "room_closed"
    assert users.ask("alice", "DELETE", "/rooms/standup").status == 204
    assert stand_ins.items() == before


@pytest.mark.parametrize(("user", "admin"), [("alice", False), ("root", True)])
def test_a_deleted_rooms_moderators_and_admins_may_use_its_name_for_a_new_room(
    users: Users, user: str, admin: bool
) -> None:
    old = users.ask("alice", "PUT", "/rooms/standup").json
    users.ask("alice", "DELETE", "/rooms/standup")

    renewed = users.ask(user, "PUT", "/rooms/standup", {"maxParticipants": 5}, admin=admin)

    assert renewed.status == 201
    assert renewed.json["roomId"] != old["roomId"]
    assert renewed.json["sessionId"] != old["sessionId"]
    assert renewed.json["state"] == "open"


def test_after_thirty_days_anybody_may_use_a_deleted_rooms_name(users: Users) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        users.ask("alice", "PUT", "/rooms/standup")
        users.ask("alice", "DELETE", "/rooms/standup")
        clock.shift(30 * 86400 - 1)
        assert users.ask("bob", "PUT", "/rooms/standup").code == "room_closed"
        clock.shift(1)
        assert users.ask("bob", "GET", "/rooms/standup").status == 404
        assert users.ask("bob", "PUT", "/rooms/standup").json["createdBy"] == "bob"


def test_a_room_has_hours(users: Users) -> None:
    hours = {"opensAt": "2026-03-01T12:01:00Z", "closesAt": "2026-03-01T13:00:00Z"}
    with time_machine.travel(NOON, tick=False) as clock:
        assert users.ask("alice", "PUT", "/rooms/class", hours).json["state"] == "scheduled"
        early = users.ask("bob", "POST", "/rooms/class/tokens")
        assert (early.status, early.code) == (409, "room_not_open")
        assert early.json["opensAt"] == "2026-03-01T12:01:00Z"
        assert early.headers["Retry-After"] == "60"
        clock.shift(60)
        assert users.ask("bob", "GET", "/rooms/class").json["state"] == "open"
        admit_user = users.ask("bob", "POST", "/rooms/class/tokens")
        assert admit_user.json["expiresAt"] == "2026-03-01T13:00:00Z"
        clock.shift(59 * 60)
        assert users.ask("bob", "GET", "/rooms/class").json["state"] == "closed"
        assert users.ask("bob", "POST", "/rooms/class/tokens").code == "room_closed"


def test_a_user_lists_the_rooms_they_created_newest_first_page_by_page(users: Users) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(5):
            users.ask("alice", "PUT", f"/rooms/Room-{number}")
            clock.shift(1)
        users.ask("bob", "PUT", "/rooms/bobs", {"moderators": ["alice"]})
        users.ask("alice", "DELETE", "/rooms/room-3")

        names, cursor, pages = [], "", 0
        while pages == 0 or cursor:
            page = users.ask("alice", "GET", f"/rooms?limit=2{cursor}").json
            names += [each["room"] for each in page["items"]]
            cursor = page["cursor"] and f"&cursor={page['cursor']}"
            pages += 1

    assert names == ["Room-4", "Room-2", "Room-1", "Room-0"]
    assert pages == 2


def test_somebody_elses_cursor_is_refused(users: Users) -> None:
    for number in range(2):
        users.ask("alice", "PUT", f"/rooms/room-{number}")
    cursor = users.ask("alice", "GET", "/rooms?limit=1").json["cursor"]
    reply = users.ask("bob", "GET", f"/rooms?limit=1&cursor={cursor}")
    assert (reply.status, reply.field) == (422, "cursor")


def test_a_room_has_fifty_moderators_at_most_its_creator_among_them(
    users: Users, stand_ins: StandIns
) -> None:
    others = [f"u{number}" for number in range(50)]
    refused = users.ask("alice", "PUT", "/rooms/crowd", {"moderators": others})
    assert (refused.status, refused.field) == (422, "moderators")
    assert stand_ins.opentok.calls == []
    assert users.ask("u0", "PUT", "/rooms/crowd", {"moderators": others}).status == 201


def test_an_outsider_hears_of_a_deleted_private_room_that_it_is_closed(users: Users) -> None:
    users.ask("alice", "PUT", "/rooms/private", {"members": ["bob"]})
    users.ask("alice", "DELETE", "/rooms/private")
    assert users.ask("mallory", "POST", "/rooms/private/tokens").code == "room_closed"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/rooms/a?b=1"),
        ("GET", "/rooms/a?b=1"),
        ("DELETE", "/rooms/a?b=1"),
        ("POST", "/rooms/a/tokens?b=1"),
    ],
)
def test_a_parameter_that_a_route_does_not_know_is_refused(
    users: Users, stand_ins: StandIns, method: str, path: str
) -> None:
    reply = users.ask("alice", method, path)
    assert (reply.status, reply.field) == (422, "b")
    assert stand_ins.items() == []
