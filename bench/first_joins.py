"""First joins over HTTP with a slow OpenTok: with a pool of sessions, and without.

Two apps share the stand-ins and the table. One of them has its pool switched off.
"""

import os
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

import requests

from bench.figures.costs import Spread, ratios
from bench.figures.report import Row, Section, times
from bench.load import Load, PostRequest, run_in_turn
from bench.over_http import join, running_stack
from local.bearer import fetch_bearer
from local.ports import Ports

OPENTOK_MS: Final = 300
CALLERS: Final = (1, 8)
"""No more, because the callers and OpenTok's stand-in share one process here."""
AIM: Final = 1.3
"""The highest accepted ratio of a first join to a re-join."""
NETWORK_MS: Final = 40
"""The time of a round trip between a phone and AWS, for the ratio as its user sees it."""

POOLED: Final = "first joins a second with a pool, 8 at once, OpenTok at 300 ms"

_ROUNDS: Final = 5
_ALONE: Final = 24
"""The requests of one caller in a round: without a pool, each waits for OpenTok."""
_REQUESTS: Final = 96
_POOL: Final = 2000
"""Enough sessions for all rounds."""
_TIMES: Final = 10_000
_USERS: Final = 50
"""The users who create the rooms in turn, so that none of them has very many."""


def section() -> Section:
    """Measure first joins with OpenTok at 300 ms, and compare them with re-joins."""
    # After a minute, reconciliation would check each of the new rooms, in the process of the app.
    os.environ["SCHEDULE_SECONDS"] = "3600"
    with running_stack(_POOL) as stack, stack.another_app(MAX_POOLED_SESSIONS="0") as without:
        _slow_down_opentok(stack.ports)
        bearers = [fetch_bearer(stack.ports, f"user-{number}") for number in range(_USERS)]
        loads = {
            callers: {
                "first joins without a pool": (_first_joins("new", bearers, callers), without),
                "first joins with a pool": (_first_joins("pooled", bearers, callers), stack.ports),
                "re-joins": (_re_joins(bearers[0], callers), stack.ports),
            }
            for callers in CALLERS
        }
        run_in_turn([each for group in loads.values() for each in group.values()], _ROUNDS)
    rows = [row for callers, group in loads.items() for row in _rows(callers, group)]
    pooled, _ = loads[max(CALLERS)]["first joins with a pool"]
    figures = {POOLED: Spread.of(pooled.per_second).median}
    return Section(f"First joins over HTTP, OpenTok at {OPENTOK_MS} ms", rows, figures)


def _slow_down_opentok(ports: Ports) -> None:
    answer = requests.post(
        f"{ports.opentok_url}/sim/faults",
        json={"path": "/session/create", "times": _TIMES, "delayMs": OPENTOK_MS},
        timeout=10,
    )
    answer.raise_for_status()


def _first_joins(rooms: str, bearers: Sequence[str], callers: int) -> Load:
    numbers = count()

    def next_join(_: int) -> PostRequest:
        number = next(numbers)
        return join(f"{rooms}-{callers}-{number}", bearers[number % _USERS])

    return Load(callers, next_join, _ALONE if callers == 1 else _REQUESTS)


def _re_joins(bearer: str, callers: int) -> Load:
    return Load(callers, lambda _: join("standup", bearer), _ALONE if callers == 1 else _REQUESTS)


def _rows(callers: int, loads: Mapping[str, tuple[Load, Ports]]) -> list[Row]:
    without, pooled, again = (load for load, _ in loads.values())
    compared = f"{times(ratios(pooled.per_second, without.per_second))} × as many; "
    rows = [
        without.row(f"first joins without a pool, {callers} at once"),
        pooled.row(f"first joins with a pool, {callers} at once", compared),
        again.row(f"re-joins, {callers} at once"),
    ]
    return rows if callers > 1 else [*rows, *ratio_rows(pooled, again)]


def ratio_rows(first: Load, again: Load) -> list[Row]:
    """Compare single callers, as a caller beside the app and as a phone on a network."""
    per_first, per_again = ([1 / each for each in load.per_second] for load in (first, again))
    far = NETWORK_MS / 1000
    on_phone = ratios([far + each for each in per_first], [far + each for each in per_again])
    return [
        Row(
            what="a first join with a pool, 1 at once",
            median=f"{ratios(per_first, per_again).median:.2f} × a re-join",
            remarks=times(ratios(per_first, per_again)),
        ),
        Row(
            what=f"the same for a phone, {NETWORK_MS} ms away",
            median=f"{on_phone.median:.2f} × a re-join",
            remarks=f"{times(on_phone)}, calculated; aim: ≤ {AIM}",
        ),
    ]
