"""The edge of what runs by itself: a time limit, one line of log, metrics, no HTTP."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from chalice.app import CloudWatchEvent

from chalicelib.api.http.request_log import RequestLog, RequestRecord
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import recording
from chalicelib.core.use_cases import ScheduledUseCases, UseCases
from chalicelib.errors import Internal, RoomkeyError

RUN_SECONDS: Final = 50.0
"""A run ends before the next begins, a minute after it, and before Lambda's limit of 60 s."""


class Schedules:
    """Runs what is due, each run with a line in the log."""

    def __init__(self, use_cases: Callable[[], UseCases], log: RequestLog) -> None:
        self._use_cases = use_cases
        self._log = log

    def run(
        self, name: str, event: CloudWatchEvent, work: Callable[[ScheduledUseCases, Deadline], None]
    ) -> None:
        """Do the work; what goes wrong is logged, and the next run tries again."""
        context = event.context
        line = RequestRecord(
            str(getattr(context, "aws_request_id", "")),
            "SCHEDULE",
            name,
            str(getattr(context, "function_name", "")),
        )
        with recording() as line.measurements:
            try:
                work(self._use_cases().scheduled(), Deadline(RUN_SECONDS))
            except RoomkeyError as error:
                self._log.write(line, HTTPStatus.SERVICE_UNAVAILABLE, error)
            except Exception as fault:  # noqa: BLE001  the edge: a run that fails says so in the log
                failed = Internal("The run failed.", note=type(fault).__name__)
                failed.__cause__ = fault
                self._log.write(line, HTTPStatus.INTERNAL_SERVER_ERROR, failed)
            else:
                self._log.write(line, HTTPStatus.OK, None)
