"""The form of a rehearsal: what makes it happen, what shows it, and what undoes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from local.ports import Ports

Kept = Literal["TOKEN", "BAN", "CONNECTION", "STREAM"]
"""The part of an answer that a later request needs. Bob is the user whose network is rehearsed."""

# Answers are compact JSON, with their members in this order.
_SED: Mapping[Kept, str] = MappingProxyType(
    {
        "TOKEN": r's/.*"token":"\([^"]*\)".*/\1/p',
        "BAN": r's/.*"id":"\([^"]*\)".*/\1/p',
        "CONNECTION": r's/.*"id":"\([^"]*\)","userId":"bob".*/\1/p',
        "STREAM": r's/.*"userId":"bob"[^[]*\[{"id":"\([^"]*\)".*/\1/p',
    }
)


@dataclass(frozen=True)
class Call:
    """A request to the app or to the stand-in.

    Args:
        path: May name `$ROOM` and what was kept of earlier answers, as `$TOKEN`.
        user: The user who asks the app; None for a request to the stand-in.
        keep: What later calls need of the answer.
        after_seconds: The time before it, in which callbacks arrive.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    user: str | None = None
    keep: Kept | None = None
    after_seconds: int = 0

    def url(self, ports: Ports) -> str:
        return f"{ports.opentok_url if self.user is None else ports.app_url}{self.path}"

    def lines(self, ports: Ports) -> list[str]:
        """Return the same as lines for a shell."""
        parts = ["curl -sS", f"-X {self.method}", self.url(ports)]
        if self.user is not None:
            bearer = f"$(make -s token USER={self.user}{ports.make_arguments})"
            parts.append(f'-H "Authorization: Bearer {bearer}"')
        if self.body is not None:
            parts.append(f"-d {_quoted(self.body)}")
        line = " ".join(parts)
        if self.keep is not None:
            line = f"{self.keep}=$({line} | sed -n '{_SED[self.keep]}')"
        pause = [f"sleep {self.after_seconds}"] if self.after_seconds else []
        return [*pause, line]

    def to_json(self) -> dict[str, Any]:
        """Return the form that the page's script reads."""
        return {
            "method": self.method,
            "path": self.path,
            "body": None if self.body is None else json.dumps(self.body),
            "user": self.user,
            "keep": self.keep,
            "afterSeconds": self.after_seconds,
        }


@dataclass(frozen=True)
class Rehearsal:
    """One thing that can go wrong.

    Args:
        key: The beginning of the room's name.
        effect: The words for what happens.
        code: The code of Roomkey's problem; None where an app learns it otherwise.
        shows: The words of docs/clients/README.md for what the app shows or does.
        room: The room; None for a new one each time.
        look: The calls whose last answer shows the effect.
    """

    key: str
    title: str
    effect: str
    code: str | None
    shows: str
    happen: tuple[Call, ...]
    look: tuple[Call, ...]
    undo: tuple[Call, ...]
    room: str | None = None

    def lines(self, ports: Ports) -> list[str]:
        """Return what happens and what shows it, as lines for a shell."""
        room = self.room or f"{self.key}-$(date +%s)"
        calls = [line for call in self.happen + self.look for line in call.lines(ports)]
        return [f"ROOM={room}", *calls]

    def undo_lines(self, ports: Ports) -> list[str]:
        return [line for call in self.undo for line in call.lines(ports)]

    def to_json(self) -> dict[str, Any]:
        """Return the form that the page's script reads."""
        return {
            "key": self.key,
            "room": self.room,
            "happen": [each.to_json() for each in self.happen],
            "look": [each.to_json() for each in self.look],
            "undo": [each.to_json() for each in self.undo],
        }


def _quoted(body: Mapping[str, Any]) -> str:
    """Return the body for a shell, which is to replace what was kept of answers."""
    text = json.dumps(body)
    if "$" not in text:
        return f"'{text}'"
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'
