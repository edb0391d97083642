"""One structured line per request, which is also where its metrics are.

CloudWatch reads metrics out of a log line in its embedded metric format, so that they cost no call
and no line of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nlargest
from http import HTTPStatus
from time import perf_counter
from traceback import format_tb
from typing import TYPE_CHECKING, Final

from chalicelib.core.support.metrics import Annotation, Metric
from chalicelib.errors import Internal, RoomkeyError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.metrics import EphemeralMetrics


SERVICE: Final = "roomkey"
NAMESPACE: Final = "Roomkey"
MOST_TIMES: Final = 99
"""How many times of one kind a line tells."""


@dataclass(slots=True)
class RequestRecord:
    """What becomes known of one request while it is answered; never what it carried."""

    request_id: str
    method: str
    route: str
    function: str
    user: str | None = None
    room: str | None = None
    started: float = field(default_factory=perf_counter)
    measurements: list[Metric | Annotation] = field(default_factory=list)


class RequestLog:
    """Writes the lines. Loads the logger only when it is needed: it brings botocore along.

    Args:
        level: The name of the lowest level to write.
    """

    def __init__(self, level: str) -> None:
        self._level = level
        self._cold = True

    def preload(self) -> None:
        """Load the logger and the metrics now."""
        _ = self._logger, self._metric_sets

    def warning(self, warning: str) -> None:
        """UpdateBuilder a line of no request, about how this function was set up."""
        self._logger.warning(warning)

    @cached_property
    def _logger(self) -> "Logger":
        from aws_lambda_powertools import Logger  # noqa: PLC0415  as the class says

        return Logger(service=SERVICE, level=self._level, location=None)

    @cached_property
    def _metric_sets(self) -> "type[EphemeralMetrics]":
        from aws_lambda_powertools.metrics import EphemeralMetrics  # noqa: PLC0415  likewise

        return EphemeralMetrics

    def write(self, line: RequestRecord, status: HTTPStatus, error: RoomkeyError | None) -> None:
        """UpdateBuilder the line of a request that has its answer.

        Args:
            line: What is known of the request.
            status: The answer's status.
            error: What the answer tells of, if not success. Its note is for this log alone; the
                stack is added where the cause is a fault of ours.
        """
        service = line.function or SERVICE  # tells the stages of one account apart
        extra: dict[str, object] = {
            "service": service,
            "request_id": line.request_id,
            "method": line.method,
            "route": line.route,
            "status": status.value,
            "milliseconds": round((perf_counter() - line.started) * 1000, 1),
            "user": line.user,
            "room": line.room,
            "code": "ok" if error is None else error.code,
        }
        if error is not None and error.note is not None:
            extra["note"] = error.note
        if error is not None:
            line.measurements.append(Metric(_metric_name(error.code), 1, timed=False))
        if self._cold:
            line.measurements.append(Metric("ColdStart", 1, timed=False))
            self._cold = False
        extra |= _mentions(line) | self._metrics(line, service)
        if isinstance(error, Internal) and error.__cause__ is not None:
            # Where it happened, but not the fault's own words: they may hold what a caller sent.
            extra["stack"] = "".join(format_tb(error.__cause__.__traceback__))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._logger.error("request", extra=extra)
        else:
            self._logger.info("request", extra=extra)

    def _metrics(self, line: RequestRecord, service: str) -> dict[str, object]:
        """The request's measurements in CloudWatch's embedded metric format."""
        measured = [each for each in line.measurements if isinstance(each, Metric)]
        if not measured:
            return {}
        metrics = self._metric_sets(namespace=NAMESPACE, service=service)
        for each in _as_a_line_holds(measured):
            unit = "Milliseconds" if each.timed else "Count"
            metrics.add_metric(each.name, unit, each.value)
        return dict(metrics.serialize_metric_set())


def _as_a_line_holds(measured: Sequence[Metric]) -> Iterator[Metric]:
    """Counts added up, and of times the longest, as many as one line may have.

    CloudWatch takes 100 values of a metric in a line. Powertools writes a line of its own as soon
    as it has so many, and then has none left for ours.
    """
    counts: dict[str, float] = {}
    times: dict[str, list[Metric]] = {}
    for each in measured:
        if each.timed:
            times.setdefault(each.name, []).append(each)
        else:
            counts[each.name] = counts.get(each.name, 0) + each.value
    for name, total in counts.items():
        yield Metric(name, total, timed=False)
    for every in times.values():
        yield from nlargest(MOST_TIMES, every, key=lambda each: each.value)


def _mentions(line: RequestRecord) -> dict[str, list[str]]:
    """What is to be named, by heading."""
    named: dict[str, list[str]] = {}
    for each in line.measurements:
        if isinstance(each, Annotation):
            named.setdefault(each.heading, []).append(each.what)
    return named


def _metric_name(code: str) -> str:
    """`RoomClosed` for `room_closed`."""
    return "".join(word.capitalize() for word in code.split("_"))
