"""Archive calls by plain REST, whose answers hold more than the SDK lets through."""

from typing import Any

from tests.stand_ins.clients import rest
from tests.stand_ins.known import RunningOpenTok


def start(service: RunningOpenTok, session_id: str, **wanted: Any) -> dict[str, Any]:
    answer = rest(service, "POST", "archive", json={"sessionId": session_id} | wanted)
    assert answer.status_code == 200, answer.text
    started: dict[str, Any] = answer.json()
    return started


def found(service: RunningOpenTok, archive_id: str) -> dict[str, Any]:
    got: dict[str, Any] = rest(service, "GET", f"archive/{archive_id}").json()
    return got


def listed(service: RunningOpenTok, query: str = "") -> list[str]:
    return [each["id"] for each in rest(service, "GET", f"archive{query}").json()["items"]]
