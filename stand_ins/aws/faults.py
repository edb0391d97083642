"""Faults of calls to AWS."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from werkzeug.wrappers import Response


@dataclass(frozen=True)
class AwsFault:
    """The fate of one call: delayed, then performed or not, then answered or not."""

    operation: str
    delay_seconds: float = 0.0
    performed: bool = False
    answered: bool = True
    error: str = ""
    status: int = HTTPStatus.BAD_REQUEST
    message: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def answer(self) -> Response:
        """Return the error in AWS's own format.

        S3 answers in XML. Its operations are a method and a path.
        """
        if " " in self.operation:
            text = f"<Error><Code>{self.error}</Code><Message>{self.message}</Message></Error>"
            return Response(text, self.status, content_type="application/xml")
        body = {"__type": self.error, "message": self.message, **self.details}
        return Response(json.dumps(body), self.status, content_type="application/x-amz-json-1.0")


class AwsFaultPlan:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[AwsFault] = []

    @property
    def are_planned(self) -> bool:
        with self._lock:
            return bool(self._pending)

    def add(self, fault: AwsFault, times: int) -> None:
        with self._lock:
            self._pending.extend([fault] * times)

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()

    def take(self, operation: str) -> AwsFault | None:
        """Use up and return the fault for this call, or return None."""
        with self._lock:
            fault = next((each for each in self._pending if each.operation == operation), None)
            if fault is not None:
                self._pending.remove(fault)
            return fault
