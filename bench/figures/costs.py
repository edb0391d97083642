"""Costs of calls, measured in turn so that other load affects all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

_QUARTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """The wall-clock and processor seconds of a call."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Spread:
    """The median and the quartiles of some values."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(*statistics.quantiles(values, n=_QUARTERS, method="inclusive"))


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and its threads, more precisely than /proc."""
    return time.clock_gettime(~pid << 3 | 2)


def timed(call: Callable[[], object]) -> Callable[[], Cost]:
    """Wrap a call so that it returns its cost for this process and its threads."""

    def measure() -> Cost:
        processor, wall = time.process_time(), time.perf_counter()
        call()
        return Cost(time.perf_counter() - wall, time.process_time() - processor)

    return measure


def interleaved(rounds: int, calls: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
    """Measure each call once a round, and return the costs of all rounds.

    Each round begins with another call. So a short slowdown of the machine affects all calls, and
    no call always follows the same other call.
    """
    names = list(calls)
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for first in range(rounds):
        for position in range(len(names)):
            name = names[(first + position) % len(names)]
            costs[name].append(calls[name]())
    return costs


def walls(costs: Sequence[Cost]) -> list[float]:
    return [cost.wall for cost in costs]


def processors(costs: Sequence[Cost]) -> list[float]:
    return [cost.processor for cost in costs]


def ratios(values: Sequence[float], to: Sequence[float]) -> Spread:
    """Return the spread of the ratios of both costs, round by round."""
    return Spread.of([one / other for one, other in zip(values, to, strict=True)])
