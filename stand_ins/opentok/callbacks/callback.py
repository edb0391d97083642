"""What OpenTok tells an app's server by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("session", "archive", "broadcast", "sip", "render", "captions")


@dataclass(frozen=True)
class Callback:
    """One piece of news.

    Args:
        kind: which of a project's callback settings it goes by.
        key: the API key or application id whose news it is.
        topic: the group and event under which REST registers it, as in "connection/created".
        content: the JSON object that is sent.
        url: an address that hears of this one thing, beside those that hear of the kind.
    """

    kind: str
    key: str
    topic: str
    content: Mapping[str, Any]
    url: str | None = None
