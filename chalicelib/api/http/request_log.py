"""The request log: one structured line per request, with its metrics in it.

CloudWatch reads metrics from a log line in its embedded metric format. They need no call and no
line of their own. Each audit entry has a line of its own, of the kind `audit`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from logging import Formatter, LogRecord
from time import gmtime, perf_counter
from traceback import format_tb
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.core.ports.credentials import Pseudonyms
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import Annotation, Entry, Metric, metric_fields, metric_name
from chalicelib.errors import (
    Internal,
    NotConfigured,
    RoomkeyError,
    StartUnconfirmed,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


SERVICE: Final = "roomkey"
AUDIT: Final = "audit"
"""The kind of audit lines, by which they are copied to a log group of their own."""
_FIELDS: Final = "fields"
_TRACE: Final = "_X_AMZN_TRACE_ID"
_WITH_ADDRESS: Final = (AuditAction.ADMISSION, AuditAction.REFUSAL)
HIDDEN: Final = "hash:unknown"
"""A user in the log, where the key of privacy could not be read."""


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


class LineFormatter(Formatter):
    """The form of powertools' lines, for its logger. msgspec writes them.

    powertools' own formatter looks for the fields of a line among all attributes of a record. Here
    they come as one value.
    """

    default_msec_format = "%s,%03d+0000"
    converter = staticmethod(gmtime)

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, object] = {}

    def append_keys(self, **keys: object) -> None:
        """Take the fields of every line from powertools."""
        self._keys |= keys

    def format(self, record: LogRecord) -> str:
        every = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": self.formatTime(record),
            **self._keys,
            **getattr(record, _FIELDS, {}),
            "xray_trace_id": _trace_id(),
        }
        line = {name: value for name, value in every.items() if value is not None}
        try:
            return msgspec.json.encode(line).decode()
        except UnicodeEncodeError:  # UTF-8 has no lone surrogates; Python's own JSON escapes them
            return json.dumps(line)


def _trace_id() -> str | None:
    """Return the invocation's id in X-Ray and in Lambda's own lines, if it has one."""
    return os.environ.get(_TRACE, "").partition(";")[0].removeprefix("Root=") or None


def _new_logger(service: str, level: str) -> "Logger":
    from aws_lambda_powertools import Logger  # noqa: PLC0415  imports botocore

    formatter: Any = LineFormatter()  # powertools asks for no more of one than it has
    return Logger(service=service, level=level, location=None, logger_formatter=formatter)


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
        """Load the logger now."""
        _ = self._logger, self._audit_logger

    def warning(self, warning: str) -> None:
        """Write a line about the setup of this function."""
        self._logger.warning(warning)

    @cached_property
    def _logger(self) -> "Logger":
        return _new_logger(SERVICE, self._level)

    @cached_property
    def _audit_logger(self) -> "Logger":
        return _new_logger(f"{SERVICE}-{AUDIT}", "INFO")

    def write(self, record: RequestRecord, status: HTTPStatus, error: RoomkeyError | None) -> None:
        """Write the line of an answered request.

        Args:
            record: The facts about the request.
            status: The response's status.
            error: The error that was returned, if any. Only this log shows its note, and the stack
                of an internal error.
        """
        service = record.function or SERVICE  # names the stage
        fields: dict[str, object] = {
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
            fields["note"] = error.note
        if error is not None:
            record.measurements.append(Metric(metric_name(error.code), 1, timed=False))
        if isinstance(error, StartUnconfirmed):
            # The alarm of the provider rings for a lost answer, too.
            record.measurements.append(Metric("ProviderUnavailable", 1, timed=False))
        if self._cold:
            record.measurements.append(Metric("ColdStart", 1, timed=False))
            self._cold = False
        fields |= _annotations(record) | metric_fields(record.measurements)
        if isinstance(error, Internal) and error.__cause__ is not None:
            # Only the places: the exception's text may contain what the caller sent.
            fields["stack"] = "".join(format_tb(error.__cause__.__traceback__))
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        write = self._logger.error if failed else self._logger.info
        write("request", extra={_FIELDS: fields})
        for each in record.measurements:
            if isinstance(each, AuditEntry):
                self._write_audit(each, record, service)

    def _write_audit(self, entry: AuditEntry, record: RequestRecord, service: str) -> None:
        fields: dict[str, object] = {
            "service": service,
            "actor": record.shown(record.user),
            "request_id": record.request_id,
        }
        if self._with_addresses and entry.action in _WITH_ADDRESS:
            fields["address"] = record.address
        fields |= audit_fields(entry, record.shown)
        self._audit_logger.info(AUDIT, extra={_FIELDS: fields})


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


def _annotations(record: RequestRecord) -> dict[str, list[str]]:
    """Return the annotations by heading."""
    named: dict[str, list[str]] = {}
    for each in record.measurements:
        if isinstance(each, Annotation):
            named.setdefault(each.heading, []).append(each.what)
    return named
