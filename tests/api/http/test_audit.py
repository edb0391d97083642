"""The audit log: lines of their own, and saved queries that find in them what they promise."""

import json
import re
from typing import Any

import pytest

from chalicelib.core.support.audit import AuditAction
from deploy.aws.audit import FILTER_PATTERN
from tests.support.insights import fields_of, found, saved_queries
from tests.support.live import Live
from tests.support.log_lines import audit_lines

pytestmark = pytest.mark.usual_privacy
IP = "203.0.113.7"
QUERIES = saved_queries()
GIVEN_BY_CLOUDWATCH = {"@timestamp", "@message"}


@pytest.fixture
def lines(live: Live, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines of a call, with what can happen in it."""
    live.room()
    bob = live.enter("bob", role="publisher")
    stream = live.publish(bob)
    live.settle()
    archive = live.ask("alice", "POST", "/rooms/standup/archives", {}).json["id"]
    live.ask("alice", "POST", f"/rooms/standup/archives/{archive}/stop")
    live.ask("alice", "POST", f"/rooms/standup/streams/{stream}/mute")
    live.ask("alice", "POST", "/rooms/standup/invitations", {})
    live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "bob"})
    live.settle()
    live.refusal("bob")
    live.ask("bob", "PATCH", "/rooms/standup", {"locked": True})
    live.ask("root", "GET", "/users/bob", admin=True)
    live.ask("root", "DELETE", "/users/bob", admin=True)
    return audit_lines(capsys)


def of(action: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in lines if each["action"] == action]


def test_a_line_says_who_did_what_to_whom_from_where(lines: list[dict[str, Any]]) -> None:
    (admission,) = of("admission", lines)
    assert admission.pop("timestamp")
    assert admission.pop("session_id")
    assert admission == {
        "level": "INFO",
        "message": "audit",
        "kind": "audit",
        "service": "roomkey-test",
        "action": "admission",
        "actor": "bob",
        "subject": "bob",
        "room": "standup",
        "request_id": admission["request_id"],
        "address": IP,
        "role": "publisher",
    }
    (ban,) = of("ban", lines)
    assert (ban["actor"], ban["subject"], "address" in ban) == ("alice", "bob", False)


def test_a_line_says_who_read_and_who_erased_a_users_data(lines: list[dict[str, Any]]) -> None:
    last = [(each["action"], each["actor"], each["subject"]) for each in lines[-2:]]
    assert last == [("user_data_read", "root", "bob"), ("erasure_requested", "root", "bob")]
    acts = found(QUERIES["QueryUser"].replace("USER", "bob"), lines)
    assert [each["action"] for each in acts][-2:] == ["user_data_read", "erasure_requested"]


def test_a_refusal_has_its_code_wherever_somebody_asked(lines: list[dict[str, Any]]) -> None:
    asked = {(each["route"], each["code"], each["subject"]) for each in of("refusal", lines)}
    assert asked == {
        ("/rooms/{room}/tokens", "banned", "bob"),
        ("/rooms/{room}", "banned", "bob"),
    }
    assert {each["address"] for each in of("refusal", lines)} == {IP}


def test_a_refusal_of_somebody_unknown_names_the_room_that_they_asked_for(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.gateway.request("POST", "/rooms/standup/tokens", bearer="forged")
    live.gateway.request("POST", "/rooms/not%20a%20name/tokens", bearer="forged")
    named, other = audit_lines(capsys)
    assert (named["code"], named["room"], named["address"]) == ("unauthenticated", "standup", IP)
    assert (other["code"], "room" in other) == ("unauthenticated", False)


def test_a_guest_who_is_known_is_named_when_admitted_and_when_refused(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.room()
    code = live.ask("alice", "POST", "/rooms/standup/invitations", {}).json["code"]
    body = json.dumps({"code": code, "guestKey": "k" * 32})
    live.gateway.request("POST", "/invitations/tokens", body=body)
    live.patch(locked=True)
    live.gateway.request("POST", "/invitations/tokens", body=body)
    audits = audit_lines(capsys)

    (admission,), (refusal,) = of("admission", audits), of("refusal", audits)
    assert admission["actor"].startswith("guest:")
    assert refusal["code"] == "room_locked"
    for each in (admission, refusal):
        assert each["actor"] == each["subject"] == admission["actor"]
        assert (each["room"], each["address"]) == ("standup", IP)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_saved_queries_read_only_fields_that_lines_have(
    name: str, lines: list[dict[str, Any]]
) -> None:
    query = QUERIES[name]
    texts = set(re.findall(r'"([^"]*)"', query))
    named = set(re.findall(r" as (\w+)", query))
    there = {field for each in lines for field in each} | GIVEN_BY_CLOUDWATCH

    assert fields_of(query) - named - there == set()
    assert texts - {"ROOM", "USER", "audit"} <= {each.value for each in AuditAction}
    assert 'kind = "audit"' in query


def test_saved_queries_find_what_happened_in_real_lines(lines: list[dict[str, Any]]) -> None:
    assert found(QUERIES["QueryWhoWasIn"].replace("ROOM", "standup"), lines) == []
    until_the_ban = lines[: [each["action"] for each in lines].index("ban")]
    (bob,) = found(QUERIES["QueryWhoWasIn"].replace("ROOM", "STANDUP"), until_the_ban)
    assert bob["user"] == "bob"
    acts = found(QUERIES["QueryModerator"].replace("USER", "alice"), lines)
    assert [each["action"] for each in acts] == [
        *("room_created", "recording_started", "recording_stopped", "mute", "invitation", "ban"),
    ]


def test_the_filter_of_the_log_group_finds_the_lines(lines: list[dict[str, Any]]) -> None:
    assert FILTER_PATTERN == '{ $.kind = "audit" }'
    assert {each["kind"] for each in lines} == {"audit"}


def test_addresses_can_be_left_out_and_no_level_drops_lines(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.room()
    gateway = live.stand_ins.gateway(AUDIT_ADDRESSES="off", LOG_LEVEL="CRITICAL")
    audit_lines(capsys)
    gateway.request(
        "POST", "/rooms/standup/tokens", bearer=live.stand_ins.identity.bearer("bob"), body="{}"
    )
    (line,) = audit_lines(capsys)
    assert (line["action"], "address" in line) == ("admission", False)
