"""AWS on this machine: moto's server, one call at a time, counted, and failing on demand."""

import threading
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from stand_ins.aws import state as aws_state
from stand_ins.aws.faults import AwsFault, AwsFaultPlan
from stand_ins.http.wsgi_connection import ConnectionDroppedError, delay

_SERVICES = {"DynamoDB_20120810": "DynamoDB", "secretsmanager": "SecretsManager"}


class AwsStandIn:
    """DynamoDB, Secrets Manager and the rest of moto as one WSGI app.

    Operations are named as in "DynamoDB.GetItem". All stand-ins of a process share one state.
    `reset` empties that state.
    """

    def __init__(self) -> None:
        self._faults = AwsFaultPlan()
        self._lock = threading.Lock()
        self._calls: list[str] = []

    @property
    def wsgi_app(self) -> WSGIApplication:
        return self._answer

    @property
    def calls(self) -> list[str]:
        """Return the operations called so far, failed ones too."""
        with self._lock:
            return list(self._calls)

    def count(self, operation: str) -> int:
        return self.calls.count(operation)

    def clear_calls(self) -> None:
        with self._lock:
            self._calls.clear()

    def fail(
        self,
        operation: str,
        *,
        error: str = "ThrottlingException",
        status: int = HTTPStatus.BAD_REQUEST,
        message: str = "Rate exceeded",
        times: int = 1,
        delay_seconds: float = 0.0,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Answer the next calls with this error and do not perform them.

        `details` are further members of the error.
        """
        fault = AwsFault(
            operation,
            delay_seconds,
            error=error,
            status=status,
            message=message,
            details=details or {},
        )
        self._faults.add(fault, times)

    def slow_down(self, operation: str, *, delay_seconds: float, times: int = 1) -> None:
        """Perform and answer the next calls, but late."""
        self._faults.add(AwsFault(operation, delay_seconds, performed=True), times)

    def drop(self, operation: str, *, times: int = 1, delay_seconds: float = 0.0) -> None:
        """Close the connections of the next calls and do not perform the calls."""
        self._faults.add(AwsFault(operation, delay_seconds, answered=False), times)

    def lose_answer(self, operation: str, *, times: int = 1, delay_seconds: float = 0.0) -> None:
        """Perform the next calls, but close their connections instead of answering."""
        fault = AwsFault(operation, delay_seconds, performed=True, answered=False)
        self._faults.add(fault, times)

    def clear_faults(self) -> None:
        self._faults.clear()

    @property
    def has_faults(self) -> bool:
        """Tell if a fault waits for a call."""
        return self._faults.are_planned

    def reset(self) -> None:
        """Forget every table, secret, bucket, call and fault."""
        aws_state.reset()
        self.clear_calls()
        self.clear_faults()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        operation = _operation(environ)
        with self._lock:
            self._calls.append(operation)
        fault = self._faults.take(operation)
        if fault is None:
            return aws_state.perform(operation, environ)(environ, start_response)
        delay(environ, fault.delay_seconds)
        answer = aws_state.perform(operation, environ) if fault.performed else fault.answer()
        if not fault.answered:
            raise ConnectionDroppedError
        return answer(environ, start_response)


def _operation(environ: WSGIEnvironment) -> str:
    service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
    if not operation:
        return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    return f"{_SERVICES.get(service, service)}.{operation}"
