"""Concurrent callers that each send requests over one reused connection."""

import http.client
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from bench.figures.costs import Spread
from bench.figures.report import Row, milliseconds
from local.ports import HOST, Ports

CALLERS: Final = (1, 8, 32)

ROUNDS: Final = 10

_REQUESTS_PER_ROUND: Final = 96
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class PostRequest:
    """A POST request and the status that it must get."""

    path: str
    body: str
    bearer: str
    status: int


@dataclass
class Load:
    """A number of concurrent callers.

    Args:
        callers: The number of callers.
        next_request: Returns the next request of the caller with this number, from 0.
        requests: The number of requests in a round.
        per_second: The requests per second of each round.
        seconds: The time of each request.
    """

    callers: int
    next_request: Callable[[int], PostRequest]
    requests: int = _REQUESTS_PER_ROUND
    per_second: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def run(self, ports: Ports) -> None:
        """Run one round."""
        with ThreadPoolExecutor(self.callers) as pool:
            started = time.perf_counter()
            rounds = [pool.submit(self._call, ports, caller) for caller in range(self.callers)]
            taken = [seconds for round_ in rounds for seconds in round_.result()]
            self.per_second.append(len(taken) / (time.perf_counter() - started))
        self.seconds += taken

    def row(self, what: str, compared: str = "") -> Row:
        """Build the table's row. `compared` stands before the times."""
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
                _seconds(connection, self.next_request(caller))
                for _ in range(self.requests // self.callers)
            ]
        finally:
            connection.close()


def run_in_turn(loads: Iterable[tuple[Load, Ports]], rounds: int = ROUNDS) -> None:
    """Run all loads in each round, so that a slowdown of the machine affects all of them."""
    all_loads = list(loads)
    for load, ports in all_loads:
        load.run(ports)
        load.per_second.clear()
        load.seconds.clear()
    for _ in range(rounds):
        for load, ports in all_loads:
            load.run(ports)


def _seconds(connection: http.client.HTTPConnection, request: PostRequest) -> float:
    """Send a request and return the seconds until its answer is complete."""
    headers = {"Authorization": f"Bearer {request.bearer}", "Content-Type": "application/json"}
    started = time.perf_counter()
    connection.request("POST", request.path, request.body, headers)
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - started
    if answer.status != request.status:
        raise RuntimeError(body.decode())
    return seconds


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // _PERCENT]
