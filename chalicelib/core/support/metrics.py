"""Metrics, annotations and audit entries of one request, for its log lines.

They are recorded in the request's context. Outside a request they are dropped.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from heapq import nlargest
from time import perf_counter, time
from typing import Final

from chalicelib.core.support.audit import AuditEntry

NAMESPACE: Final = "Roomkey"
"""The namespace of all metrics in CloudWatch."""

MAX_DURATIONS: Final = 99
"""The highest number of durations with one name in a line. CloudWatch reads 100 values."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A count, or a duration in milliseconds if `timed`."""

    name: str
    value: float
    timed: bool


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text for the request's log record, under a heading."""

    heading: str
    what: str


Entry = Metric | Annotation | AuditEntry

_recorded: ContextVar[list[Entry] | None] = ContextVar("metrics", default=None)


def metric_name(code: str) -> str:
    """Return the name of the metric that counts a problem: `RoomClosed` for `room_closed`."""
    return "".join(word.capitalize() for word in code.split("_"))


@contextmanager
def recording() -> Iterator[list[Entry]]:
    """Collect the metrics, annotations and audit entries of the `with` block."""
    entries: list[Entry] = []
    token = _recorded.set(entries)
    try:
        yield entries
    finally:
        _recorded.reset(token)


def increment(name: str) -> None:
    """Add 1 to the count `name`."""
    _add(Metric(name, 1, timed=False))


def increase(name: str, amount: float) -> None:
    """Add an amount to the count `name`, if there is any."""
    if amount:
        _add(Metric(name, amount, timed=False))


def duration(name: str, seconds: float) -> None:
    """Record a duration that was measured elsewhere."""
    _add(Metric(name, round(seconds * 1000, 1), timed=True))


def annotate(heading: str, what: str) -> None:
    """Add a text to the log record. Never pass text that a caller sent."""
    _add(Annotation(heading, what))


def audit(entry: AuditEntry) -> None:
    """Add an entry to the audit log."""
    _add(entry)


@contextmanager
def timer(name: str) -> Iterator[None]:
    """Measure the duration of the `with` block, even if it raises."""
    started = perf_counter()
    try:
        yield
    finally:
        duration(name, perf_counter() - started)


def _add(entry: Entry) -> None:
    entries = _recorded.get()
    if entries is not None:
        entries.append(entry)


def metric_fields(measured: Iterable[Entry]) -> dict[str, object]:
    """Return metrics in CloudWatch's embedded metric format, for a line with a field `service`.

    The format is AWS's: a description under `_aws`, and a field with the values of each metric.
    """
    values: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for each in _within_line_limits(measured):
        values.setdefault(each.name, []).append(float(each.value))
        units[each.name] = "Milliseconds" if each.timed else "Count"
    if not values:
        return {}
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["service"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
    }
    return {
        "_aws": {"Timestamp": int(time() * 1000), "CloudWatchMetrics": [described]},
        **values,
    }


def _within_line_limits(measured: Iterable[Entry]) -> Iterator[Metric]:
    """Yield the sums of the counts, and the longest durations that CloudWatch reads in a line."""
    counts: dict[str, float] = {}
    times: dict[str, list[Metric]] = {}
    for each in measured:
        if not isinstance(each, Metric):
            continue
        if each.timed:
            times.setdefault(each.name, []).append(each)
        else:
            counts[each.name] = counts.get(each.name, 0) + each.value
    for name, total in counts.items():
        yield Metric(name, total, timed=False)
    for every in times.values():
        yield from nlargest(MAX_DURATIONS, every, key=lambda each: each.value)
