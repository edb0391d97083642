"""Changes of existing rooms."""

from typing import Any

import pytest
import time_machine

from tests.support.live import Live
from tests.support.noon import NOON


def test_what_is_changed_is_changed_and_the_rest_stays(live: Live) -> None:
    made = live.room(members=["bob"], maxParticipants=3)
    changes: dict[str, Any] = {
        "maxParticipants": None,
        "opensAt": "2026-03-01T10:00:00Z",
        "closesAt": "2099-03-01T10:00:00Z",
        "defaultRole": "subscriber",
        "archivesFor": "moderators",
        "archiveRetentionDays": 30,
    }
    shown = live.patch(**changes)
    assert shown == made | changes
    read = live.ask("alice", "GET", "/rooms/standup").json
    del read["counts"]
    assert read == shown


def test_lists_are_changed_by_adding_and_removing_and_null_clears_one(live: Live) -> None:
    live.room(members=["bob", "carol"])
    shown = live.patch(
        members={"add": ["dora"], "remove": ["bob", "nobody"]}, moderators={"add": ["carol"]}
    )
    assert (shown["members"], shown["moderators"]) == (["carol", "dora"], ["alice", "carol"])
    assert live.patch(members=None)["members"] is None
    assert live.patch(members={"add": ["bob"]})["members"] == ["bob"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"moderators": {"remove": ["alice"]}}, "moderators"),
        ({"moderators": None}, "moderators"),
        ({"members": {"add": ["a"], "remove": ["a"]}}, "members"),
        ({"moderators": {"add": [f"user-{number}" for number in range(50)]}}, "moderators"),
        ({"maxParticipants": 0}, "maxParticipants"),
        ({"maxParticipants": 251}, "maxParticipants"),
        ({"moderatorSeats": 1}, "moderatorSeats"),
        ({"moderatorSeats": 51, "maxParticipants": 250}, "moderatorSeats"),
        ({"moderatorSeats": None}, "moderatorSeats"),
        ({"locked": None}, "locked"),
        ({"defaultRole": "moderator"}, "defaultRole"),
        ({"opensAt": "2030-01-01T00:00:00Z", "closesAt": "2029-01-01T00:00:00Z"}, "closesAt"),
        ({"opensAt": "2030-01-01T00:00:00"}, "opensAt"),
        ({"name": "x"}, "name"),
    ],
)
def test_what_a_room_cannot_be_is_refused_by_field(
    live: Live, body: dict[str, object], field: str
) -> None:
    made = live.room()
    reply = live.ask("alice", "PATCH", "/rooms/standup", body)
    assert (reply.status, reply.field) == (422, field)
    read = live.ask("alice", "GET", "/rooms/standup").json
    assert {name: read[name] for name in made} == made


def test_a_sessions_options_are_immutable(live: Live) -> None:
    live.room()
    reply = live.ask("alice", "PATCH", "/rooms/standup", {"e2ee": True, "location": None})
    assert (reply.status, reply.code) == (409, "immutable")
    assert {each["field"] for each in reply.json["errors"]} == {"e2ee", "location"}


def test_a_change_that_changes_nothing_writes_nothing(live: Live) -> None:
    live.room(maxParticipants=3)
    live.stand_ins.aws.clear_calls()
    live.patch(maxParticipants=3, locked=False)
    assert live.stand_ins.aws.calls == ["DynamoDB.GetItem"]


def test_a_deleted_room_cannot_be_changed(live: Live) -> None:
    live.room()
    live.ask("alice", "DELETE", "/rooms/standup")
    assert live.ask("alice", "PATCH", "/rooms/standup", {"locked": True}).code == "room_closed"


def test_a_room_whose_hours_are_over_opens_again_with_another_session(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        made = live.room(closesAt="2026-03-01T13:00:00Z")
        old = live.token("bob")
        clock.shift(2 * 3600)
        assert live.refusal("bob") == "room_closed"

        shown = live.patch(closesAt="2026-03-01T18:00:00Z")

        assert shown["state"] == "open"
        assert shown["sessionId"] != made["sessionId"]
        assert shown["roomId"] == made["roomId"]
        assert (
            live.ask("bob", "POST", "/rooms/standup/tokens").json["sessionId"]
            == (shown["sessionId"])
        )
        del old


def test_of_changes_made_at_once_none_is_lost(live: Live) -> None:
    from functools import partial  # noqa: PLC0415  for this test alone

    from tests.support.at_once import all_at_once  # noqa: PLC0415  likewise

    live.room(members=[])
    users = [f"user-{number}" for number in range(6)]
    all_at_once([partial(live.patch, members={"add": [user]}) for user in users])
    assert live.ask("alice", "GET", "/rooms/standup").json["members"] == users


@pytest.mark.parametrize("members", [{}, {"remove": ["zed"]}, {"add": []}])
def test_an_open_room_stays_open_where_nobody_is_added(
    live: Live, members: dict[str, list[str]]
) -> None:
    live.room()
    assert live.patch(members=members)["members"] is None
    live.token("bob")


def test_a_room_of_no_members_but_moderators_is_not_opened_by_taking_the_last(live: Live) -> None:
    live.room(members=["bob"])
    assert live.patch(members={"remove": ["bob"]})["members"] == []
    assert live.refusal("bob") == "not_a_member"


def test_members_ids_are_at_most_64_kib_together(live: Live) -> None:
    live.room(members=["bob"])
    for start in range(0, 80, 20):
        members = [
            f"{number:03}" + "\N{GRINNING FACE}" * 252 for number in range(start, start + 20)
        ]
        reply = live.ask("alice", "PATCH", "/rooms/standup", {"members": {"add": members}})
    assert (reply.status, reply.field) == (422, "members")
    assert len(live.ask("alice", "GET", "/rooms/standup").json["members"]) == 61
