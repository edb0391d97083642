"""Errors in the form that sample apps read: the public API's problems with a `message`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self
from uuid import uuid4


class Refusal(Exception):
    """An error answer, of the public API or of this server.

    Args:
        status: The HTTP status.
        problem: The members of the problem.
        retry_after: The header of that name, if the public API sent one.
    """

    def __init__(
        self, status: int, problem: Mapping[str, Any], retry_after: str | None = None
    ) -> None:
        super().__init__(problem.get("detail"))
        self.status = status
        self.problem = problem
        self.retry_after = retry_after

    @classmethod
    def of(cls, status: HTTPStatus, code: str, detail: str, **members: object) -> Self:
        """Return an error of this server itself."""
        problem = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
            "code": code,
            "requestId": str(uuid4()),
        }
        return cls(status, problem | members)

    @property
    def code(self) -> str:
        return str(self.problem.get("code"))

    def body(self) -> dict[str, Any]:
        return {**self.problem, "message": str(self)}


def invalid(field: str, reason: str) -> Refusal:
    """Return the error for an invalid field of the body."""
    return Refusal.of(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid_field",
        f"{field}: {reason}",
        errors=[{"field": field, "reason": reason}],
    )


def not_found(code: str, detail: str) -> Refusal:
    return Refusal.of(HTTPStatus.NOT_FOUND, code, detail)
