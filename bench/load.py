"""Callers who come at once, each asking again and again on a kept connection."""

import http.client
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from bench.costs import Spread
from bench.report import Row, milliseconds
from local.ports import HOST, Ports

CALLERS: Final = (1, 8, 32)

_ROUNDS: Final = 10
_REQUESTS_PER_ROUND: Final = 96
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A POST, and the status that it is to have."""

    path: str
    body: str
    bearer: str
    status: int


@dataclass
class Load:
    """So many callers at once.

    Args:
        callers: How many.
        ask: What the caller of this number, from 0, asks next.
    """

    callers: int
    ask: Callable[[int], Asked]
    per_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def run(self, ports: Ports) -> None:
        """One round."""
        with ThreadPoolExecutor(self.callers) as pool:
            started = time.perf_counter()
            rounds = [pool.submit(self._call, ports, caller) for caller in range(self.callers)]
            taken = [seconds for round_ in rounds for seconds in round_.result()]
            self.per_second.append(len(taken) / (time.perf_counter() - started))
        self.seconds += taken

    def row(self, what: str, compared: str = "") -> Row:
        """The line about it; `compared` is put before how long each took."""
        per_second = Spread.of(self.per_second)
        return Row(
            what=what,
            median=f"{per_second.median:.0f} /s",
            quartiles=f"{per_second.low:.0f}–{per_second.high:.0f} /s",
            remarks=f"{compared}p50 {milliseconds(_percentile(self.seconds, 50))}, "
            f"p99 {milliseconds(_percentile(self.seconds, 99))}",
        )

    def _call(self, ports: Ports, caller: int) -> list[float]:
        connection = http.client.HTTPConnection(HOST, ports.app, timeout=30)
        try:
            return [
                _seconds(connection, self.ask(caller))
                for _ in range(_REQUESTS_PER_ROUND // self.callers)
            ]
        finally:
            connection.close()


def run_in_turn(loads: Iterable[Load], ports: Ports) -> None:
    """Run all the loads round by round, so that what slows the machine down slows them all."""
    every = list(loads)
    for load in every:
        load.run(ports)
        load.per_second.clear()
        load.seconds.clear()
    for _ in range(_ROUNDS):
        for load in every:
            load.run(ports)


def _seconds(connection: http.client.HTTPConnection, asked: Asked) -> float:
    """The seconds until the answer is there."""
    headers = {"Authorization": f"Bearer {asked.bearer}", "Content-Type": "application/json"}
    started = time.perf_counter()
    connection.request("POST", asked.path, asked.body, headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - started
    if answer.status != asked.status:
        raise RuntimeError(body.decode())
    return seconds


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // _PERCENT]
