"""The saved queries, run over lines of the audit log."""

from typing import Any

import pytest

from tests.support.insights import found, saved_queries

QUERIES = saved_queries()
CAME = "2026-03-01T12:00:00+00:00"


def line(action: str, user: str | None, room: str = "Seats", **more: Any) -> dict[str, Any]:
    """Return a line as the log has it: what does not apply is absent."""
    subject = {} if user is None else {"subject": user}
    return {"kind": "audit", "action": action, "room": room} | subject | more


def arrival(user: str | None, connection: str, **more: Any) -> dict[str, Any]:
    return line("arrival", user, connection_id=connection, since=CAME, **more)


def departure(user: str | None, connection: str) -> dict[str, Any]:
    return line("departure", user, connection_id=connection, seconds=60)


def in_the_room(*lines: dict[str, Any]) -> list[str | None]:
    """Return who was in the room at the end of these lines."""
    query = QUERIES["QueryWhoWasIn"].replace("ROOM", "seats")
    return [each["user"] for each in found(query, lines)]


def of_user(name: str, *lines: dict[str, Any]) -> list[str]:
    """Return what the query finds of bob: the actions."""
    return [each["action"] for each in found(QUERIES[name].replace("USER", "bob"), lines)]


def test_who_has_come_and_not_gone_was_in_the_room_whatever_the_case_of_its_name() -> None:
    assert in_the_room(
        arrival("bob", "c1"),
        arrival("carol", "c2"),
        departure("bob", "c1"),
        arrival("dora", "c3", room="Elsewhere"),
        line("admission", "erin"),
    ) == ["carol"]


@pytest.mark.parametrize("end", ["departure", "rejection"])
def test_a_callback_that_comes_late_or_twice_brings_nobody_back(end: str) -> None:
    ended = line(end, "bob", connection_id="c1")
    assert in_the_room(ended, arrival("bob", "c1")) == []
    assert in_the_room(arrival("bob", "c1"), ended, arrival("bob", "c1")) == []


def test_a_user_who_was_known_later_than_the_connection_is_named() -> None:
    assert in_the_room(arrival(None, "c1"), arrival("bob", "c1")) == ["bob"]
    assert in_the_room(arrival(None, "c1")) == [None]


def test_whoever_came_before_the_time_range_is_not_taken_for_somebody_in() -> None:
    assert in_the_room(departure("bob", "c1")) == []


def test_what_a_user_did_and_what_happened_to_them_is_found() -> None:
    change = line("rule_change", None, actor="alice", moderators_added=["bob"], members_removed=[])
    creation = line("room_created", None, actor="alice", moderators_added=["alice", "bob"])
    assert of_user(
        "QueryUser",
        line("admission", "bob", actor="bob"),
        line("ban", "carol", actor="bob"),
        line("removal", "bob", actor="alice"),
        change,
        creation,
        {"kind": "audit", "action": "user_data_read", "actor": "root", "subject": "bob"},
        {"kind": "audit", "action": "erasure_requested", "operator": "arn", "subject": "bob"},
        line("ban", "bobby", actor="alice"),
        line("ban", "carol", actor="alice", room="bob"),
    ) == [
        *("admission", "ban", "removal", "rule_change", "room_created"),
        *("user_data_read", "erasure_requested"),
    ]


def test_what_a_moderator_did_leaves_out_their_own_visits() -> None:
    assert of_user(
        "QueryModerator",
        line("admission", "bob", actor="bob"),
        line("refusal", "bob", actor="bob"),
        line("mute", "carol", actor="bob"),
        line("ban", "bob", actor="alice"),
    ) == ["mute"]


def test_refusals_are_counted_by_code_and_address() -> None:
    lines = [
        line("refusal", None, code="banned", address="203.0.113.1"),
        *[line("refusal", None, code="unauthenticated", address="203.0.113.2")] * 2,
        line("admission", "bob", address="203.0.113.2"),
    ]
    assert found(QUERIES["QueryRefusals"], lines) == [
        {"code": "unauthenticated", "address": "203.0.113.2", "refusals": 2},
        {"code": "banned", "address": "203.0.113.1", "refusals": 1},
    ]
