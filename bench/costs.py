"""What calls cost, measured so that a busy machine burdens all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

_QUARTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that a call took: by the clock, and of a processor."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of what was seen, and the quarters to either side of it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(*statistics.quantiles(values, n=_QUARTERS, method="inclusive"))


def timed(call: Callable[[], object]) -> Callable[[], Cost]:
    """The call, telling what it cost this process and its threads."""

    def measure() -> Cost:
        processor, wall = time.process_time(), time.perf_counter()
        call()
        return Cost(time.perf_counter() - wall, time.process_time() - processor)

    return measure


def interleaved(rounds: int, calls: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
    """What each call cost in each of the rounds.

    A round makes every call once, and each round begins with another one: what slows the machine
    down for a while slows them all, and none always follows the same other.
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


def ratios(of: Sequence[float], to: Sequence[float]) -> Spread:
    """How many times the one costs the other, round by round."""
    return Spread.of([one / other for one, other in zip(of, to, strict=True)])
