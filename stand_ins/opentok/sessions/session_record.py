"""What is started in a session, and ends there."""

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.sessions.live_session import Session

DESERTED_SECONDS = 60.0


@dataclass(frozen=True)
class Change:
    """What something becomes, when, and why; without a reason the one before stays."""

    status: str
    at: float
    reason: str = ""


@dataclass(kw_only=True)
class SessionRecord(ABC):
    """Not safe under threads: who keeps it holds the lock.

    Args:
        reason: why it ended.
        deserted_at: since when nobody is connected to the session.
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
        """When it ends for want of clients; never, while there are some."""
        return float("inf") if self.deserted_at is None else self.deserted_at + DESERTED_SECONDS

    def become(self, change: Change) -> None:
        self.status = change.status
        self.updated_at = change.at
        self.reason = change.reason or self.reason

    def follow_session(self, now: float) -> Change | None:
        """What it becomes by who is in the session now, if that changes anything at once."""
        if self.session.connections:
            self.deserted_at = None
        elif self.deserted_at is None:
            self.deserted_at = now
        return None

    @abstractmethod
    def next_change(self) -> Change | None:
        """What it becomes by the passing of time alone, and when."""

    @abstractmethod
    def shown(self) -> dict[str, Any]:
        """As OpenTok's REST API has it."""

    @abstractmethod
    def callback(self) -> Callback:
        """What is told of its latest change."""


def owner(key: str) -> dict[str, Any]:
    """The project as records name it: OpenTok's two numbers, or Vonage's application."""
    if key.isdecimal():
        return {"projectId": int(key), "partnerId": int(key)}
    return {"applicationId": key}


def given(**fields: object) -> dict[str, object]:
    """These fields, without those that are not set."""
    return {name: value for name, value in fields.items() if value is not None}
