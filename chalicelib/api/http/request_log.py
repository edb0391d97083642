"""The request log: one structured line per request, with its metrics in it.

CloudWatch reads metrics from a log line in its embedded metric format. They need no call and no
line of their own. Each audit entry has a line of its own, of the kind `audit`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nlargest
from http import HTTPStatus
from time import perf_counter
from traceback import format_tb
from typing import TYPE_CHECKING, Final

from chalicelib.core.ports.credentials import Pseudonyms
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import NAMESPACE, Annotation, Entry, Metric, metric_name
from chalicelib.errors import (
    Internal,
    NotConfigured,
    RoomkeyError,
    StartUnconfirmed,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.metrics import EphemeralMetrics


SERVICE: Final = "roomkey"
AUDIT: Final = "audit"
"""The kind of audit lines, by which they are copied to a log group of their own."""
_WITH_ADDRESS: Final = (AuditAction.ADMISSION, AuditAction.REFUSAL)
HIDDEN: Final = "hash:unknown"
"""A user in the log, where the key of privacy could not be read."""
MAX_DURATIONS: Final = 99
"""The highest number of durations with one name in a line."""


@dataclass(slots=True)
class RequestRecord:
    """The facts about a request for its log line, without its content.

    Args:
        hide: Returns what stands for a user id in log lines, such as the id itself.
    """

    request_id: str
    method: str
    route: str
    function: str
    address: str | None = None
    user: str | None = None
    room: str | None = None
    hide: Callable[[str], str] = str
    started: float = field(default_factory=perf_counter)
    measurements: list[Entry] = field(default_factory=list)

    def hide_users(self, by: Callable[[], Pseudonyms] | None, deadline: Deadline) -> None:
        """Have the log show pseudonyms for user ids, if there are any."""
        if by is not None:
            self.hide = lambda user_id: by().for_logs(user_id, deadline)

    def shown(self, user_id: str | None) -> str | None:
        """Return what the log shows of a user: the id, or what stands for it."""
        try:
            return None if user_id is None else self.hide(user_id)
        except (NotConfigured, StoreUnavailable):
            return HIDDEN

    def refusal(self, error: RoomkeyError) -> AuditEntry:
        """Return the audit entry of a request that was refused."""
        return AuditEntry(
            action=AuditAction.REFUSAL,
            subject=self.user,
            room=self.room,
            details={"code": error.code, "method": self.method, "route": self.route},
        )


class RequestLog:
    """The writer of the lines. It loads the logger late, because the logger imports botocore.

    Args:
        level: The name of the lowest level to write. Audit lines are written at any level.
        with_addresses: Whether admissions and refusals have the caller's address.
    """

    def __init__(self, level: str, *, with_addresses: bool = True) -> None:
        self._level = level
        self._with_addresses = with_addresses
        self._cold = True

    def preload(self) -> None:
        """Load the logger and the metrics now."""
        _ = self._logger, self._audit_logger, self._metric_sets

    def warning(self, warning: str) -> None:
        """Write a line about the setup of this function."""
        self._logger.warning(warning)

    @cached_property
    def _logger(self) -> "Logger":
        from aws_lambda_powertools import Logger  # noqa: PLC0415  imports botocore

        return Logger(service=SERVICE, level=self._level, location=None)

    @cached_property
    def _audit_logger(self) -> "Logger":
        from aws_lambda_powertools import Logger  # noqa: PLC0415  imports botocore

        return Logger(service=f"{SERVICE}-{AUDIT}", level="INFO", location=None)

    @cached_property
    def _metric_sets(self) -> "type[EphemeralMetrics]":
        from aws_lambda_powertools.metrics import EphemeralMetrics  # noqa: PLC0415  imports botocore

        return EphemeralMetrics

    def write(self, record: RequestRecord, status: HTTPStatus, error: RoomkeyError | None) -> None:
        """Write the line of an answered request.

        Args:
            record: The facts about the request.
            status: The response's status.
            error: The error that was returned, if any. Only this log shows its note, and the stack
                of an internal error.
        """
        service = record.function or SERVICE  # names the stage
        extra: dict[str, object] = {
            "service": service,
            "request_id": record.request_id,
            "method": record.method,
            "route": record.route,
            "status": status.value,
            "milliseconds": round((perf_counter() - record.started) * 1000, 1),
            "user": record.shown(record.user),
            "room": record.room,
            "code": "ok" if error is None else error.code,
        }
        if error is not None and error.note is not None:
            extra["note"] = error.note
        if error is not None:
            record.measurements.append(Metric(metric_name(error.code), 1, timed=False))
        if isinstance(error, StartUnconfirmed):
            # The alarm of the provider rings for a lost answer, too.
            record.measurements.append(Metric("ProviderUnavailable", 1, timed=False))
        if self._cold:
            record.measurements.append(Metric("ColdStart", 1, timed=False))
            self._cold = False
        extra |= _annotations(record) | self._metrics(record, service)
        if isinstance(error, Internal) and error.__cause__ is not None:
            # Only the places: the exception's text may contain what the caller sent.
            extra["stack"] = "".join(format_tb(error.__cause__.__traceback__))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._logger.error("request", extra=extra)
        else:
            self._logger.info("request", extra=extra)
        for each in record.measurements:
            if isinstance(each, AuditEntry):
                self._write_audit(each, record, service)

    def _write_audit(self, entry: AuditEntry, record: RequestRecord, service: str) -> None:
        extra: dict[str, object] = {
            "service": service,
            "actor": record.shown(record.user),
            "request_id": record.request_id,
        }
        if self._with_addresses and entry.action in _WITH_ADDRESS:
            extra["address"] = record.address
        fields = audit_fields(entry, record.shown)
        self._audit_logger.info(AUDIT, extra=extra | fields)

    def _metrics(self, record: RequestRecord, service: str) -> dict[str, object]:
        """Return the request's metrics in CloudWatch's embedded metric format."""
        measured = [each for each in record.measurements if isinstance(each, Metric)]
        if not measured:
            return {}
        metrics = self._metric_sets(namespace=NAMESPACE, service=service)
        for each in _within_line_limits(measured):
            unit = "Milliseconds" if each.timed else "Count"
            metrics.add_metric(each.name, unit, each.value)
        return dict(metrics.serialize_metric_set())


def audit_fields(entry: AuditEntry, shown: Callable[[str | None], str | None]) -> dict[str, object]:
    """Return the fields of an audit line that its entry gives, some of them None.

    Args:
        entry: The entry.
        shown: Returns what the log shows of a user.
    """
    return {
        "kind": AUDIT,
        "action": entry.action,
        "subject": shown(entry.subject),
        "room": entry.room,
        "session_id": entry.session_id,
        "connection_id": entry.connection_id,
        **{name: [shown(each) for each in every] for name, every in entry.users.items()},
        **entry.details,
    }


def _within_line_limits(measured: Sequence[Metric]) -> Iterator[Metric]:
    """Yield the sums of the counts, and the longest durations that fit in a line.

    CloudWatch accepts 100 values of a metric in a line. Powertools writes a line of its own when it
    reaches that number, and ours would then miss them.
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
        yield from nlargest(MAX_DURATIONS, every, key=lambda each: each.value)


def _annotations(record: RequestRecord) -> dict[str, list[str]]:
    """Return the annotations by heading."""
    named: dict[str, list[str]] = {}
    for each in record.measurements:
        if isinstance(each, Annotation):
            named.setdefault(each.heading, []).append(each.what)
    return named
