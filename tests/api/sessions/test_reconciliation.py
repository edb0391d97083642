"""Reconciliation of presence: a comparison with OpenTok's list finds what callbacks lost."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON

MINUTES = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("changes", "stays"),
    [
        ({}, True),
        ({"maxParticipants": 9}, False),
        ({"locked": True}, False),
        ({"members": {"add": ["bob", "carol"]}}, False),
        ({"ban": "dora"}, False),
    ],
)
def test_an_unknown_connection_is_recorded_and_rejected_if_the_room_has_access_limits(
    live: Live, changes: dict[str, Any], stays: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        carol = live.enter("carol")
        live.stand_ins.opentok.plan_callbacks(drop=1)
        unknown_connection = live.connect(live.token("bob"))
        if "ban" in changes:
            live.ask("alice", "POST", "/rooms/standup/bans", {"userId": changes["ban"]})
        else:
            live.patch(**changes)
        clock.shift(59)
        live.run("reconcile_sessions")
        assert live.shown() == {carol: "carol"}
        clock.shift(61)

        live.run("reconcile_sessions")
        live.settle()

        assert live.connected() == ({carol, unknown_connection} if stays else {carol})
        assert live.shown() == {carol: "carol"} | ({unknown_connection: None} if stays else {})
        (line,) = [line for line in log_lines(capsys) if "UnknownConnections" in line]
        assert line["UnknownConnections"] == [1.0]


def test_if_opentok_cannot_be_asked_nothing_is_removed(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=1)
        bob = live.enter("bob")
        for fault in (
            Fault("/connection", status=500),
            Fault("/connection", status=404, body="<html>no such page</html>"),
            Fault("/connection", status=200, body="{}"),
            Fault("/connection", status=403),
        ):
            clock.shift(timedelta(hours=2))
            live.stand_ins.opentok.faults.add(fault, times=9)
            live.run("reconcile_sessions")
            live.stand_ins.opentok.faults.clear()
            assert live.shown() == {bob: "bob"}
            assert live.refusal("carol") == "room_full"


def test_a_user_with_a_token_has_an_idle_session_looked_at_again_once(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        writes = []
        for checks in (0, 1, 0):
            for _ in range(checks):
                clock.shift(timedelta(minutes=11))
                live.run("reconcile_sessions")
            live.stand_ins.aws.clear_calls()
            live.token("bob")
            writes.append(live.stand_ins.aws.calls.count("DynamoDB.UpdateItem"))
        assert writes == [0, 2, 0]


def test_one_sessions_odd_list_keeps_no_other_from_being_checked(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room("odd")
        live.enter("bob", "odd")
        clock.shift(1)
        live.room()
        bob = live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        odd = '{"items":[{"connectionId":"c1","createdAt":"99999999999999999999"}]}'
        live.stand_ins.opentok.faults.add(Fault("/connection", status=200, body=odd), times=1)
        live.run("reconcile_sessions")
        assert live.shown() == {}


def test_a_session_that_opentok_refused_is_asked_about_again_after_five_minutes(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for name in ("standup", "other"):
            live.room(name)
            live.enter("bob", name)
        clock.shift(MINUTES)
        live.stand_ins.opentok.faults.add(Fault("/connection", status=403), times=9)
        live.run("reconcile_sessions")
        (failure,) = log_lines(capsys)[-1]["failure"]
        assert failure.startswith("GET session/")
        assert ": 403" in failure
        live.stand_ins.opentok.faults.clear()
        asked = []
        for seconds in (299, 1):
            clock.shift(seconds)
            live.stand_ins.opentok.clear_calls()
            live.run("reconcile_sessions")
            asked.append(live.stand_ins.opentok.count("/connection"))
        assert asked == [0, 2]


@pytest.mark.parametrize(
    ("of", "name", "odd"),
    [
        ("session", "name", None),
        ("session", "retiredUntil", "soon"),
        ("connection#", "since", None),
        ("room", "mediaMode", "odd"),
    ],
)
def test_one_sessions_unreadable_record_keeps_no_other_from_being_checked(
    live: Live, capsys: pytest.CaptureFixture[str], of: str, name: str, odd: str | None
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        session_id = live.room("odd")["sessionId"]
        live.enter("bob", "odd")
        clock.shift(1)
        live.room()
        bob = live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(bob)
        live.damage("room#odd" if of == "room" else f"session#{session_id}", of, name, odd)

        live.run("reconcile_sessions")

        (line,) = [line for line in log_lines(capsys) if line["route"] == "reconcile_sessions"]
        assert live.shown() == {}
        assert (line["status"], line["code"]) == (500, "internal")
        assert line["faulty"] == [f"session {session_id}"]
        assert line["ReconciliationFailed"] == [1.0]
        # The failed check waits behind the others.
        live.stand_ins.aws.clear_calls()
        clock.shift(59)
        live.run("reconcile_sessions")
        assert set(live.stand_ins.aws.calls) == {"DynamoDB.Query"}


def test_media_that_opentok_refuses_slow_no_check_of_who_is_in(live: Live) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.enter("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.faults.add(Fault("/archive", status=403), times=9)
        live.stand_ins.opentok.clear_calls()
        live.run("reconcile_sessions")
        # The other kinds of media were reconciled all the same.
        assert live.stand_ins.opentok.count("/broadcast") == 1
        clock.shift(60)
        live.stand_ins.opentok.clear_calls()
        live.run("reconcile_sessions")
        assert live.stand_ins.opentok.count("/connection") == 1


def test_an_empty_session_whose_media_are_refused_is_asked_about_after_five_minutes(
    live: Live,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room()
        live.token("bob")
        clock.shift(MINUTES)
        live.stand_ins.opentok.faults.add(Fault("/archive", status=403), times=9)
        live.run("reconcile_sessions")
        live.stand_ins.opentok.faults.clear()
        asked = []
        for seconds in (299, 1):
            clock.shift(seconds)
            live.stand_ins.opentok.clear_calls()
            live.run("reconcile_sessions")
            asked.append(live.stand_ins.opentok.count("/archive"))
        assert asked == [0, 1]
