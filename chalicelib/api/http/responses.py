from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, rendered: what can fail in making it has not failed."""

    status: HTTPStatus
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(
    status: HTTPStatus, content: object, headers: Mapping[str, str] | None = None
) -> Answer:
    """The content as JSON."""
    body = msgspec.json.encode(content).decode()
    return Answer(status, body, {"Content-Type": "application/json"} | dict(headers or {}))
