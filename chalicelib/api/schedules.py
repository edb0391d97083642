"""The edge of scheduled functions: a time limit, one log line per run, and metrics."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from chalicelib.api.http.request_log import RequestLog, RequestRecord
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import recording
from chalicelib.core.use_cases import ScheduledUseCases, UseCases
from chalicelib.errors import Internal, RoomkeyError

RUN_SECONDS: Final = 50.0
"""The time limit of a run: the next one starts after a minute, and Lambda stops a run at 60 s."""


_SECONDS_TO_LOG: Final = 5.0


def run_deadline(context: object) -> Deadline:
    """Return the deadline of a run, before the time at which Lambda stops it."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    if left is None:
        return Deadline(RUN_SECONDS)
    return Deadline(min(RUN_SECONDS, left() / 1000 - _SECONDS_TO_LOG))


class Schedules:
    """The runner of scheduled work, which logs each run."""

    def __init__(
        self,
        use_cases: Callable[[], UseCases],
        log: RequestLog,
        new_deadline: Callable[[object], Deadline],
    ) -> None:
        self._use_cases = use_cases
        self._log = log
        self._new_deadline = new_deadline

    def run(
        self, name: str, context: object, work: Callable[[ScheduledUseCases, Deadline], None]
    ) -> None:
        """Do the work. An error is logged, and the next run tries again.

        Args:
            name: The function's name in the log.
            context: Lambda's description of the invocation.
            work: Does the work with the use cases, by the deadline.
        """
        record = RequestRecord(
            str(getattr(context, "aws_request_id", "")),
            "SCHEDULE",
            name,
            str(getattr(context, "function_name", "")),
        )
        with recording() as record.measurements:
            try:
                use_cases, deadline = self._use_cases(), self._new_deadline(context)
                record.hide_users(use_cases.log_pseudonyms, deadline)
                work(use_cases.scheduled(), deadline)
            except RoomkeyError as error:
                self._log.write(record, HTTPStatus.SERVICE_UNAVAILABLE, error)
            except Exception as fault:  # noqa: BLE001  a failed run must be logged
                failed = Internal("The run failed.", note=type(fault).__name__)
                failed.__cause__ = fault
                self._log.write(record, HTTPStatus.INTERNAL_SERVER_ERROR, failed)
            else:
                self._log.write(record, HTTPStatus.OK, None)
