"""Closing times: clients are warned, then disconnected, and no token outlives them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.adapters.dynamodb.room_items import SHARDS
from chalicelib.core.ports.session_store import CheckQueue
from stand_ins.http.faults import Fault
from tests.support.live import Live
from tests.support.log_lines import log_lines
from tests.support.noon import NOON

CLOSES_AT = "2026-03-01T13:00:00Z"


def signals(live: Live) -> list[Any]:
    return list(live.at_opentok()["signals"])


def test_what_one_run_could_not_do_the_next_one_does(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(closesAt=CLOSES_AT)
        live.enter("bob")
        clock.move_to(NOON + timedelta(minutes=61))
        live.stand_ins.opentok.faults.add(Fault("/v2/project", status=500), times=2)
        live.run("enforce_closing_times")
        assert "DisconnectsUnfinished" in log_lines(capsys)[-1]
        assert len(live.connected()) == 1
        live.run("enforce_closing_times")
        live.settle()
        assert live.connected() == set()


def test_disconnections_that_opentok_refuses_are_logged_with_its_answer(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(closesAt=CLOSES_AT)
        live.enter("bob")
        clock.move_to(NOON + timedelta(minutes=61))
        live.stand_ins.opentok.faults.add(Fault("/connection", status=403), times=9)
        live.run("enforce_closing_times")
        line = log_lines(capsys)[-1]
        assert line["DisconnectsRefused"] == [1.0]
        (failure,) = line["failure"]
        assert ": 403" in failure


@pytest.mark.parametrize(
    ("schedule", "queries"),
    [("enforce_closing_times", 1), ("reconcile_sessions", len(CheckQueue) * SHARDS)],
)
def test_a_run_with_nothing_due_makes_a_query_for_each_part_of_a_queue(
    live: Live, schedule: str, queries: int
) -> None:
    live.room(closesAt="2099-01-01T00:00:00Z")
    live.stand_ins.aws.clear_calls()
    live.run(schedule)
    assert live.stand_ins.aws.calls == ["DynamoDB.Query"] * queries


def test_a_run_that_fails_says_so_in_the_log_and_nowhere_else(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.stand_ins.aws.fail("DynamoDB.Query", error="AccessDeniedException")
    live.run("enforce_closing_times")
    line = log_lines(capsys)[-1]
    assert (line["route"], line["status"], line["code"]) == (
        "enforce_closing_times",
        503,
        "store_unavailable",
    )


def test_one_rooms_unreadable_record_keeps_no_other_from_being_emptied(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for name in ("odd", "standup"):
            live.room(name, closesAt=CLOSES_AT)
            live.enter("bob", name)
            clock.shift(1)
        live.damage("room#odd", "room", "mediaMode", "odd")
        clock.move_to(NOON + timedelta(minutes=61))

        live.run("enforce_closing_times")

        (line,) = [line for line in log_lines(capsys) if line["route"] == "enforce_closing_times"]
        assert live.connected() == set()
        assert (line["status"], line["code"]) == (500, "internal")
        assert (line["faulty"], line["RoomsEmptied"]) == (["room odd"], [1.0])
