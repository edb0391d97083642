"""The callback addresses that projects have registered by REST."""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.session_events import milliseconds

TOPICS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "archive": frozenset({"status"}),
        "connection": frozenset({"created", "destroyed"}),
        "stream": frozenset({"created", "destroyed"}),
        "sip_call": frozenset({"created", "updated", "destroyed"}),
    }
)


@dataclass(frozen=True)
class Registration:
    registration_id: str
    key: str
    group: str
    event: str
    url: str
    created_at: int

    @property
    def topic(self) -> str:
        return f"{self.group}/{self.event}"

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.registration_id,
            "group": self.group,
            "event": self.event,
            "url": self.url,
            "createdAt": self.created_at,
        }


class Registrations:
    """The registrations in memory. Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registrations: dict[str, Registration] = {}

    def add(self, key: str, topic: tuple[str, str], url: str, now: float) -> Registration:
        group, event = topic
        added = Registration(str(uuid.uuid4()), key, group, event, url, milliseconds(now))
        with self._lock:
            self._registrations[added.registration_id] = added
        return added

    def of_project(self, key: str) -> list[Registration]:
        with self._lock:
            return [each for each in self._registrations.values() if each.key == key]

    def remove(self, key: str, registration_id: str) -> None:
        """Remove a registration, or raise AbsentError if the project has none with this id."""
        with self._lock:
            found = self._registrations.get(registration_id)
            if found is None or found.key != key:
                raise AbsentError("Callback not found")
            del self._registrations[registration_id]

    def urls(self, key: str, topic: str) -> list[str]:
        return [each.url for each in self.of_project(key) if each.topic == topic]


def is_deliverable(url: str) -> bool:
    """Return True if a request can be sent to this address at all."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return url.isascii() and parts.scheme in ("http", "https") and bool(parts.hostname)
