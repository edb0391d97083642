"""Rejected clients are disconnected, in whatever order OpenTok's callbacks arrive by HTTP."""

from datetime import timedelta

import pytest
import time_machine

from tests.support.live import Live
from tests.support.noon import NOON

WAYS = [("reverse", 0), ("shuffle", 99)]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{'twice' if way[1] else 'once'}")
def way(request: pytest.FixtureRequest) -> tuple[str, int]:
    order, copies = request.param
    return order, copies


def hold(live: Live, copies: int) -> None:
    live.stand_ins.opentok.plan_callbacks(order="hold", duplicate=copies)


def let_go(live: Live, order: str) -> None:
    live.stand_ins.opentok.plan_callbacks(order=order, seed=3)  # type: ignore[arg-type]
    live.settle()


def test_the_kicked_the_banned_and_those_without_a_seat_are_out(
    live: Live, way: tuple[str, int]
) -> None:
    order, copies = way
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=3)
        old = live.token("mallory")
        hold(live, copies)
        kicked, stays = live.connect(live.token("bob")), live.connect(live.token("carol"))
        live.connect(old)
        live.ask("alice", "DELETE", f"/rooms/standup/connections/{kicked}")
        live.ask("alice", "POST", "/rooms/standup/bans", {"userId": "mallory"})
        live.connect(old)
        let_go(live, order)

        assert live.connected() == {stays} == set(live.shown())
        clock.shift(timedelta(seconds=121))
        for user in ("dora", "eve"):
            live.token(user)
        assert live.refusal("frank") == "room_full"


def test_a_closed_room_is_empty_and_stays_so(live: Live, way: tuple[str, int]) -> None:
    order, copies = way
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(closesAt="2026-03-01T13:00:00Z")
        old = live.token("bob")
        hold(live, copies)
        live.connect(old)
        clock.move_to(NOON + timedelta(minutes=59, seconds=30))
        live.connect(old)
        clock.move_to(NOON + timedelta(minutes=61))
        live.run("enforce_closing_times")
        let_go(live, order)

        assert live.connected() == set() == set(live.shown())


def test_what_was_dropped_is_reconciled_and_what_comes_afterwards_changes_nothing(
    live: Live, way: tuple[str, int]
) -> None:
    order, copies = way
    with time_machine.travel(NOON, tick=False) as clock:
        live.room(maxParticipants=2)
        stale_record, stays = live.enter("bob"), live.enter("carol")
        clock.shift(timedelta(minutes=2))
        live.stand_ins.opentok.plan_callbacks(drop=1)
        live.leave(stale_record)
        hold(live, copies)
        unknown_connection = live.connect(live.token("bob"))
        clock.shift(timedelta(minutes=2))
        live.run("reconcile_sessions")
        let_go(live, order)

        assert live.connected() == {stays} == set(live.shown())
        assert unknown_connection not in live.shown()
        clock.shift(timedelta(seconds=21))
        live.enter("dora")
