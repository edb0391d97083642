"""A record of something that starts and ends in a session."""

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.sessions.live_session import Session

DESERTED_SECONDS = 60.0


@dataclass(frozen=True)
class Change:
    """A new status, its time and its reason; without a reason the old one stays."""

    status: str
    at: float
    reason: str = ""


@dataclass(kw_only=True)
class SessionRecord(ABC):
    """A record. Not safe under threads: its keeper holds the lock.

    Args:
        reason: The reason of its end.
        deserted_at: The time when the last client left; None while clients are connected.
    """

    session: Session
    created_at: float
    record_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    updated_at: float = field(init=False)
    status: str = "started"
    reason: str = ""
    deserted_at: float | None = None

    def __post_init__(self) -> None:
        self.updated_at = self.created_at

    @property
    def key(self) -> str:
        return self.session.key

    @property
    def session_id(self) -> str:
        return self.session.session_id

    @property
    def running(self) -> bool:
        return self.status == "started"

    @property
    def deserted_until(self) -> float:
        """Return the time of its end for lack of clients; infinite while a client is here."""
        return float("inf") if self.deserted_at is None else self.deserted_at + DESERTED_SECONDS

    def become(self, change: Change) -> None:
        self.status = change.status
        self.updated_at = change.at
        self.reason = change.reason or self.reason

    def follow_session(self, now: float) -> Change | None:
        """Return the change that the session's connections cause at once, if any."""
        if self.session.connections:
            self.deserted_at = None
        elif self.deserted_at is None:
            self.deserted_at = now
        return None

    def tell_clients(self) -> None:  # noqa: B027 - most records are not shown to clients
        """Tell the session's clients of the latest change."""

    @abstractmethod
    def next_change(self) -> Change | None:
        """Return the next change that time alone causes, if any."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the JSON of OpenTok's REST API."""

    @abstractmethod
    def callback(self) -> Callback:
        """Return the callback for the latest change."""


def owner(key: str) -> dict[str, Any]:
    """Return the project's fields in records: OpenTok's two numbers, or Vonage's application."""
    if key.isdecimal():
        return {"projectId": int(key), "partnerId": int(key)}
    return {"applicationId": key}


def given(**fields: object) -> dict[str, object]:
    """Return these fields, without those that are not set."""
    return {name: value for name, value in fields.items() if value is not None}
