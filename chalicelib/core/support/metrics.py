"""What is counted, timed and named while a request is served, kept until its line is logged.

The request's own thread collects; outside a request nothing does, and nothing is lost but figures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure; milliseconds if `timed`, else a count."""

    name: str
    value: float
    timed: bool


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that the line is to name, under a heading."""

    heading: str
    what: str


_collected: ContextVar[list[Metric | Annotation] | None] = ContextVar("measurements", default=None)


@contextmanager
def recording() -> Iterator[list[Metric | Annotation]]:
    """Collect what the body measures and mentions."""
    measurements: list[Metric | Annotation] = []
    token = _collected.set(measurements)
    try:
        yield measurements
    finally:
        _collected.reset(token)


def increment(name: str) -> None:
    """Count one more of what `name` names."""
    _add(Metric(name, 1, timed=False))


def annotate(heading: str, what: str) -> None:
    """Have the line name this; never what a caller sent."""
    _add(Annotation(heading, what))


@contextmanager
def timer(name: str) -> Iterator[None]:
    """Time the body, whether or not it succeeds."""
    started = perf_counter()
    try:
        yield
    finally:
        _add(Metric(name, round((perf_counter() - started) * 1000, 1), timed=True))


def _add(measurement: Metric | Annotation) -> None:
    collected = _collected.get()
    if collected is not None:
        collected.append(measurement)
