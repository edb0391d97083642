"""One structured line per request."""

from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

from chalicelib.errors import Internal, RoomkeyError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@dataclass(slots=True)
class RequestLine:
    """What becomes known of one request while it is answered; never what it carried."""

    request_id: str
    method: str
    route: str
    user: str | None = None
    room: str | None = None
    started: float = field(default_factory=perf_counter)


class RequestLog:
    """Writes the lines. Loads the logger only when it is needed: it brings botocore along.

    Args:
        level: The name of the lowest level to write.
    """

    def __init__(self, level: str) -> None:
        self._level = level

    def preload(self) -> None:
        """Load the logger now."""
        _ = self._logger

    @cached_property
    def _logger(self) -> "Logger":
        from aws_lambda_powertools import Logger  # noqa: PLC0415  as the class says

        return Logger(service="roomkey", level=self._level)

    def write(self, line: RequestLine, status: HTTPStatus, error: RoomkeyError | None) -> None:
        """Write the line of a request that has its answer.

        Args:
            line: What is known of the request.
            status: The answer's status.
            error: What the answer tells of, if not success. Its note is for this log alone; the
                stack is added where the cause is a fault of ours.
        """
        extra = {
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
        fault = error.__cause__ if isinstance(error, Internal) else None
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._logger.error("request", extra=extra, exc_info=fault)
        else:
            self._logger.info("request", extra=extra)
